// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/lanes.h"

namespace treewarden {

// What a row is about, as values.
struct SnapshotItem
{
    RowKind kind = RowKind::Snapshot;
    QString name; // the snapshot's, or the orphan's; empty for Here
    LaneDrawing drawing;
    QString description;
    Fact<qint64> created; // seconds since 1970; absent for Here
    bool isCurrent = false;
    QStringList problems; // ids of what is wrong with it

    // Snapshot
    SnapshotKind snapshotKind = SnapshotKind::Internal;
    SnapshotState state = SnapshotState::Unknown;
    MemoryKind memory = MemoryKind::None;
    int disks = 0; // internal: disks that hold a tag; external: disks with an overlay
    bool dataMissing = false; // libvirt lists it, but its tag or file is gone

    // Here
    DomainState now = DomainState::Unknown;

    // Orphan
    OrphanKind orphanKind = OrphanKind::Tag;
    bool isCertain = true; // that it is left over
    QString path;

    bool operator==(const SnapshotItem &) const = default;
    // Whether both are the same thing, whatever has changed about it.
    bool isSame(const SnapshotItem &other) const
    {
        return kind == other.kind && name == other.name && path == other.path
            && (kind != RowKind::Orphan || orphanKind == other.orphanKind);
    }
};

} // namespace treewarden
