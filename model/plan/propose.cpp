// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/ways/ways.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace ways {

Plan blocked(const Intent &intent, Finding finding)
{
    Plan plan;
    plan.intent = intent;
    plan.way = u"libvirt"_s;
    plan.verdict = finding.severity;
    plan.findings.push_back(std::move(finding));
    return plan;
}

} // namespace ways

namespace {

using ways::Depth;

struct Proposer
{
    const Intent &intent;
    const Draft &base;
    const Surroundings &surroundings;
    Depth depth;

    Proposal operator()(const CreateIntent &create) const
    {
        return ways::proposeCreate(intent, create, base, surroundings, depth);
    }
    Proposal operator()(const RevertIntent &revert) const
    {
        return ways::proposeRevert(intent, revert, base, surroundings, depth);
    }
    Proposal operator()(const DeleteIntent &deletion) const
    {
        return ways::proposeDelete(intent, deletion, base, surroundings, depth);
    }
    Proposal operator()(const RenameIntent &rename) const
    {
        return ways::proposeRename(intent, rename, base, surroundings, depth);
    }
    Proposal operator()(const DescribeIntent &describe) const
    {
        return ways::proposeDescribe(intent, describe, base, surroundings, depth);
    }
    Proposal operator()(const PolicyIntent &policy) const
    {
        return ways::proposePolicy(intent, policy, base, surroundings, depth);
    }
    Proposal operator()(const UniformIntent &uniform) const
    {
        return ways::proposeUniform(intent, uniform, base, surroundings, depth);
    }
    Proposal operator()(const PowerIntent &power) const
    {
        return ways::proposePower(intent, power, base, surroundings, depth);
    }
    Proposal operator()(const RemoveOrphanIntent &orphan) const
    {
        return ways::proposeRemoveOrphan(intent, orphan, base, surroundings, depth);
    }
    Proposal operator()(const BackupIntent &backup) const
    {
        return ways::proposeBackup(intent, backup, base, surroundings, depth);
    }
};

// What this user cannot do, for he has libvirt's calls alone, and what cannot have a second name before it goes.
void judgeReach(Plan &plan, const Inventory &inventory, const Surroundings &surroundings)
{
    const auto find = [&plan](Finding finding) {
        plan.verdict = std::max(plan.verdict, finding.severity);
        plan.findings.push_back(std::move(finding));
    };
    QString gone; // for certain
    if (!surroundings.canEditFiles) {
        const auto needing = std::find_if(
            plan.steps.begin(), plan.steps.end(), [](const PlannedStep &each) { return needsFiles(each.step.kind); });
        if (needing != plan.steps.end())
            find({u"files-out-of-reach"_s, Verdict::Block, needing->step.path});
        // By libvirt's calls, too.
        const auto removal = std::find_if(plan.effects.begin(), plan.effects.end(),
            [](const Effect &effect) { return effect.kind == EffectKind::Remove && !effect.path.isEmpty(); });
        if (removal != plan.effects.end())
            gone = removal->path;
    }
    for (PlannedStep &planned : plan.steps) {
        const Step &step = planned.step;
        if (step.kind != StepKind::RemoveFile && !step.has(Step::Replace))
            continue;
        const FileSystem *fileSystem = inventory.fileSystemOf(step.path.left(step.path.lastIndexOf(u'/')));
        if (surroundings.canEditFiles && fileSystem && fileSystem->takesLinks == Fact<bool>(true))
            continue;
        planned.isReversible = false;
        if (gone.isEmpty() && fileSystem && fileSystem->takesLinks == Fact<bool>(false))
            gone = step.path;
    }
    if (!gone.isEmpty())
        find({u"cannot-be-kept"_s, Verdict::Warn, gone});
    std::stable_sort(plan.findings.begin(), plan.findings.end(),
        [](const Finding &a, const Finding &b) { return a.severity > b.severity; });
}

Proposal proposeOn(const Intent &intent, const Draft &base, const Surroundings &surroundings, Depth depth)
{
    const DraftDomain *domain = base.domain(intent.domain);
    if (!domain)
        return {ways::blocked(intent, {u"no-such-machine"_s, Verdict::Block, intent.domain.value}), {}};
    if (!domain->definition)
        return {ways::blocked(intent, {u"not-verified"_s, Verdict::Block, domain->name, {u"definition"_s}}), {}};
    Proposal proposal = std::visit(Proposer{intent, base, surroundings, depth}, intent.what);
    judgeReach(proposal.plan, base.inventory(), surroundings);
    for (Plan &plan : proposal.alternatives)
        judgeReach(plan, base.inventory(), surroundings);
    return proposal;
}

} // namespace

// Findings of this file:
//
// no-such-machine     Block  its UUID
// not-verified        Block  machine  "definition"
// files-out-of-reach  Block  path: a step rewrites it, and this user has libvirt's storage volumes alone
// cannot-be-kept      Warn   path: it is removed, and cannot be given a second name first (by this user, or on this
//                            file system), so no undo
Proposal propose(
    const Intent &intent, const std::shared_ptr<const Inventory> &inventory, const Surroundings &surroundings)
{
    return propose(intent, Draft(inventory), surroundings);
}

Proposal propose(const Intent &intent, const Draft &base, const Surroundings &surroundings)
{
    return proposeOn(intent, base, surroundings, Depth::WithAlternatives);
}

Verdict verdictOf(const Intent &intent, const Draft &base, const Surroundings &surroundings)
{
    return proposeOn(intent, base, surroundings, Depth::FirstOnly).plan.verdict;
}

} // namespace treewarden
