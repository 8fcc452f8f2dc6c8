// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/claims.h"
#include "model/guard/draft.h"

#include <QSet>

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

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

    bool isOf(const Claimant &claimant) const
    {
        const bool isTag = claimant.where == Claimant::Where::Tag;
        return claimant.target == target && (isTag ? Claimant::Where::Active : claimant.where) == where
            && claimant.owner.kind == kind && claimant.owner.name == name && claimant.owner.domain.value == domain;
    }
    bool operator==(const ClaimantKey &) const = default;
    friend size_t qHash(const ClaimantKey &key, size_t seed = 0)
    {
        return qHashMulti(seed, int(key.kind), int(key.where), key.domain, key.name, key.target);
    }
};

// All of them: current states, persistent definitions that differ, snapshots with their memory, managed saves, and
// overlays that no machine relies on.
std::vector<Claimant> claimants(const Draft &draft);

// The same, kept from one step to the next: what a step does not touch is not looked at again, so that a plan of a
// thousand steps on a thousand snapshots can be judged. Copying is cheap.
class ClaimantIndex
{
public:
    explicit ClaimantIndex(const Draft &draft); // goes on from those that it had at first
    static ClaimantIndex madeAnew(const Draft &draft);

    struct Changes
    {
        std::vector<Claimant> now; // that came, or read something else than before
        std::vector<ClaimantKey> gone;
    };
    // Goes on to a later state of the draft that it was made of.
    Changes follow(const Draft &draft);
    std::vector<Claimant> all() const;
    template <typename Visit>
    void visit(Visit visit) const
    {
        for (const auto &[id, machine] : m_machines)
            visitMachine(machine, visit);
        std::for_each(m_strays.begin(), m_strays.end(), visit);
    }
    // Those of one machine.
    template <typename Visit>
    void visit(const DomainId &id, Visit visit) const
    {
        if (const Machine *machine = m_machines.find(id))
            visitMachine(*machine, visit);
    }
    // Where one stands in the order of all.
    struct Place
    {
        bool isStray = false;
        DomainId machine;
        int snapshot = -1; // its place in the list; -1: the machine itself
        qsizetype number = 0;

        bool operator<(const Place &other) const
        {
            return std::tie(isStray, machine, snapshot, number)
                < std::tie(other.isStray, other.machine, other.snapshot, other.number);
        }
    };
    struct Found
    {
        Claimant claimant;
        Place place;
    };
    std::optional<Found> find(const ClaimantKey &key) const;

    // Whether anybody reads the image itself, be it as an overlay of nobody.
    bool isRead(const ImageId &image) const;
    // The images that anybody relies on, whole chains; the draft is the one that it last followed. An overlay of nobody
    // counts only where it was one at first already: then another host may run on it; else it has just been left.
    QSet<ImageId> reliedOn(const Draft &draft, const ClaimantIndex &atFirst) const;

private:
    // What one looks for. An image that is named may be another one later, or none.
    struct Reading
    {
        ImageId image;
        QString tag; // empty: its active contents
        bool relies = true; // on the layers below as well; a file of saved memory has none
    };
    struct Shown
    {
        View view = 0;
        int depth = 0; // of the chain; 0: there is no such image
    };
    // A machine with its memory, or one snapshot: what it reads, and all that this follows from.
    struct Unit
    {
        std::shared_ptr<const Snapshot> snapshot; // null: the machine itself
        bool usesMachine = false; // the snapshot has no definition of its own
        std::vector<Claimant> claimants;
        std::vector<Reading> readings;
        std::vector<ImageId> images; // looked at otherwise than for what they show
        QStringList names; // of files, which images were found by
        std::vector<ImageId> named; // overlays that came after it

        // As those of internal snapshots, of which there may be very many.
        bool looksAtTagsAlone() const
        {
            return !usesMachine && images.empty()
                && std::all_of(
                    readings.begin(), readings.end(), [](const Reading &each) { return !each.tag.isEmpty(); });
        }
    };
    using UnitPointer = std::shared_ptr<const Unit>;
    struct Machine
    {
        std::shared_ptr<const DraftDomain> domain;
        UnitPointer own;
        SharedMap<int, UnitPointer> snapshots; // by their places in the domain's list
        SharedMap<int, UnitPointer> others; // those of them that look at more than tags of their own disks
    };
    // How many units there are that do this with an image.
    struct Uses
    {
        int relying = 0; // on what it shows, and so on the layers below
        int memory = 0; // they have theirs in it
        int naming = 0; // it came after them
        int looking = 0; // for anything else
        int tags = 0; // they look at nothing but tags

        bool operator==(const Uses &) const = default;
    };
    // That look for an image by a name.
    struct Seekers
    {
        int all = 0;
        int ofTags = 0; // which look at nothing else
    };
    struct Delta;
    class Concern;
    class UnitMaker;

    Delta deltaTo(const Draft &draft);
    ClaimantIndex() = default;
    bool mayConcern(const Delta &delta) const;
    bool mayConcernTags(const Delta &delta) const;
    void followMachine(UnitMaker &maker, const std::shared_ptr<const DraftDomain> &now, const Delta &delta);
    void followStrays(const Draft &draft);
    void followViewsOfStrays(const Draft &draft);
    void addChain(const ImageId &top, const Draft &draft, QSet<ImageId> &images) const;
    template <typename Visit>
    static void visitMachine(const Machine &machine, Visit &visit)
    {
        std::for_each(machine.own->claimants.begin(), machine.own->claimants.end(), std::ref(visit));
        for (const auto &[place, unit] : machine.snapshots)
            std::for_each(unit->claimants.begin(), unit->claimants.end(), std::ref(visit));
    }
    void exchange(const UnitPointer &then, const UnitPointer &now);
    void count(const Unit &unit, int by);
    View viewOf(const Draft &draft, const ImageId &image);

    SharedMap<ImageId, std::shared_ptr<const DraftImage>> m_images; // as they were when it last followed
    QHash<ImageId, Shown> m_shown; // by those that anybody asked for
    SharedMap<DomainId, Machine> m_machines;
    std::vector<Claimant> m_strays; // overlays of nobody
    QHash<ImageId, Uses> m_uses;
    QHash<QString, Seekers> m_sought;
    QSet<ImageId> m_loose; // images that no unit relies on or names, and no step made
    bool m_isRelianceOther = true; // since the strays were last looked for
    Changes m_changes; // of the follow() that is under way
};

} // namespace treewarden
