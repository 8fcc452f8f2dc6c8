// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/plan/plan.h"
#include "tests/support/inventorybuilder.h"

namespace treewarden::test {

inline QString fileName(const QString &path)
{
    return path.mid(path.lastIndexOf(u'/') + 1);
}

// "kind name path base disk>base ...", files by their last part.
inline QString stepText(const Step &step)
{
    QStringList words{stepName(step.kind)};
    for (const QString &word : {step.name, fileName(step.path), fileName(step.base)}) {
        if (!word.isEmpty())
            words += word;
    }
    for (const StepDisk &disk : step.disks)
        words += disk.base.isEmpty() ? fileName(disk.path) : QString(fileName(disk.path) + u'>' + fileName(disk.base));
    return words.join(u' ');
}

// "kind file name, ..."
inline QString effectsText(const std::vector<Effect> &effects)
{
    QStringList texts;
    for (const Effect &effect : effects) {
        QStringList words{effectName(effect.kind)};
        for (const QString &word : {fileName(effect.path), effect.name}) {
            if (!word.isEmpty())
                words += word;
        }
        texts += words.join(u' ');
    }
    return texts.join(QStringLiteral(", "));
}

// "id@subject, ..." of those that are at least as bad.
inline QString findingsText(const std::vector<Finding> &findings, Verdict from = Verdict::Confirm)
{
    QStringList texts;
    for (const Finding &finding : findings) {
        if (finding.severity >= from)
            texts += QString(finding.id + u'@' + fileName(finding.subject));
    }
    return texts.join(QStringLiteral(", "));
}

// "way verdict: step, step | finding@subject, ..."
inline QString planText(const Plan &plan, Verdict from = Verdict::Confirm)
{
    QStringList steps;
    for (const PlannedStep &planned : plan.steps)
        steps += stepText(planned.step);
    return plan.way + u' ' + verdictName(plan.verdict) + QStringLiteral(": ") + steps.join(QStringLiteral(", "))
        + QStringLiteral(" | ") + findingsText(plan.findings, from);
}

// The plan, then each alternative, a line each.
inline QString proposalText(const Proposal &proposal, Verdict from = Verdict::Confirm)
{
    QStringList lines{planText(proposal.plan, from)};
    for (const Plan &plan : proposal.alternatives)
        lines += planText(plan, from);
    return lines.join(u'\n');
}

inline Draft draftOf(const QString &host)
{
    return Draft(std::make_shared<Inventory>(inventoryOf(host)));
}

// Of the machine "m" on that host.
inline Proposal proposalFor(const QString &host, const Intent::What &what)
{
    return propose({DomainId(QStringLiteral("m")), what}, std::make_shared<Inventory>(inventoryOf(host)), {});
}

} // namespace treewarden::test
