// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/jobhost.h"
#include "model/job/journal.h"
#include "model/plan/plan.h"

namespace treewarden {

// What a step does to files, tried on the draft.
struct Touched
{
    QStringList made;
    QStringList removed; // files that were there
    bool overwrites = false; // contents that were there, or tags
};
Touched touchedBy(const Step &step, const Draft &before);

// Keeps each file that the step removes under a second name; into `how`, with what could not be kept.
void pinFor(const Step &step, const Draft &before, JobHost &host, JournalStep &how);
// How the step can be put back, from what is there now: to be asked before it runs, and after pinFor(). Into `how`.
// Documents that libvirt has are read anew for it. An error: something could not be read.
Result<> planUndoOf(const Step &step, const Draft &before, JobHost &host, JournalStep &how);
// After the step ran: what libvirt named by itself, and marks of what was made.
void noteMade(const Step &step, const Draft &before, JobHost &host, JournalStep &how);

// The steps that put back what the entry did, from its last step to its first, tried on a fresh reading and judged as
// any plan is. Block where something would be lost that the entry did not itself make: the machine has gone on, a file
// is not there, another has come to rely on one. What the entry made is not a loss: its snapshots, and files that
// nobody has written to since. `way` is "undo". Steps that are not done are left out; where a step that is done cannot
// be put back, the plan is a Block with the finding "not-undoable" (subject: the step's name).
Plan planUndo(const JournalEntry &entry, const std::shared_ptr<const Inventory> &inventory, const JobHost &host);
// The entry with what the host shows of a step in whose middle the program ended; gives that step's number, -1: none.
Result<int> settleInterrupted(JournalEntry &entry, JobHost &host);
// Whether isDone() can tell a step that ended in the middle from one that ended.
bool isKnowable(StepKind kind);
// Whether all of these steps only put documents back, which is harmless however far the step that they undo came.
bool isHarmless(const std::vector<Step> &undo);
// What play() says of a step, and for those of an undo what they do with documents and with the entry's pins.
Result<> playUndoStep(const JournalEntry &entry, const Step &step, Draft &draft);
// The words of the journal as an intent again; what cannot be understood gives nothing.
std::optional<Intent> intentFromWords(const DomainId &domain, const QStringList &words);

Result<XmlBefore> readXml(JobHost &host, const DomainId &domain);

} // namespace treewarden
