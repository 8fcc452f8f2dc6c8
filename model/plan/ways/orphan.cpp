// SPDX-License-Identifier: GPL-3.0-or-later
// Being rid of what nothing explains: a file that no machine relies on, a tag that libvirt does not list.
#include "model/guard/assessment.h"
#include "model/plan/conditions.h"
#include "model/plan/ways/ways.h"

#include <algorithm>

namespace treewarden::ways {

using namespace Qt::StringLiterals;

namespace {

const Orphan *find(const Assessment &assessment, const DomainId &domain, const RemoveOrphanIntent &what)
{
    const auto found = std::find_if(assessment.orphans.begin(), assessment.orphans.end(), [&](const Orphan &orphan) {
        const bool isFile = orphan.kind == OrphanKind::Overlay || orphan.kind == OrphanKind::Memory
            || orphan.kind == OrphanKind::Nvram;
        const bool isKind = what.tag.isEmpty() ? isFile : orphan.kind == OrphanKind::Tag && orphan.name == what.tag;
        return isKind && orphan.path == what.path && (orphan.domain.isEmpty() || orphan.domain == domain);
    });
    return found == assessment.orphans.end() ? nullptr : &*found;
}

// Whether qemu-img could take another one for it: it looks for the id as well as for the name.
bool isAmbiguous(const Inventory &inventory, const RemoveOrphanIntent &what)
{
    const Image *image = inventory.images->at({SourceKind::File, what.path});
    if (!image || !image->facts.isKnown())
        return true;
    const std::vector<Tag> &tags = image->facts->tags;
    return std::count_if(tags.begin(), tags.end(), [&](const Tag &tag) {
        return tag.name == what.tag || tag.id == what.tag;
    }) != 1;
}

Plan removal(
    const Intent &intent, const RemoveOrphanIntent &what, const Orphan &orphan, const Draft &base, bool shutsDownFirst)
{
    Declared declared;
    declared.domain = intent.domain;
    declared.images.insert(what.path);
    PlanBuilder builder(base, intent, shutsDownFirst ? u"shut-down-first"_s : u"remove"_s, declared);
    if (shutsDownFirst)
        builder.add({.kind = StepKind::ShutDown});
    const Draft draft = builder.draft();
    builder.find(conditions::ofMachine(draft, intent.domain));
    if (what.tag.isEmpty()) {
        const QString bytes = orphan.bytes.isKnown() ? QString::number(*orphan.bytes) : QString();
        // Memory may be of "virsh save", too, which "virsh restore" can resume.
        const bool isMemory = orphan.kind == OrphanKind::Memory;
        builder.find(
            {isMemory ? u"saved-memory-removed"_s : u"leftover-removed"_s, Verdict::Confirm, what.path, {bytes}});
        builder.add({.kind = StepKind::RemoveFile, .path = what.path});
    } else {
        builder.find({u"tag-removed"_s, Verdict::Confirm, what.tag, {what.path}});
        if (isAmbiguous(base.inventory(), what))
            builder.find({u"tag-ambiguous"_s, Verdict::Block, what.tag, {what.path}});
        builder.add({.kind = StepKind::RemoveTag, .name = what.tag, .path = what.path});
    }
    if (shutsDownFirst)
        builder.add({.kind = StepKind::Start});
    Plan plan = builder.finish();
    plan.losses.push_back({Loss::What::OtherState, orphan.name, what.path, orphan.bytes});
    return plan;
}

} // namespace

// Findings of this file, beside those of model/plan/conditions.h:
//
// leftover-of-job   Block    path: a job that has not ended names it
// not-left-over     Block    path or tag: it is not there, or somebody relies on it
// leftover-unknown  Block    path, or the image with the tag  what could not be read: a machine, a path, a pool
// leftover-removed  Confirm  path                             bytes
// saved-memory-removed  Confirm  path                         bytes
// tag-removed       Confirm  tag                              path: it cannot be put back
// tag-ambiguous     Block    tag                              path
Proposal proposeRemoveOrphan(const Intent &intent, const RemoveOrphanIntent &what, const Draft &base,
    const Surroundings &surroundings, Depth depth)
{
    // Nobody relies yet on what a job is making, nor on what one left in the middle would be put back with.
    if (surroundings.jobFiles.contains(what.path))
        return {blocked(intent, {u"leftover-of-job"_s, Verdict::Block, what.path}), {}};
    const Assessment assessment = assess(base.inventory());
    const Orphan *orphan = find(assessment, intent.domain, what);
    // Nothing rests on a tag: only a machine could know it.
    const QStringList &unread = assessment.mayRelyOnAnything;
    const bool isKnown = unread.isEmpty() || (!what.tag.isEmpty() && orphan && orphan->isCertain);
    if (!isKnown)
        return {blocked(intent, {u"leftover-unknown"_s, Verdict::Block, what.path, {unread.front()}}), {}};
    if (!orphan)
        return {blocked(intent, {u"not-left-over"_s, Verdict::Block, what.tag.isEmpty() ? what.path : what.tag}), {}};
    Proposal proposal{removal(intent, what, *orphan, base, false), {}};
    if (depth == Depth::WithAlternatives && proposal.plan.verdict == Verdict::Block
        && isActive(base.domain(intent.domain)->state)) {
        // The image of a running machine cannot be rewritten by anybody else.
        Plan other = removal(intent, what, *orphan, base, true);
        if (other.verdict != Verdict::Block)
            proposal.alternatives.push_back(std::move(other));
    }
    return proposal;
}

} // namespace treewarden::ways
