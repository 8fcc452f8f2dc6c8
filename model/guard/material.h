// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"

#include <vector>

namespace treewarden {

// The id of the image at a location; one made of the name where the inventory has no such image.
ImageId imageIdOf(const ImageGraph &images, const ImageLocation &location);

// The external data file that a qcow2 header names, relative to the image's folder as a backing name is; empty: none,
// or not a local file.
ImageLocation dataFileOf(const Image &image);

// Of a snapshot without children nobody needs the overlays that it was made with: libvirt has those that its last
// revert to it made take their place (seen with 11.3 and 12.8).
void settleRevertDisks(Snapshot &snapshot);

// One disk of a snapshot and where its state is kept.
struct SnapshotPart
{
    QString target;
    bool internal = false; // a tag, named as the snapshot, in the image; else the image's active contents
    DiskSource frozen;
};

// What a snapshot is made of, memory aside. Disks that it left out, read-only ones among them, are no part of it.
// Where libvirt recorded no definition, as before 0.9.5, an internal snapshot is looked for in the disks that the
// domain has now (that is where libvirt reverts it), and the frozen file is what the overlay's header names.
std::vector<SnapshotPart> partsOf(const ImageGraph &images, const Domain &domain, const Snapshot &snapshot);

} // namespace treewarden
