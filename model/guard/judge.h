// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/claims.h"
#include "model/guard/draft.h"
#include "model/guard/finding.h"

#include <QSet>

namespace treewarden {

// Somebody who relies on bytes, and what he reads where. One for each disk of an owner, and one for memory.
struct Claimant
{
    enum class Where {
        Active, // of an image
        Tag, // of an image, named as the snapshot
        Memory, // of a running machine, in a tag or in a file
        SavedState, // a managed save
    };
    Owner owner;
    Where where = Where::Active;
    QString target; // the disk, or "nvram"; empty for memory
    ImageId image;
    View view = 0;

    bool isSameAs(const Claimant &other) const
    {
        return owner == other.owner && where == other.where && target == other.target;
    }
};
// What makes a claimant the same one before and after. A snapshot's disk is the same in a tag and in a file of its own.
struct ClaimantKey
{
    explicit ClaimantKey(const Claimant &claimant)
        : kind(claimant.owner.kind)
        , where(claimant.where == Claimant::Where::Tag ? Claimant::Where::Active : claimant.where)
        , domain(claimant.owner.domain.value)
        , name(claimant.owner.name)
        , target(claimant.target)
    {
    }
    OwnerKind kind;
    Claimant::Where where;
    QString domain;
    QString name;
    QString target;

    bool operator==(const ClaimantKey &) const = default;
    friend size_t qHash(const ClaimantKey &key, size_t seed = 0)
    {
        return qHashMulti(seed, int(key.kind), int(key.where), key.domain, key.name, key.target);
    }
};

// All of them: current states, persistent definitions that differ, snapshots with their memory, managed saves, and
// overlays that no machine relies on.
std::vector<Claimant> claimants(const Draft &draft);

// What an intent is about to give up.
struct Declared
{
    DomainId domain = {};
    bool currentState = false; // with the memory
    bool memory = false; // that alone
    bool savedState = false;
    QSet<QString> snapshots = {};
    bool snapshotMemory = false; // what was saved with this machine's snapshots
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
    // To be called once, last.
    void finish(const Draft &end);

    const std::vector<Finding> &findings() const { return m_findings; }
    const std::vector<Loss> &losses() const { return m_losses; }

private:
    struct Watched
    {
        Claimant claimant;
        bool inDoubt = false; // its machine writes into it already
        bool lost = false;
    };
    struct Lost
    {
        Claimant claimant;
        int step = 0;
    };

    bool isDeclared(const Claimant &claimant) const;
    void lose(Watched &watched, const Draft &after, int step);
    void find(const QString &id, Verdict severity, const Claimant &claimant, const Draft &draft);
    void checkWriters(const Draft &end);
    void checkKnowledge(const Draft &end);
    void settleLosses(const Draft &end);
    void settleBitmaps(const Draft &end);
    static size_t changesOf(const Draft &draft);
    const std::vector<Claimant> &latest(const Draft &end);

    Draft m_before;
    Declared m_declared;
    std::vector<Watched> m_watched;
    QHash<ClaimantKey, ImageId> m_written; // what of a claimant's chain a machine writes into already
    QSet<std::pair<DomainId, ImageId>> m_writtenBelow; // what those of a machine rely on that is written
    std::vector<Lost> m_lost;
    std::vector<std::pair<int, View>> m_seen; // what new owners read, and since which step
    std::vector<Claimant> m_latest;
    size_t m_latestChanges = 0;
    std::vector<Finding> m_findings;
    std::vector<Loss> m_losses;
};

} // namespace treewarden
