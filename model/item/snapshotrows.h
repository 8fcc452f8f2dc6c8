// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/snapshotitem.h"

#include <QHash>

#include <memory>
#include <vector>

namespace treewarden {

// What an assessment says about one machine, sorted out for its rows.
struct SnapshotFindings
{
    SnapshotFindings() = default;
    SnapshotFindings(const Domain &domain, const Assessment &assessment);

    std::vector<Orphan> orphans; // without those that stand in the tree as a snapshot without data
    QSet<QString> dataMissing; // names of snapshots
    QHash<QString, QStringList> problems; // ids by subject

    bool operator==(const SnapshotFindings &) const = default;
};

// The rows of one machine in one arrangement. They are numbers into the values that they come from, and become items
// one at a time, when somebody looks: of thousands of rows a window shows thirty. `domain` and `findings` are shared
// and never change; a null domain has no rows.
struct SnapshotRows
{
    std::shared_ptr<const Domain> domain;
    std::shared_ptr<const SnapshotFindings> findings;
    std::vector<LaneRow> rows;

    // Without a domain, or where its snapshots are unknown: no rows.
    static SnapshotRows of(std::shared_ptr<const Domain> domain, std::shared_ptr<const SnapshotFindings> findings,
        const LaneOptions &options);

    int size() const { return int(rows.size()); }
    const SnapshotTree *tree() const; // null: none, or unknown
    const Snapshot *snapshot(int row) const; // null for other kinds
    const Orphan *orphan(int row) const; // null for other kinds
    SnapshotItem item(int row) const;
    Fact<qint64> created(int row) const; // SnapshotItem::created alone

    // Whether both are made of the same values, so that rows about the same thing differ in their drawing at most.
    bool hasValuesOf(const SnapshotRows &other) const { return domain == other.domain && findings == other.findings; }
    // The row about the same thing, whatever has changed about it; -1: none.
    int find(const SnapshotItem &like) const;
};

} // namespace treewarden
