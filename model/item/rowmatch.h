// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/snapshotrows.h"

namespace treewarden {

// Which row became which; -1: none.
struct RowMatch
{
    std::vector<int> newRowOf;
    std::vector<int> oldRowOf;
    bool inOrder = true; // what stays keeps its order
    int runs = 0; // of rows that come or go
};

// By what the rows are about, whatever has changed about it. In linear time, and without looking at a name where both
// are made of the same values.
RowMatch matchRows(const SnapshotRows &before, const SnapshotRows &after);

} // namespace treewarden
