// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/snapshotrows.h"

#include <algorithm>

namespace treewarden {

namespace {

int diskCount(const Snapshot &snapshot)
{
    const SnapshotDiskKind wanted
        = snapshot.kind() == SnapshotKind::External ? SnapshotDiskKind::External : SnapshotDiskKind::Internal;
    return int(std::count_if(snapshot.disks.begin(), snapshot.disks.end(),
        [wanted](const SnapshotDisk &disk) { return disk.kind == wanted; }));
}

} // namespace

SnapshotFindings::SnapshotFindings(const Domain &domain, const Assessment &assessment)
{
    if (domain.snapshots.isUnknown())
        return;
    const bool hasTree = domain.snapshots.isKnown();
    for (const Orphan &orphan : assessment.orphansOf(domain.uuid)) {
        if (orphan.kind == OrphanKind::Metadata && hasTree && domain.snapshots->find(orphan.name) >= 0)
            dataMissing.insert(orphan.name);
        else
            orphans.push_back(orphan);
    }
    for (const Problem &problem : assessment.problemsOf(domain.uuid)) {
        problems[problem.subject].append(problem.id);
        for (const QString &name : problem.alsoAt)
            problems[name].append(problem.id);
    }
}

SnapshotRows SnapshotRows::of(
    std::shared_ptr<const Domain> domain, std::shared_ptr<const SnapshotFindings> findings, const LaneOptions &options)
{
    static const SnapshotTree none;
    SnapshotRows made{std::move(domain), std::move(findings), {}};
    if (!made.domain || made.domain->snapshots.isUnknown())
        return made;
    const SnapshotTree *tree = made.tree();
    made.rows = layLanes(tree ? *tree : none, made.findings->orphans, options);
    return made;
}

const SnapshotTree *SnapshotRows::tree() const
{
    return domain && domain->snapshots.isKnown() ? &domain->snapshots.value() : nullptr;
}

const Snapshot *SnapshotRows::snapshot(int row) const
{
    const LaneRow &wanted = rows[size_t(row)];
    return wanted.kind == RowKind::Snapshot ? &domain->snapshots->at(wanted.node) : nullptr;
}

const Orphan *SnapshotRows::orphan(int row) const
{
    const LaneRow &wanted = rows[size_t(row)];
    return wanted.kind == RowKind::Orphan ? &findings->orphans[size_t(wanted.node)] : nullptr;
}

Fact<qint64> SnapshotRows::created(int row) const
{
    if (const Snapshot *shown = snapshot(row))
        return shown->created != 0 ? Fact<qint64>(shown->created) : Fact<qint64>();
    const Orphan *stray = orphan(row);
    return stray ? stray->created : Fact<qint64>::absent();
}

SnapshotItem SnapshotRows::item(int row) const
{
    SnapshotItem item;
    item.kind = rows[size_t(row)].kind;
    item.drawing = rows[size_t(row)].drawing;
    item.created = created(row);
    if (const Snapshot *shown = snapshot(row)) {
        item.name = shown->name;
        item.description = shown->description;
        item.isCurrent = rows[size_t(row)].node == tree()->current();
        item.problems = findings->problems.value(shown->name);
        item.snapshotKind = shown->kind();
        item.state = shown->state;
        item.memory = shown->memory;
        item.disks = diskCount(*shown);
        item.dataMissing = findings->dataMissing.contains(shown->name);
    } else if (const Orphan *stray = orphan(row)) {
        item.name = stray->name;
        item.problems = findings->problems.value(stray->path);
        item.orphanKind = stray->kind;
        item.isCertain = stray->isCertain;
        item.path = stray->path;
    } else {
        item.now = domain->state;
    }
    return item;
}

int SnapshotRows::find(const SnapshotItem &like) const
{
    const bool isSnapshot = like.kind == RowKind::Snapshot;
    const int node = isSnapshot && tree() ? tree()->find(like.name) : -1;
    if (isSnapshot && node < 0)
        return -1;
    for (int row = 0; row < size(); ++row) {
        if (rows[size_t(row)].kind != like.kind)
            continue;
        const Orphan *stray = orphan(row);
        if (isSnapshot
                ? rows[size_t(row)].node == node
                : !stray || (stray->kind == like.orphanKind && stray->name == like.name && stray->path == like.path))
            return row;
    }
    return -1;
}

} // namespace treewarden
