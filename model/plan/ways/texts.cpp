// SPDX-License-Identifier: GPL-3.0-or-later
// What changes words alone: names, descriptions, the policy of a machine.
#include "model/domain/nvramcopy.h"
#include "model/guard/nvramcopies.h"
#include "model/plan/conditions.h"
#include "model/plan/ways/ways.h"

namespace treewarden::ways {

using namespace Qt::StringLiterals;

namespace {

std::optional<QString> strangerAt(const Draft &draft, const Snapshot &snapshot, const QString &newName)
{
    if (!snapshot.definition || !snapshot.definition->nvram)
        return {};
    const QString path = nvramCopyPath(*snapshot.definition->nvram, newName);
    return path.isEmpty() || !draft.imageAt({SourceKind::File, path}) ? std::optional<QString>() : path;
}

// What people read beside the name can say what the name cannot. An intent of its own.
DescribeIntent describing(const Snapshot &snapshot, const QString &newName)
{
    return {snapshot.name, snapshot.description.isEmpty() ? newName : newName + u'\n' + snapshot.description};
}

Plan describe(const DomainId &domain, const DescribeIntent &what, const Draft &base)
{
    PlanBuilder builder(base, {domain, what}, u"libvirt"_s, {domain});
    builder.add({.kind = StepKind::DescribeSnapshot, .name = what.snapshot, .text = what.description});
    return builder.finish();
}

} // namespace

// Findings of this file, beside those of model/plan/conditions.h:
//
// no-such-snapshot       Block  snapshot
// tag-cannot-be-renamed  Block  snapshot: no way changes the name of a tag
// target-exists          Block  path, where the copy of the NVRAM would lie
Proposal proposeRename(
    const Intent &intent, const RenameIntent &rename, const Draft &base, const Surroundings &surroundings, Depth depth)
{
    const Snapshot *snapshot = base.domain(intent.domain)->snapshot(rename.snapshot);
    if (!snapshot)
        return {blocked(intent, {u"no-such-snapshot"_s, Verdict::Block, rename.snapshot}), {}};
    if (snapshot->kind() == SnapshotKind::Internal) {
        Proposal proposal{blocked(intent, {u"tag-cannot-be-renamed"_s, Verdict::Block, rename.snapshot}), {}};
        if (depth == Depth::WithAlternatives)
            proposal.alternatives.push_back(describe(intent.domain, describing(*snapshot, rename.newName), base));
        return proposal;
    }
    const conditions::Findings ofName = conditions::ofName(base, intent.domain, rename.newName, false);
    if (conditions::isBlocked(ofName))
        return {blocked(intent, ofName.front()), {}};
    // Under its old name it is gone; what it keeps is kept by the new one.
    Declared declared;
    declared.domain = intent.domain;
    declared.snapshots.insert(rename.snapshot);
    PlanBuilder builder(base, intent, u"libvirt"_s, declared);
    // The copy of its NVRAM goes by its name.
    const DraftImage *copy = nvramCopyOf(base, *snapshot);
    const QString renamed = copy ? nvramCopyPath(*snapshot->definition->nvram, rename.newName) : QString();
    // A file of that name would be taken for the snapshot's copy.
    if (const std::optional<QString> file = strangerAt(base, *snapshot, rename.newName))
        return {blocked(intent, {u"target-exists"_s, Verdict::Block, *file}), {}};
    const bool movesCopy = surroundings.canEditFiles && !renamed.isEmpty();
    builder.add({.kind = StepKind::RenameSnapshot, .name = rename.snapshot, .text = rename.newName});
    if (movesCopy) {
        builder.add({.kind = StepKind::CopyFile, .path = renamed, .base = copy->location.name});
        builder.add({.kind = StepKind::RemoveFile, .path = copy->location.name});
    } else if (copy) {
        builder.find({u"firmware-not-included"_s, Verdict::Warn, base.domain(intent.domain)->name});
    }
    return {builder.finish(), {}};
}

Proposal proposeDescribe(
    const Intent &intent, const DescribeIntent &what, const Draft &base, const Surroundings &, Depth)
{
    if (!base.domain(intent.domain)->snapshot(what.snapshot))
        return {blocked(intent, {u"no-such-snapshot"_s, Verdict::Block, what.snapshot}), {}};
    return {describe(intent.domain, what, base), {}};
}

Proposal proposePolicy(const Intent &intent, const PolicyIntent &, const Draft &base, const Surroundings &, Depth)
{
    PlanBuilder builder(base, intent, u"libvirt"_s, {intent.domain});
    builder.add({.kind = StepKind::SetPolicy, .text = intentWords(intent).last()});
    return {builder.finish(), {}};
}

} // namespace treewarden::ways
