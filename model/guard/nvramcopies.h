// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/draft.h"

namespace treewarden {

// The copy of the NVRAM that Treewarden made with a snapshot; null: there is none. A file that is clearly older than
// the snapshot was made for another one of its name, which somebody forgot, and is not taken for its copy.
const Image *nvramCopyOf(const ImageGraph &images, const Snapshot &snapshot);
const DraftImage *nvramCopyOf(const Draft &draft, const Snapshot &snapshot);

// Whether the firmware's variables come back with a snapshot. Absent: the machine had none.
enum class NvramKept {
    Inside, // as a tag in a qcow2 NVRAM
    Beside, // in a copy
    No,
};
Fact<NvramKept> nvramKept(const ImageGraph &images, const Snapshot &snapshot);

// Whether the state of the TPM comes back with a snapshot: QEMU saves it along with the memory of an internal one, and
// nobody else does. Absent: the machine had none, as far as libvirt recorded how it was.
Fact<bool> tpmKept(const Snapshot &snapshot);

} // namespace treewarden
