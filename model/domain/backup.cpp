// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/domain/backup.h"

#include <QRegularExpression>
#include <QUuid>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr auto Unfinished = ".part"_L1;

QString prefix(int number)
{
    return u"%1-"_s.arg(number, 4, 10, QChar(u'0'));
}

} // namespace

QString backupLevelName(BackupLevel level)
{
    return level == BackupLevel::Full ? u"full"_s : level == BackupLevel::Top ? u"top"_s : u"incremental"_s;
}

const BackupDisk *BackupPoint::disk(QStringView target) const
{
    const auto found
        = std::find_if(disks.begin(), disks.end(), [&](const BackupDisk &each) { return each.target == target; });
    return found == disks.end() ? nullptr : &*found;
}

const QString &BackupPoint::mark() const
{
    return bitmap.isEmpty() ? checkpoint : bitmap;
}

std::vector<const BackupFile *> BackupPoint::files() const
{
    std::vector<const BackupFile *> all;
    for (const BackupDisk &each : disks) {
        if (each.volume.isEmpty())
            all.push_back(&each.file);
    }
    for (const BackupFile *file : {&domainXml, &nvram, &checkpointXml}) {
        if (!file->name.isEmpty())
            all.push_back(file);
    }
    return all;
}

int BackupChain::nextNumber() const
{
    int next = 0;
    for (const QString &name : files.keys())
        next = std::max(next, backupNumberOf(name) + 1);
    for (size_t i = 0; manifest.isKnown() && i < manifest->points.size(); ++i)
        next = std::max(next, manifest->points[i].number + 1);
    return next;
}

QStringList BackupChain::unfinished() const
{
    QStringList found = files.keys().filter(Unfinished);
    found.removeIf([](const QString &name) { return !name.endsWith(Unfinished); });
    return found;
}

const BackupChain *BackupTarget::newest(const DomainId &domain) const
{
    for (auto chain = chains.rbegin(); chain != chains.rend(); ++chain) {
        // Of one that cannot be read nobody knows whose it is; one that has none was never finished.
        const Fact<BackupManifest> &manifest = chain->manifest;
        const bool canGoOn
            = manifest.isKnown() && manifest->domain == domain && manifest->points.front().level == BackupLevel::Full;
        if (manifest.isUnknown() || canGoOn)
            return &*chain;
    }
    return nullptr;
}

QString backupImageName(int number, BackupLevel level, const QString &target)
{
    return prefix(number) + (level == BackupLevel::Incremental ? u"inc-"_s : backupLevelName(level) + u'-') + target
        + u".qcow2"_s;
}

QString backupFileName(int number, const QString &what)
{
    return prefix(number) + what;
}

int backupNumberOf(const QString &fileName)
{
    const qsizetype end = fileName.indexOf(u'-');
    bool isNumber = false;
    const int number = end < 4 ? -1 : fileName.left(end).toInt(&isNumber);
    constexpr int Largest = 99'999'999; // whatever somebody else called a file
    return isNumber && number >= 0 && number <= Largest ? number : -1;
}

QString unfinishedName(const QString &name)
{
    return name + Unfinished;
}

QString newBitmapName(const QString &stem)
{
    return stem + u'-' + QUuid::createUuid().toString(QUuid::Id128);
}

bool isBitmapName(const QString &name, const QString &stem)
{
    static const QRegularExpression number(QStringLiteral("\\A-[0-9a-f]{32}\\z"));
    return name.startsWith(stem) && number.match(name.mid(stem.size())).hasMatch();
}

} // namespace treewarden
