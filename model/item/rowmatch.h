// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/snapshotitem.h"

namespace treewarden {

// Which row became which; -1: none.
struct RowMatch
{
    std::vector<int> newRowOf;
    std::vector<int> oldRowOf;
    bool inOrder = true; // what stays keeps its order
    int runs = 0; // of rows that come or go
};

// By what the rows are about, whatever has changed about it. In linear time.
RowMatch matchRows(const std::vector<SnapshotItem> &before, const std::vector<SnapshotItem> &after);

} // namespace treewarden
