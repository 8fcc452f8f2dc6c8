// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory/volumepaths.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

QString poolOf(const QString &name)
{
    return name.section(u'/', 0, 0); // libvirt allows no slash in the name of a pool
}

Result<QString> ask(Hypervisor &hypervisor, const QString &name)
{
    const Result<QString> path = hypervisor.volumePath(poolOf(name), name.section(u'/', 1));
    // Volumes of network pools are no files.
    if (path && !path->startsWith(u'/'))
        return failure(ErrorCode::Unsupported, name, *path);
    return path;
}

} // namespace

void VolumePaths::resolve(Hypervisor &hypervisor, std::vector<ImageRequest> &requests)
{
    for (ImageRequest &request : requests) {
        if (request.location.kind != SourceKind::Volume)
            continue;
        const QString name = request.location.name;
        auto path = m_paths.constFind(name);
        if (path == m_paths.constEnd())
            path = m_paths.insert(name, ask(hypervisor, name));
        if (!*path) {
            request.why = path->error();
            continue;
        }
        const SourceKind kind = (*path)->startsWith("/dev/"_L1) ? SourceKind::Block : SourceKind::File;
        request.location = {kind, **path};
        request.pool = poolOf(name);
        request.alias = name;
    }
}

bool VolumePaths::lookAgain(Hypervisor &hypervisor, bool all)
{
    bool differs = false;
    for (auto path = m_paths.begin(); path != m_paths.end(); ++path) {
        if (*path && !all)
            continue;
        Result<QString> now = ask(hypervisor, path.key());
        differs = differs || now != *path;
        *path = std::move(now);
    }
    return differs;
}

} // namespace treewarden
