// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/jobhost.h"
#include "model/job/journal.h"

namespace treewarden {

// How long and how much is kept so that jobs can be undone.
struct PinLimits
{
    qint64 days = 30;
    Bytes bytes = 0; // in all; 0: no limit

    bool operator==(const PinLimits &) const = default;
};

// Bytes that a pin takes for itself: none while the file is still there by its own name too. Absent: the pin is gone.
Fact<Bytes> heldBy(const Pin &pin, const JobHost &host);
// The layer below a kept file of which nobody can ever say whether it is as it was when the file was kept (the time of
// a device's node says nothing of what is on it), so that the file is not put back over it; empty: there is none.
QString incomparableBelow(const Pin &pin);
// The history with what the host says of its pins: bytes that are held now, and no undo where one is gone, or could not
// be put back.
HistoryEntry toHistory(const JournalEntry &entry, const JobHost &host);

// Frees those pins of an entry that nothing is left to be undone with: all where it succeeded and cannot be undone, and
// those of files that are there where it did not succeed. For whoever holds the machine's lock.
void freeNeedless(Journal &journal, const JobHost &host, const JournalEntry &entry);
// Frees those of the step, which is done, where what they kept is in another file by now: nothing can be put back any
// more, and the next merge may need the space. Into the entry, too. For whoever holds the lock.
void freeMerged(Journal &journal, const JobHost &host, JournalEntry &entry, size_t step);
// Frees an entry's pins; it cannot be undone any more. An error: some could not be freed, and stay in the journal.
Result<> freePins(Journal &journal, const JobHost &host, const JournalEntry &entry);
// Frees what is older than the limits allow, and then the oldest until the rest fits. Entries that some process works
// on, and those without an outcome, keep theirs. Gives the number of entries that lost some.
Result<int> expirePins(Journal &journal, const JobHost &host, const PinLimits &limits, qint64 now /* ms since 1970 */);

} // namespace treewarden
