// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/snapshottree.h"
#include "model/guard/assessment.h"

#include <QSet>

#include <vector>

namespace treewarden {

enum class RowKind {
    Snapshot,
    Here, // "You are here": where the machine stands now, a child of the current snapshot
    Orphan,
};

// Gap: rows between the two ends are folded away or filtered out.
enum class LaneLine : quint8 { None, Solid, Gap };

// All that is needed to draw one row alone. Lanes count from 0 at the leading edge. Every lane before the row's own
// runs through the row from top to bottom; no lane after it does.
struct LaneDrawing
{
    int lane = 0;
    LaneLine above = LaneLine::None; // in its own lane, from the row's mark to the row's upper edge
    LaneLine below = LaneLine::None;
    LaneLine branchAbove = LaneLine::None; // from the mark to the lane before it, where it meets the row's upper edge
    LaneLine branchBelow = LaneLine::None;
    bool muted = false; // shown for context only: does not match the filter itself
    bool foldable = false;
    bool folded = false;
    int hidden = 0; // snapshots that a folded row hides
    bool separatorAbove = false;

    bool operator==(const LaneDrawing &) const = default;
};

struct LaneRow
{
    RowKind kind = RowKind::Snapshot;
    int node = -1; // Snapshot: of the tree; Orphan: of the orphans given; Here: -1
    int parentRow = -1; // the row of the nearest ancestor that is shown
    LaneDrawing drawing;
};

struct LaneOptions
{
    bool newestFirst = false; // children above their parents
    bool byName = false; // siblings by name, else by age; equal ones keep libvirt's order
    QSet<QString> folded; // names of snapshots whose descendants are hidden; without effect while a filter is set
    QString filter; // part of a name, description or path, in any case; empty: everything

    bool operator==(const LaneOptions &) const = default;
};

// The rows of a tree from top to bottom, orphans last. The path to "You are here" is the trunk and keeps lane 0; else
// the largest subtree keeps its parent's lane, and the smaller ones stand between the two, one lane further in. So
// there are at most log2(n) + 2 lanes. A filter leaves the matches, the snapshots where their paths part (muted), and
// "You are here" where the current snapshot is shown. Never recursive; O(n log n) in time.
std::vector<LaneRow> layLanes(const SnapshotTree &tree, const std::vector<Orphan> &orphans, const LaneOptions &options);

} // namespace treewarden
