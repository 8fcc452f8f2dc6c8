// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/plan.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

bool isAcknowledged(const Finding &finding, const QStringList &acknowledged)
{
    return acknowledged.contains(finding.id) || acknowledged.contains(QString(finding.id + u'@' + finding.subject));
}

} // namespace

QByteArray Plan::hash() const
{
    QJsonArray jsonSteps;
    for (const PlannedStep &planned : steps)
        jsonSteps += toJson(planned.step);
    QJsonArray jsonEffects;
    for (const Effect &effect : effects)
        jsonEffects += QJsonArray{effectName(effect.kind), effect.path, effect.name};
    QJsonArray jsonFindings;
    for (const Finding &finding : findings)
        jsonFindings += QJsonArray{finding.id, verdictName(finding.severity), finding.subject};
    const QJsonArray all{QJsonArray::fromStringList(intentWords(intent)), intent.domain.value, way, jsonSteps,
        jsonEffects, jsonFindings};
    return QCryptographicHash::hash(QJsonDocument(all).toJson(QJsonDocument::Compact), QCryptographicHash::Sha256)
        .toHex();
}

std::vector<Finding> Plan::confirmations() const
{
    std::vector<Finding> found;
    std::copy_if(findings.begin(), findings.end(), std::back_inserter(found),
        [](const Finding &finding) { return finding.severity == Verdict::Confirm; });
    return found;
}

ConfirmedPlan::ConfirmedPlan(std::shared_ptr<const Plan> plan, QStringList acknowledged)
    : m_plan(std::move(plan))
    , m_acknowledged(std::move(acknowledged))
{
}

Result<ConfirmedPlan> ConfirmedPlan::confirm(std::shared_ptr<const Plan> plan, const QStringList &acknowledged)
{
    for (const Finding &finding : plan->findings) {
        if (finding.severity == Verdict::Block)
            return failure(ErrorCode::Unsupported, finding.id, finding.subject);
        if (finding.severity == Verdict::Confirm && !isAcknowledged(finding, acknowledged))
            return failure(ErrorCode::Cancelled, finding.id, finding.subject);
    }
    return ConfirmedPlan(std::move(plan), acknowledged);
}

bool ConfirmedPlan::covers(const Plan &anew) const
{
    const auto sameStep = [](const PlannedStep &a, const PlannedStep &b) { return a.step == b.step; };
    if (anew.verdict == Verdict::Block || anew.intent != m_plan->intent || anew.way != m_plan->way
        || !std::equal(anew.steps.begin(), anew.steps.end(), m_plan->steps.begin(), m_plan->steps.end(), sameStep)
        || anew.effects != m_plan->effects)
        return false;
    return std::ranges::all_of(
        anew.confirmations(), [&](const Finding &finding) { return isAcknowledged(finding, m_acknowledged); });
}

} // namespace treewarden
