// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QString>

namespace treewarden {

// QEMU's own locks of images (block/file-posix.c, since 2.10): a process that uses a permission holds a shared lock of
// the byte 100 + its number, and one that allows nobody else to use it of the byte 200 + its number. Each is bound to
// the open file, so closing the descriptor ends it.

// Busy while any process of QEMU has the file open, be it for reading.
Result<> requireUnused(int descriptor, const QString &path);
// The same of a file whose name is about to go; as openByOwnName() has it.
Result<> requireUnused(const QString &path);
// Busy while a process writes to it; until the descriptor is closed no process of QEMU can begin to.
Result<> forbidWriting(int descriptor, const QString &path);

} // namespace treewarden
