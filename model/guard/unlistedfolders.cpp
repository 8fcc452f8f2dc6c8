// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/unlistedfolders.h"

#include <QMap>
#include <QSet>

namespace treewarden {

namespace {

QString folderOf(const QString &path)
{
    return path.section(u'/', 0, -2);
}

bool isOfTheSystem(const QString &folder)
{
    static const QStringList tops{QStringLiteral("/bin"), QStringLiteral("/boot"), QStringLiteral("/dev"),
        QStringLiteral("/etc"), QStringLiteral("/lib"), QStringLiteral("/proc"), QStringLiteral("/sbin"),
        QStringLiteral("/sys"), QStringLiteral("/usr")};
    return folder.isEmpty() || std::any_of(tops.begin(), tops.end(), [&](const QString &top) {
        return folder == top || folder.startsWith(QString(top + u'/'));
    });
}

// As other tools name such a pool; where that is taken, the whole path tells it apart.
QString nameFor(const QString &folder, const QSet<QString> &taken)
{
    const QString last = folder.section(u'/', -1);
    return taken.contains(last) ? folder.mid(1).replace(u'/', u'-') : last;
}

} // namespace

std::vector<UnlistedFolder> unlistedFolders(
    const Inventory &inventory, const Assessment &assessment, const DomainId &domain)
{
    QMap<QString, QStringList> denied;
    for (const Problem &problem : assessment.problemsOf(domain)) {
        if (problem.id != QStringLiteral("image-unreadable") || !problem.why
            || problem.why->code != ErrorCode::PermissionDenied || !problem.subject.startsWith(u'/'))
            continue;
        const Image *image = inventory.images->at({SourceKind::File, problem.subject});
        const QString folder = folderOf(problem.subject);
        if (image && image->pool.isEmpty() && !isOfTheSystem(folder))
            denied[folder].append(problem.subject);
    }
    QSet<QString> pools;
    for (const Pool &pool : inventory.pools) {
        pools.insert(pool.name);
        denied.remove(pool.folder); // one that is not active is started, not made again
    }
    if (denied.isEmpty())
        return {};

    for (const Image &image : inventory.images->images()) {
        if (image.pool.isEmpty())
            continue;
        pools.insert(image.pool);
        denied.remove(folderOf(image.location.name)); // libvirt lists it, and yet this image is refused
    }
    std::vector<UnlistedFolder> folders;
    for (auto folder = denied.cbegin(); folder != denied.cend(); ++folder)
        folders.push_back({folder.key(), nameFor(folder.key(), pools), folder.value()});
    return folders;
}

} // namespace treewarden
