// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/backup.h"
#include "model/guard/draft.h"
#include "model/guard/finding.h"
#include "model/plan/intent.h"
#include "model/plan/step.h"

#include <QSet>

#include <memory>
#include <vector>

namespace treewarden {

struct PlannedStep
{
    Step step;
    std::vector<Effect> effects;
    bool isReversible = false;
};

// Ordered steps to one end, and what the guard says of them. Immutable; crosses threads.
struct Plan
{
    Intent intent;
    // Which way it is: "libvirt" (libvirt's own call), or a way of ours, which views/text explains: "branch",
    // "extract", "merge", "forget", "one-by-one", "uniform", "leave-tags", "shut-down-first", ...
    QString way;
    // Files that it makes or works on, or names, that the way's sentence mentions.
    QStringList arguments;
    std::vector<PlannedStep> steps;
    std::vector<Effect> effects; // of all steps, and what is stranded in the end
    std::vector<Finding> findings;
    std::vector<Loss> losses;
    Verdict verdict = Verdict::Allow;
    // What the host looked like. Null where it was not planned on one.
    std::shared_ptr<const Draft> before;
    // What the host will look like. Null where a step cannot even be tried (then there is a Block).
    std::shared_ptr<const Draft> outcome;
    // Bytes that all steps together need for a while or for good, by folder.
    std::vector<std::pair<QString, Bytes>> space;

    // Over intent, steps, effects, findings: two plans with the same hash do the same to the same files for the same
    // reasons.
    QByteArray hash() const; // SHA-256, hexadecimal
    // Confirm findings, which somebody has to accept by id, or by "id@subject".
    std::vector<Finding> confirmations() const;
};

// What a user of virsh and qemu-img would type for each step; empty where the plan does not know of the host before.
std::vector<QStringList> commandsOf(const Plan &plan);

// The plan, and other ways to the same end. The first is libvirt's own way where there is one.
struct Proposal
{
    Plan plan;
    std::vector<Plan> alternatives; // in the order in which to offer them; none of them is a Block
};

// What is known of the host beside its inventory.
struct Surroundings
{
    qint64 now = 0; // seconds since 1970, for names and ages
    // Whether this program can read and write the files (qemu-img, hard links). False: only storage volumes' calls are
    // there, so ways that need files are not offered.
    bool canEditFiles = true;
    // What jobs name that have not ended, be they under way or left in the middle: nothing of it is left over.
    QSet<QString> jobFiles = {};
    // The folder of a BackupIntent with what it has of the machine; null: nobody has looked.
    std::shared_ptr<const BackupTarget> backupTarget = {};
};

// Pure; milliseconds even for large trees. Never throws, never blocks: an intent that makes no sense ("no such
// snapshot") gives a plan without steps whose findings say why.
Proposal propose(
    const Intent &intent, const std::shared_ptr<const Inventory> &inventory, const Surroundings &surroundings);
// On a base that is at hand already (the same inventory's), for asking about many.
Proposal propose(const Intent &intent, const Draft &base, const Surroundings &surroundings);
// Only libvirt's own way, without alternatives: for a shield in every row.
Verdict verdictOf(const Intent &intent, const Draft &base, const Surroundings &surroundings);

// A plan that somebody has looked at and said yes to. Nothing else is ever run.
class ConfirmedPlan
{
public:
    // Fails with Cancelled where a Confirm finding is not among the acknowledged (subject: its id), and with
    // Unsupported where the plan is blocked (subject: the worst finding's id). `acknowledged`: "id" or "id@subject".
    static Result<ConfirmedPlan> confirm(std::shared_ptr<const Plan> plan, const QStringList &acknowledged);

    const Plan &plan() const { return *m_plan; }
    const QStringList &acknowledged() const { return m_acknowledged; }
    // Whether another reading of the host, planned anew, still does what was agreed to: the same steps, and no finding
    // that nobody has accepted.
    bool covers(const Plan &anew) const;

private:
    ConfirmedPlan(std::shared_ptr<const Plan> plan, QStringList acknowledged);
    std::shared_ptr<const Plan> m_plan;
    QStringList m_acknowledged;
};

} // namespace treewarden
