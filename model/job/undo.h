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

// What the file is like now; a time of 0 where nobody can say.
FileMark markOf(const JobHost &host, const QString &path);
// Keeps each file that the step removes under a second name; into `how`, with what this host cannot keep. A RemoveFile
// that could not be kept for any reason but that (Unsupported) is an error, and must not be run: nothing is kept then.
// So is one that the plan called reversible.
Result<> pinFor(const PlannedStep &planned, const Draft &before, JobHost &host, JournalStep &how);
// Gives these names up again, where the step was never begun.
void unpin(JobHost &host, JournalStep &how);
// Gives up second names of files that the entry was about to remove when its program ended, where the journal does not
// know of them: the files have their own. For whoever holds the machine's lock, before anything is put back.
void dropUnknownPins(
    const Journal &journal, JobHost &host, const QString &entry, const std::shared_ptr<const Inventory> &inventory);
// How the step can be put back, from what is there now: to be asked before it runs, and after pinFor(). Into `how`.
// Documents that libvirt has are read anew for it. An error: something could not be read.
Result<> planUndoOf(const Step &step, const Draft &before, JobHost &host, JournalStep &how);
// After the step ran: what libvirt named by itself, and marks of what was made.
void noteMade(const Step &step, const Draft &before, JobHost &host, JournalStep &how);

// The document that the step writes as a whole: a snapshot's name, or empty for the machine's definition.
std::optional<QString> documentOf(const Step &step);
// The documents that the step names and may change, each as of documentOf(). What it changes beside them (the parent
// that children of a snapshot name) is in its undo.
QStringList documentsChangedBy(const Step &step);
Result<DocumentMark> markOfDocument(const JobHost &host, const DomainId &domain, const QString &snapshot);
// Each document that undoing the entry would write over, as it is now; without those that cannot be read.
std::vector<DocumentMark> documentsLeft(const JournalEntry &entry, const JobHost &host);

// Which step of an entry's undo a step of a plan is.
struct UndoOrigin
{
    size_t step = 0;
    size_t undo = 0; // in JournalStep::undo
};
// The steps that put back what the entry did, from its last step to its first, tried on a fresh reading and judged as
// any plan is. Block where something would be lost that the entry did not itself make: the machine has gone on, a file
// is not there, another has come to rely on one. What the entry made is not a loss: its snapshots, and files that
// nobody has written to since. `way` is "undo". Steps that are not done are left out; where a step that is done cannot
// be put back, the plan is a Block with the finding "not-undoable" (subject: the step's name). Nor is anything done
// where somebody has changed meanwhile what would be written over or relied upon: see docs/hazards.md. What of it was
// put back already is not done again.
Plan planUndo(const JournalEntry &entry, const std::shared_ptr<const Inventory> &inventory, const JobHost &host);
// The same for a job that has just failed: a machine that it forced off stays off, which keeps nothing else from being
// put back. `origins`: one for each step of the plan.
Plan planPutBack(const JournalEntry &entry, const std::shared_ptr<const Inventory> &inventory, const JobHost &host,
    std::vector<UndoOrigin> &origins);
// The entry with what the host shows of a step in whose middle the program ended, be it while it was put back; gives
// that step's number, -1: none.
Result<int> settleInterrupted(JournalEntry &entry, JobHost &host);
// Whether isDone() can tell a step that ended in the middle from one that ended.
bool isKnowable(StepKind kind);
// Whether all of these steps only put back documents, and files that are not there: which is harmless however far the
// step that they undo came.
bool isHarmless(const std::vector<Step> &undo);
// Whether the step would put back a file that was never removed, because what it undoes failed before it did that.
bool isStillThere(const Step &undo, const JobHost &host);
// Whether there is anything to put back of a step that failed in the middle, and doing that is harmless.
bool mayBeHalfDone(const JournalStep &step, const JobHost &host);
const Pin *pinNamed(const JournalEntry &entry, const QString &pinned); // null: none, or given up
// What play() says of a step, and for those of an undo what they do with documents and with the entry's pins.
Result<> playUndoStep(const JournalEntry &entry, const Step &step, Draft &draft);
// The words of the journal as an intent again; what cannot be understood gives nothing.
std::optional<Intent> intentFromWords(const DomainId &domain, const QStringList &words);

// Of a step of a backup: whether its point is the last of the chain's manifest, or not in it at all.
Result<bool> isLastBackup(const Step &step, const JobHost &host);

Result<XmlBefore> readXml(JobHost &host, const DomainId &domain);

} // namespace treewarden
