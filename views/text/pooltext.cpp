// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/pooltext.h"

#include "views/text/unittext.h"

namespace treewarden {

Explanation PoolText::offer(const UnlistedFolder &folder)
{
    return {tr("%n image(s) of this machine may not be read by your user", nullptr, int(folder.images.size())),
        tr("Their folder, %1, is no storage pool of libvirt. If it were one, Treewarden could read what they hold "
           "through libvirt.")
            .arg(folder.folder)};
}

QString PoolText::button()
{
    return tr("Make this folder a storage pool…");
}

QString PoolText::title()
{
    return tr("Make a storage pool");
}

Explanation PoolText::question(const UnlistedFolder &folder, const QString &host)
{
    return {tr("Make this folder a storage pool of libvirt?"),
        tr("Name: %1\nFolder: %2\nHost: %3\n\n"
           "libvirt will list the files in this folder, now and whenever it starts. Whoever may use this libvirt can "
           "then also read, add and remove files in it. Nothing is moved or changed now, and the pool can be removed "
           "again without its files.")
            .arg(UnitText::isolated(folder.poolName), UnitText::isolated(folder.folder), UnitText::isolated(host))};
}

QString PoolText::verb()
{
    return tr("Make a storage pool");
}

Explanation PoolText::failure(const Error &error)
{
    const bool isUncertain = error.code == ErrorCode::ConnectionLost || error.code == ErrorCode::TimedOut;
    return {tr("%1 was not made a storage pool").arg(error.subject),
        isUncertain ? tr("Whether the host did it is not known; Treewarden reads it anew.")
                    : tr("libvirt refused it (%1). A pool of this name or folder may be there already, and only be "
                         "stopped.")
                          .arg(ErrorText::reason(error))};
}

} // namespace treewarden
