// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace treewarden {

// A <pool> of the files in one folder of the host. libvirt itself refuses a name or a folder that it cannot use.
QByteArray writeFolderPool(const QString &name, const QString &folder);

} // namespace treewarden
