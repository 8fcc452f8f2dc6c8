// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/image.h"
#include "model/qcow2/header.h"

namespace treewarden::qcow2 {

struct TableEntry
{
    Tag tag;
    quint64 l1Offset = 0; // not checked: only who follows them needs them to be right
    quint32 l1Entries = 0;
};

struct SnapshotTable
{
    std::vector<TableEntry> entries;
    Bytes size = 0; // bytes from the table's offset to the end of its last entry
};

Result<SnapshotTable> readSnapshotTable(Window &window, const Header &header);

} // namespace treewarden::qcow2
