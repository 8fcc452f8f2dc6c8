// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/judge.h"
#include "model/plan/plan.h"
#include "model/plan/space.h"

namespace treewarden {

// Puts a plan together step by step: each is tried on the draft and shown to the judge. After a step that could not
// even be tried the rest does nothing, so that a way reads as a list of steps; the plan is then a Block that says why.
class PlanBuilder
{
public:
    PlanBuilder(const Draft &base, Intent intent, QString way, Declared declared);

    void add(Step step);
    void find(Finding finding) { m_found.add(std::move(finding)); }
    void find(const std::vector<Finding> &findings);
    // Beside what merges take, which add() counts.
    void needSpace(const QString &folder, Bytes bytes);

    bool hasFailed() const { return m_hasFailed; }
    // Whether finish() would give a Block now; without making the plan of it.
    bool isBlocked() const;
    const Draft &draft() const { return m_draft; } // after the steps so far
    ClaimantIndex claimants() const; // of that
    const ClaimantIndex &claimantsAtFirst() const { return m_judge.claimantsAtFirst(); } // of the base
    const Draft &base() const { return m_base; }
    const DraftDomain &domain() const; // of the intent, after the steps so far; it must be there

    // Judges what came out, checks space, and gives the plan. Last.
    Plan finish();

private:
    Draft m_base;
    Draft m_draft;
    Judge m_judge;
    Plan m_plan;
    Distinct<Finding> m_found;
    std::vector<MergeSpace> m_merges;
    bool m_hasFailed = false;
};

} // namespace treewarden
