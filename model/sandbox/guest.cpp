// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sandbox/guest.h"

extern "C" const char treewardenBootSector[512];

namespace treewarden {

QByteArray bootSector()
{
    return QByteArray(treewardenBootSector, sizeof(treewardenBootSector));
}

} // namespace treewarden
