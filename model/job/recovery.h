// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/jobhost.h"
#include "model/job/task.h"

namespace treewarden {

class Journal;

// A job whose program ended in the middle: its intent stands in the journal, its outcome does not, and no process holds
// the machine's lock for it.
struct RecoveryItem
{
    // Its steps as the host shows them now: a step that was begun and never reported counts as done where its result is
    // there.
    HistoryEntry entry;
    // The step in whose middle the program ended; -1: between two steps.
    int interrupted = -1;
    // Whether all steps were done, so that there is nothing left but to say so.
    bool isComplete = false;
    // Whether what was done can be put back with no loss; else why not: the id of the guard's worst finding as the
    // subject, or what could not be read.
    bool canPutBack = false;
    Error whyNot;
};

// The jobs of the journal, the last one first, with what the host shows of those whose program ended in the middle.
// Without a host nothing is known of these. Blocks for a few looks.
Result<std::vector<HistoryEntry>> historyOf(const Journal &journal, const JobHost &host);

// Looks at the host for each entry of the journal that has no outcome and no living process. Blocks.
Result<std::vector<RecoveryItem>> findInterrupted(Journal &journal, const JobHost &host);

// Nothing is done: the entry gets the outcome that the host shows (Succeeded where all steps are done, else Failed with
// the code Cancelled), and is not found again. Busy where a process still works on it.
Result<> leaveAsItIs(Journal &journal, const JobHost &host, const QString &entry);

} // namespace treewarden
