// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/domain/nvramcopy.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

const QString Suffix = u".nvram"_s;
constexpr qsizetype LongestName = 255; // bytes

// A block device or a URI has no room beside it.
bool isRawFile(const Nvram &nvram)
{
    const bool isRaw = nvram.format.isEmpty() || nvram.format == "raw"_L1;
    return isRaw && nvram.path.startsWith(u'/') && !nvram.path.startsWith("/dev/"_L1);
}

} // namespace

QString nvramCopyPath(const Nvram &nvram, const QString &snapshot)
{
    if (!isRawFile(nvram) || snapshot.isEmpty() || snapshot.contains(u'/'))
        return {};
    const QString path = nvram.path + u'.' + snapshot + Suffix;
    return path.mid(path.lastIndexOf(u'/') + 1).toUtf8().size() > LongestName ? QString() : path;
}

QString nvramCopyPath(const Snapshot &snapshot)
{
    if (!snapshot.definition || !snapshot.definition->nvram)
        return {};
    return nvramCopyPath(*snapshot.definition->nvram, snapshot.name);
}

QString snapshotOfNvramCopy(const Nvram &nvram, const QString &path)
{
    const qsizetype length = path.size() - nvram.path.size() - 1 - Suffix.size();
    if (length <= 0 || !isRawFile(nvram) || !path.startsWith(nvram.path + u'.') || !path.endsWith(Suffix))
        return {};
    const QString name = path.mid(nvram.path.size() + 1, length);
    return name.contains(u'/') ? QString() : name;
}

} // namespace treewarden
