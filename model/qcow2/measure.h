// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytesource.h"

namespace treewarden {

// The bytes of the image's own clusters that go with one internal snapshot when it is deleted: its L1 table, and the L2
// tables, data and saved memory that nothing else refers to. As the refcounts record it; the snapshot table, which QEMU
// rewrites, is left out. A cluster counts whole, also where the host keeps a hole in it.
//
// Reads all L2 tables that only this snapshot has: seconds on a large image, so never as part of a refresh. At most
// 1 GiB of tables is read and about 150 MiB of memory taken. On an image that a process is writing the answer may be
// out of date.
//
// Errors: NotFound (no such tag), Unsupported (extended L2 entries; external data file; dirty, since the refcounts are
// not up to date; too many tables), Malformed (also: marked corrupt), and those of the source.
Result<Bytes> bytesOnlyIn(ByteSource &source, const QString &tagId);

} // namespace treewarden
