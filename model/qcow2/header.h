// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/qcow2/window.h"

namespace treewarden::qcow2 {

// The fixed part of a qcow2 file, version 2 or 3; what version 2 lacks has the value that version 2 implies.
// Offsets are bytes from the start of the file.
struct Header
{
    quint32 version = 0;
    quint64 backingNameOffset = 0; // 0: no backing image
    quint32 backingNameLength = 0;
    quint32 clusterBits = 0;
    Bytes virtualSize = 0;
    quint32 encryption = 0; // 0 none, 1 AES, 2 LUKS
    quint32 l1Entries = 0;
    quint64 l1Offset = 0;
    quint64 refcountTableOffset = 0;
    quint32 refcountTableClusters = 0;
    quint32 snapshots = 0;
    quint64 snapshotsOffset = 0;
    bool dirty = false;
    bool corrupt = false;
    bool externalData = false;
    bool extendedL2 = false;
    bool bitmapsConsistent = false; // else QEMU ignores the bitmaps extension
    quint32 refcountOrder = 4;
    quint32 length = 0; // where the header extensions begin

    Bytes clusterSize() const { return Bytes(1) << clusterBits; }
    Bytes refcountTableSize() const { return refcountTableClusters * clusterSize(); }
    bool aligned(quint64 offset) const { return offset % clusterSize() == 0; }
};

// QEMU's own limits: an image beyond them can be opened by nothing that libvirt starts.
inline constexpr Bytes MaximumL1Size = 32 * MiB;
inline constexpr Bytes MaximumRefcountTableSize = 8 * MiB;
inline constexpr quint32 MaximumNameLength = 1023;

// Every field is checked against those limits and the tables against the file's size. Malformed names the field;
// Unsupported: a version, an encryption or an incompatible feature that is not known.
Result<Header> readHeader(Window &window);

} // namespace treewarden::qcow2
