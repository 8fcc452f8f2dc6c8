// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/builder.h"

#include "model/plan/conditions.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

PlanBuilder::PlanBuilder(const Draft &base, Intent intent, QString way, Declared declared)
    : m_base(base)
    , m_draft(base)
    , m_judge(base, std::move(declared))
{
    m_plan.intent = std::move(intent);
    m_plan.way = std::move(way);
}

const DraftDomain &PlanBuilder::domain() const
{
    return *m_draft.domain(m_plan.intent.domain);
}

void PlanBuilder::add(Step step)
{
    if (m_hasFailed)
        return;
    if (step.domain.isEmpty())
        step.domain = m_plan.intent.domain;
    const bool ends = step.kind == StepKind::ShutDown || step.kind == StepKind::ForceOff;
    if (ends && !std::holds_alternative<PowerIntent>(m_plan.intent.what)) {
        // On the way to something else nobody expects that the machine is gone, or a job that it is at.
        if (!domain().persistent)
            find({u"transient-machine"_s, Verdict::Block, domain().name});
        if (step.kind == StepKind::ShutDown && domain().state == DomainState::Paused)
            find({u"paused-guest-cannot-shut-down"_s, Verdict::Block, domain().name});
        find(conditions::ofMachine(m_draft, m_plan.intent.domain));
    }
    find(conditions::ofStep(step));
    const DomainId machine = step.domain;
    PlannedStep planned;
    planned.isReversible = isReversible(step, m_draft);
    const qsizetype effectsBefore = m_draft.effectCount();
    const Draft before = m_draft;
    const Result<> played = play(step, m_draft);
    planned.step = std::move(step);
    if (!played) {
        m_hasFailed = true;
        const Error &error = played.error();
        // Unsupported names the finding; anything else is a thing that is not there.
        if (error.code == ErrorCode::Unsupported)
            find({error.subject, Verdict::Block, error.detail, {}});
        else
            find({u"step-impossible"_s, Verdict::Block, error.subject, {stepName(planned.step.kind), error.detail}});
        m_plan.steps.push_back(std::move(planned));
        return;
    }
    planned.effects = m_draft.effects(effectsBefore);
    addMerges(planned.step, planned.effects, before, m_merges, m_plan.space);
    find(conditions::ofFormats(before, m_draft, machine));
    m_judge.look(m_draft, int(m_plan.steps.size()));
    m_plan.steps.push_back(std::move(planned));
}

void PlanBuilder::find(const std::vector<Finding> &findings)
{
    for (const Finding &finding : findings)
        find(finding);
}

void PlanBuilder::needSpace(const QString &folder, Bytes bytes)
{
    addSpace(m_plan.space, folder, bytes);
}

ClaimantIndex PlanBuilder::claimants() const
{
    ClaimantIndex now = m_judge.claimants();
    (void)now.follow(m_draft); // of a step that failed the judge has not heard
    return now;
}

bool PlanBuilder::isBlocked() const
{
    return conditions::isBlocked(m_found.all()) || m_judge.isBlocked(m_draft)
        || conditions::isBlocked(checkSpace(m_base.inventory(), m_plan.space, m_merges));
}

Plan PlanBuilder::finish()
{
    find(checkSpace(m_base.inventory(), m_plan.space, m_merges));
    if (!m_hasFailed)
        m_draft.noteStranded();
    m_judge.finish(m_draft);
    m_plan.effects = m_draft.effects();
    m_plan.losses = m_judge.losses();
    m_plan.findings = m_judge.findings();
    m_plan.findings.insert(m_plan.findings.end(), m_found.all().begin(), m_found.all().end());
    // What stranded says itself is shown as an effect; to a reader it is a remark, too.
    for (const Effect &effect : m_plan.effects) {
        if (effect.kind == EffectKind::Strand)
            m_plan.findings.push_back({u"file-left-behind"_s, Verdict::Warn, effect.path, {}});
    }
    std::stable_sort(m_plan.findings.begin(), m_plan.findings.end(),
        [](const Finding &a, const Finding &b) { return a.severity > b.severity; });
    for (const Finding &finding : m_plan.findings)
        m_plan.verdict = std::max(m_plan.verdict, finding.severity);
    m_plan.before = std::make_shared<const Draft>(m_base);
    if (!m_hasFailed)
        m_plan.outcome = std::make_shared<const Draft>(m_draft);
    return std::move(m_plan);
}

} // namespace treewarden
