// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/domain.h"

namespace treewarden {

// The state of the machine when the snapshot was taken; DiskSnapshot: running, but its memory was not kept.
enum class SnapshotState {
    Unknown,
    Running,
    Blocked,
    Paused,
    ShuttingDown,
    ShutOff,
    Crashed,
    PmSuspended,
    DiskSnapshot
};
enum class SnapshotKind { Internal, External };
enum class MemoryKind { None, Internal, External };
enum class SnapshotDiskKind { None, Internal, External, Manual };

struct SnapshotDisk
{
    QString target;
    SnapshotDiskKind kind = SnapshotDiskKind::None;
    // External only: the overlay that was made when the snapshot was taken; it holds what came AFTER it.
    DiskSource overlay;
    bool deleteInProgress = false; // libvirt died in the middle of deleting it

    bool operator==(const SnapshotDisk &) const = default;
};

// One <domainsnapshot>.
struct Snapshot
{
    QString name;
    QString parent; // empty: a root
    QString description;
    qint64 created = 0; // seconds since 1970
    SnapshotState state = SnapshotState::Unknown;
    MemoryKind memory = MemoryKind::None;
    QString memoryFile; // External memory only
    std::vector<SnapshotDisk> disks;
    std::vector<SnapshotDisk> revertDisks; // overlays that libvirt made when it reverted to this snapshot
    // The machine as it was. Its disks' sources are the FROZEN state. Null where libvirt recorded none.
    std::shared_ptr<const DomainDefinition> definition;

    // As libvirt sees it (virDomainSnapshotDefIsExternal): one external part makes it external.
    SnapshotKind kind() const
    {
        if (memory == MemoryKind::External)
            return SnapshotKind::External;
        for (const SnapshotDisk &disk : disks) {
            if (disk.kind == SnapshotDiskKind::External)
                return SnapshotKind::External;
        }
        return SnapshotKind::Internal;
    }
    // The file that holds this snapshot's frozen state of a disk; empty where it is not recorded.
    DiskSource frozen(QStringView target) const
    {
        const Disk *disk = definition ? definition->disk(target) : nullptr;
        return disk ? disk->source : DiskSource{};
    }
};

struct CheckpointDisk
{
    QString target;
    QString bitmap; // empty: this disk is not in the checkpoint

    bool operator==(const CheckpointDisk &) const = default;
};

// One <domaincheckpoint>.
struct Checkpoint
{
    QString name;
    QString parent;
    QString description;
    qint64 created = 0;
    std::vector<CheckpointDisk> disks;

    bool operator==(const Checkpoint &) const = default;
};

} // namespace treewarden
