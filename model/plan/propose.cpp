// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/ways/ways.h"

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
};

Proposal proposeOn(const Intent &intent, const Draft &base, const Surroundings &surroundings, Depth depth)
{
    const DraftDomain *domain = base.domain(intent.domain);
    if (!domain)
        return {ways::blocked(intent, {u"no-such-machine"_s, Verdict::Block, intent.domain.value}), {}};
    if (!domain->definition)
        return {ways::blocked(intent, {u"not-verified"_s, Verdict::Block, domain->name, {u"definition"_s}}), {}};
    return std::visit(Proposer{intent, base, surroundings, depth}, intent.what);
}

} // namespace

// Findings of this file:
//
// no-such-machine  Block  its UUID
// not-verified     Block  machine  "definition"
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
