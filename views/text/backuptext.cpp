// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/backuptext.h"

#include "model/base/visible.h"

namespace treewarden {

QString BackupText::level(BackupLevel level)
{
    return level == BackupLevel::Full ? tr("full", "level of a backup")
        : level == BackupLevel::Top   ? tr("one layer", "level of a backup")
                                      : tr("increment", "level of a backup");
}

QString BackupText::problem(const CheckedFile &file)
{
    if (!file.fault)
        return {};
    const QString what = [&] {
        switch (*file.fault) {
        case BackupFault::Missing:
            return tr("it is not there");
        case BackupFault::Unreadable:
            return tr("it cannot be read");
        case BackupFault::Size:
            return tr("it has another size than it was written with");
        case BackupFault::Sum:
            return tr("its contents are not what was written");
        case BackupFault::NoImage:
            return tr("it is no image of that disk");
        case BackupFault::Backing:
            return tr("it does not rest on the backup before it");
        case BackupFault::Damaged:
            return tr("it is a damaged image");
        case BackupFault::Unfinished:
            return tr("the last backup to it did not come to its end");
        case BackupFault::NotRead:
            return tr("what it holds is not looked at");
        }
        Q_UNREACHABLE();
    }();
    return file.detail.isEmpty() ? what : tr("%1 (%2)", "what is wrong; details").arg(what, visible(file.detail));
}

} // namespace treewarden
