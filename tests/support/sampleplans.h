// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/plan/plan.h"

namespace treewarden::test {

inline QString file(const QString &name)
{
    return QStringLiteral("/var/lib/libvirt/images/") + name;
}

inline PlannedStep planned(Step step, bool reversible, std::vector<Effect> effects = {})
{
    step.domain = DomainId(QStringLiteral("issue-811"));
    return {std::move(step), std::move(effects), reversible};
}

inline Step step(StepKind kind, QString name = {}, QString path = {}, QString base = {})
{
    Step made;
    made.kind = kind;
    made.name = std::move(name);
    made.path = std::move(path);
    made.base = std::move(base);
    return made;
}

// "before-upgrade" of issue-811, refused, with three other ways: dialog-blocked.
inline Proposal blockedDelete(const Intent &intent)
{
    using namespace Qt::StringLiterals;
    const QString disk = file(u"disk.qcow2"_s);
    const QString overlay = file(u"disk.before-upgrade"_s);
    Proposal proposal;
    Plan &plan = proposal.plan;
    plan.intent = intent;
    plan.before = std::make_shared<const Draft>(); // of which nothing is known
    plan.way = u"libvirt"_s;
    plan.verdict = Verdict::Block;
    plan.effects = {{EffectKind::Remove, disk, {}}, {EffectKind::Strand, overlay, {}},
        {EffectKind::DropMetadata, {}, u"before-upgrade"_s}};
    plan.steps = {planned(step(StepKind::DeleteSnapshot, u"before-upgrade"_s), false, plan.effects)};
    for (const QString &name : {u"clean-install"_s, u"drivers"_s, u"updates-june"_s})
        plan.findings.push_back({u"state-lost"_s, Verdict::Block, name, {u"snapshot"_s, u"vda"_s, disk}});
    plan.findings.push_back({u"state-lost"_s, Verdict::Block, u"issue-811"_s, {u"machine"_s, u"vda"_s, disk}});

    Plan forget = plan;
    forget.way = u"forget"_s;
    forget.verdict = Verdict::Warn;
    forget.findings = {};
    forget.effects = {{EffectKind::DropMetadata, {}, u"before-upgrade"_s}, {EffectKind::Strand, overlay, {}}};
    forget.steps = {planned(step(StepKind::ForgetSnapshot, u"before-upgrade"_s), true, forget.effects)};
    Plan extract = forget;
    extract.way = u"extract"_s;
    extract.verdict = Verdict::Allow;
    extract.steps.insert(extract.steps.begin(),
        planned(step(StepKind::ExtractTag, u"after-upgrade"_s, file(u"issue-811-after-upgrade.qcow2"_s), overlay), true,
            {{EffectKind::Create, file(u"issue-811-after-upgrade.qcow2"_s), {}}}));
    extract.space = {{u"/var/lib/libvirt/images"_s, 3 * GiB}};
    Plan uniform = forget;
    uniform.way = u"uniform"_s;
    uniform.verdict = Verdict::Confirm;
    uniform.losses = {{Loss::What::Snapshot, u"before-upgrade"_s, overlay, Fact<Bytes>(900 * MiB)}};
    uniform.findings = {{u"snapshot-lost"_s, Verdict::Confirm, u"after-upgrade"_s}};
    proposal.alternatives = {forget, extract, uniform};
    return proposal;
}

// A revert that asks for a yes; with a snapshot of the current state first, all but one thing is kept: dialog-revert.
inline Proposal revert(const Intent &intent)
{
    using namespace Qt::StringLiterals;
    const auto &what = std::get<RevertIntent>(intent.what);
    const bool safe = !what.safetySnapshot.isEmpty();
    Proposal proposal;
    Plan &plan = proposal.plan;
    plan.intent = intent;
    plan.before = std::make_shared<const Draft>(); // of which nothing is known
    plan.way = u"branch"_s;
    plan.verdict = Verdict::Confirm;
    if (safe) {
        Step first = step(StepKind::CreateSnapshot, what.safetySnapshot);
        first.flags = Step::IsExternal | Step::KeepMemory;
        first.disks = {{u"vda"_s, file(u"web.before"_s)}};
        plan.steps.push_back(planned(first, true, {{EffectKind::Create, file(u"web.before"_s), {}}}));
    }
    plan.steps.push_back(planned(step(StepKind::ForceOff), false, {{EffectKind::StopDomain, {}, u"web-staging"_s}}));
    plan.steps.push_back(
        planned(step(StepKind::CreateOverlay, {}, file(u"web.overlay-2"_s), file(u"web.updates-june"_s)), true,
            {{EffectKind::Create, file(u"web.overlay-2"_s), {}}}));
    plan.steps.push_back(planned(step(StepKind::RestoreMemory, what.snapshot, file(u"web.memory"_s)), true));
    plan.losses = {{Loss::What::CurrentState, u"web-staging"_s, {}, Fact<Bytes>(1288490188), safe ? 0 : -1},
        {Loss::What::Memory, u"web-staging"_s, {}, Fact<Bytes>::absent(), safe ? 0 : -1}};
    if (!safe)
        plan.findings = {{u"current-state-lost"_s, Verdict::Confirm, u"web-staging"_s},
            {u"memory-lost"_s, Verdict::Confirm, u"web-staging"_s}};
    plan.findings.push_back(
        {u"damaged-state-changes"_s, Verdict::Confirm, u"nightly-7"_s, {u"vda"_s, file(u"web.nightly-7"_s)}});
    return proposal;
}

// A delete that loses what it names and nothing else.
inline Proposal plainDelete(const Intent &intent)
{
    using namespace Qt::StringLiterals;
    Proposal proposal;
    Plan &plan = proposal.plan;
    plan.intent = intent;
    plan.before = std::make_shared<const Draft>(); // of which nothing is known
    plan.way = u"libvirt"_s;
    plan.verdict = Verdict::Confirm;
    plan.steps = {planned(step(StepKind::DeleteSnapshot, u"drivers"_s), false,
        {{EffectKind::RemoveTag, file(u"disk.qcow2"_s), u"drivers"_s}})};
    plan.losses = {{Loss::What::Snapshot, u"drivers"_s, file(u"disk.qcow2"_s), Fact<Bytes>(280 * MiB)}};
    plan.findings = {{u"snapshot-lost"_s, Verdict::Confirm, u"drivers"_s}};
    return proposal;
}

inline Proposal create(const Intent &intent)
{
    using namespace Qt::StringLiterals;
    Proposal proposal;
    Plan &plan = proposal.plan;
    plan.intent = intent;
    plan.before = std::make_shared<const Draft>(); // of which nothing is known
    plan.way = u"libvirt"_s;
    plan.steps = {planned(step(StepKind::CreateSnapshot, std::get<CreateIntent>(intent.what).name), true,
        {{EffectKind::AddTag, file(u"disk.qcow2"_s), std::get<CreateIntent>(intent.what).name}})};
    plan.findings = {
        {u"kind-chosen"_s, Verdict::Allow, std::get<CreateIntent>(intent.what).name, {u"internal"_s, u"same-kind"_s}}};
    return proposal;
}

} // namespace treewarden::test
