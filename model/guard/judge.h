// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/bitmapclaims.h"
#include "model/guard/claimants.h"
#include "model/guard/distinct.h"
#include "model/guard/finding.h"

#include <optional>

namespace treewarden {

// What an intent is about to give up.
struct Declared
{
    DomainId domain = {};
    bool currentState = false; // with the memory
    bool memory = false; // that alone
    bool savedState = false;
    QSet<QString> snapshots = {};
    bool snapshotMemory = false; // what was saved with this machine's snapshots
    QSet<QString> checkpoints = {}; // with their bitmaps
    QSet<QString> images = {}; // paths of overlays of nobody, whose loss whoever declares it shows by himself
};

// Plays judge over a plan: shown the host before and after each step, it says what is lost to whom. Rule: an owner
// that reads other bytes than before, or none, has lost his. Where the intent declared that, it is a Loss (and kept
// where another owner reads the same in the end); where it did not, a Block. Findings:
//
// id                       severity  subject                  arguments
// state-lost               Block     owner's name             "snapshot" | "machine" | "next-start" | "image", disk
//                                                             target or empty for memory, path
// damaged-state-changes    Confirm   snapshot                 disk target, path: the machine has written into what it
//                                                             froze already, so what it shows is not what it was
// frozen-would-be-written  Block     owner's name             as state-lost: the machine would write into what the
//                                                             owner relies on, with its next start at the latest
// snapshot-lost            Confirm   snapshot                 declared, and kept nowhere else; so are the next four
// snapshot-memory-lost     Confirm   snapshot
// current-state-lost       Confirm   machine
// memory-lost              Confirm   machine
// saved-state-lost         Confirm   machine
// bitmaps-lost             Confirm   machine                  checkpoints, and bitmaps that are nobody's, that are of
// no
//                                                             use afterwards (Block: another machine's)
// not-verified             Block     what is unknown          a word of Inventory::unknown (Warn: nothing goes)
// file-missing             Block     path                     of what the machine relies on, where something goes
// users-unknown            Block     machine                  path: another machine could not be read, and may rely on
//                                                             a file that changes (Warn: no file does)
class Judge
{
public:
    Judge(const Draft &before, Declared declared);

    // `step` counts from 0; a step may be shown several times.
    void look(const Draft &after, int step);
    // Whether finish() would find a Block; to be called with what was last looked at.
    bool isBlocked(const Draft &end) const;
    // To be called once, last, with what was last looked at.
    void finish(const Draft &end);

    const ClaimantIndex &claimants() const { return m_claimants; } // as they were at the last look
    const ClaimantIndex &claimantsAtFirst() const { return m_first; }
    const std::vector<Finding> &findings() const { return m_findings.all(); }
    const std::vector<Loss> &losses() const { return m_losses.all(); }

private:
    // One that a step has come near to: all others read what they read at first.
    struct Watched
    {
        bool isNew = false; // a step made it
        ClaimantIndex::Place place; // at first, of all others
        Claimant claimant;
        std::optional<View> now; // none: it is not there
        bool inDoubt = false; // its machine writes into it already
        bool lost = false;
    };
    struct Lost
    {
        Claimant claimant;
        int step = 0;
    };

    Watched *watched(const ClaimantKey &key); // null: no such one is known
    void note(const Claimant &claimant);
    bool isDeclared(const Claimant &claimant) const;
    void lose(Watched &watched, const Draft &after, int step);
    void find(const QString &id, Verdict severity, const Claimant &claimant, const Draft &draft);
    std::vector<Claimant> newlyWritten(const Draft &end) const;
    std::vector<Finding> notKnown(const Draft &end) const;
    void settleLosses();
    std::vector<Finding> lostBitmaps(const Draft &end) const;

    Draft m_before;
    Declared m_declared;
    ClaimantIndex m_first;
    ClaimantIndex m_claimants;
    std::vector<BitmapClaim> m_bitmaps;
    std::vector<Watched> m_watched; // in the order in which steps came near to them
    QHash<ClaimantKey, size_t> m_places; // in m_watched
    std::vector<size_t> m_excused; // places of those that read something else, or are gone, and have lost nothing
    QHash<ClaimantKey, ImageId> m_written; // what of a claimant's chain a machine writes into already
    QSet<std::pair<DomainId, ImageId>> m_writtenBelow; // what those of a machine rely on that is written
    QSet<ImageId> m_relied; // what the machine relied on, whole chains, and what a step has made for it
    std::vector<Finding> m_unsure; // of these: the missing and the unknown, each a Block where something goes
    std::vector<Lost> m_lost;
    std::vector<std::pair<int, View>> m_seen; // what new owners read, and since which step
    Distinct<Finding> m_findings;
    Distinct<Loss> m_losses;
};

} // namespace treewarden
