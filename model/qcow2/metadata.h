// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytesource.h"
#include "model/domain/image.h"

namespace treewarden {

// What the metadata of a qcow2 image (versions 2 and 3; QEMU's docs/interop/qcow2) say. Nothing is written, and the
// names of the backing image and the data file are reported, never opened. Two or three reads of 64 KiB, more only
// where the tables of snapshots and bitmaps are longer; blocking as the source is. A bitmap is never set inconsistent
// here: one that is in use is that only when no process has the image open.
//
// Errors: Malformed (the detail names the field; also what is no qcow2 at all), Unsupported (a version, a feature or a
// kind of bitmap that QEMU has added since), and those of the source. The subject is left empty: a source has no name.
Result<ImageFacts> readMetadata(ByteSource &source);

} // namespace treewarden
