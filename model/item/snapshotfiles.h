// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/snapshotmodel.h"

#include <vector>

namespace treewarden {

enum class FileRole {
    Frozen, // holds the disk as it was: the file below an external snapshot's overlay
    After, // the overlay: holds what came after
    Tag, // holds an internal snapshot
    Memory,
    Active, // what the machine runs on
    Orphan,
};

struct SnapshotFile
{
    FileRole role = FileRole::Frozen;
    QString target; // the disk's; empty: not a disk
    ImageLocation location;

    bool operator==(const SnapshotFile &) const = default;
};

// The files behind a row, as far as they are recorded.
std::vector<SnapshotFile> filesOf(const Domain &domain, const SnapshotItem &item);

} // namespace treewarden
