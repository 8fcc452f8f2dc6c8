// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

namespace treewarden {

// The 512 bytes that go to the start of a bootable disk: resources/guest/bootsector.S.
QByteArray bootSector();

} // namespace treewarden
