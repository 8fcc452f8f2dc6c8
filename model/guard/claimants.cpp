// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/claimants.h"

#include "model/guard/claimantunits.h"

#include <algorithm>
#include <utility>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// The names of tags that are not the same in both.
QSet<QString> differentTags(const NamedList<DraftTag> &then, const NamedList<DraftTag> &now)
{
    QSet<QString> names;
    SharedMap<int, DraftTag>::visitDifferences(
        then.byPlace(), now.byPlace(), [&](int, const DraftTag *before, const DraftTag *after) {
            for (const DraftTag *tag : {before, after}) {
                if (tag)
                    names.insert(tag->name);
            }
        });
    return names;
}

// A set of which the same is asked many times over, one time after the other.
template <typename T>
class Asked
{
public:
    explicit Asked(const QSet<T> &set)
        : m_set(set)
    {
    }
    bool contains(const T &one)
    {
        if (m_set.isEmpty())
            return false;
        if (!m_last || !(*m_last == one)) {
            m_isIn = m_set.contains(one);
            m_last = one;
        }
        return m_isIn;
    }

private:
    const QSet<T> &m_set;
    std::optional<T> m_last;
    bool m_isIn = false;
};

} // namespace

// What a later state of the draft has that is not as it was.
struct ClaimantIndex::Delta
{
    QSet<ImageId> images; // that came, went, or differ in more than their tags
    QSet<ImageId> moved; // those of them that may show something else over what they showed it
    bool isRelaid = false; // what lies on what is not as it was, but for what is only new
    QSet<QString> names; // by which other images are found now, or none
    QSet<ImageId> views; // images that show something else
    QSet<ImageId> allTags; // images whose tags all do
    QHash<ImageId, QSet<QString>> tags; // single ones
};

// Whether it concerns a unit; many of them look at one image. The delta outlives it.
class ClaimantIndex::Concern
{
public:
    explicit Concern(const Delta &delta)
        : m_delta(delta)
        , m_images(delta.images)
        , m_names(delta.names)
        , m_views(delta.views)
        , m_allTags(delta.allTags)
    {
    }
    bool is(const Unit &unit)
    {
        const auto isOtherReading = [this](const Reading &reading) {
            if (reading.tag.isEmpty())
                return m_views.contains(reading.image);
            if (m_allTags.contains(reading.image))
                return true;
            const auto some = m_delta.tags.constFind(reading.image);
            return some != m_delta.tags.constEnd() && some->contains(reading.tag);
        };
        return std::any_of(unit.readings.begin(), unit.readings.end(), isOtherReading)
            || std::any_of(unit.images.begin(), unit.images.end(),
                [this](const ImageId &image) { return m_images.contains(image); })
            || std::any_of(
                unit.names.begin(), unit.names.end(), [this](const QString &name) { return m_names.contains(name); });
    }

private:
    const Delta &m_delta;
    Asked<ImageId> m_images;
    Asked<QString> m_names;
    Asked<ImageId> m_views;
    Asked<ImageId> m_allTags;
};

ClaimantIndex::ClaimantIndex(const Draft &draft)
    : ClaimantIndex(draft.claimantsAtFirst() ? *draft.claimantsAtFirst() : madeAnew(draft))
{
    (void)follow(draft);
}

ClaimantIndex ClaimantIndex::madeAnew(const Draft &draft)
{
    ClaimantIndex made;
    made.m_images = draft.images();
    for (const Image &read : draft.inventory().images->images())
        made.m_loose.insert(read.id);
    UnitMaker maker(made, draft);
    for (const auto &[id, domain] : draft.domains())
        made.followMachine(maker, domain, {});
    made.followStrays(draft);
    made.m_changes = {};
    return made;
}

ClaimantIndex::Changes ClaimantIndex::follow(const Draft &draft)
{
    const Delta delta = deltaTo(draft);
    UnitMaker maker(*this, draft);
    for (const auto &[id, domain] : draft.domains())
        followMachine(maker, domain, delta);
    if (delta.isRelaid || m_isRelianceOther)
        followStrays(draft);
    else if (!delta.moved.isEmpty())
        followViewsOfStrays(draft);
    return std::exchange(m_changes, {});
}

std::vector<Claimant> ClaimantIndex::all() const
{
    std::vector<Claimant> found;
    visit([&](const Claimant &claimant) { found.push_back(claimant); });
    return found;
}

ClaimantIndex::Delta ClaimantIndex::deltaTo(const Draft &draft)
{
    Delta delta;
    using Images = SharedMap<ImageId, std::shared_ptr<const DraftImage>>;
    Images::visitDifferences(m_images, draft.images(), [&](const ImageId &id, const auto *then, const auto *now) {
        if (then && now) {
            const DraftImage &before = **then;
            const DraftImage &after = **now;
            const bool isMoved = before.backing != after.backing || before.active != after.active;
            if (isMoved)
                delta.moved.insert(id);
            delta.isRelaid = delta.isRelaid || before.backing != after.backing;
            if (isMoved || before.isKnown != after.isKnown)
                delta.images.insert(id);
            if (before.backing != after.backing)
                delta.allTags.insert(id);
            else if (const QSet<QString> names = differentTags(before.tags, after.tags); !names.isEmpty())
                delta.tags.insert(id, names);
            return;
        }
        delta.images.insert(id);
        delta.allTags.insert(id);
        delta.names.insert((then ? *then : *now)->location.name);
        // Nothing lay on what has just been made.
        if (then || !isMade(id)) {
            delta.moved.insert(id);
            delta.isRelaid = true;
        }
        if (const Image *read = then ? draft.inventory().images->find(id) : nullptr) {
            for (const QString &name : read->otherNames)
                delta.names.insert(name);
        }
    });
    m_images = draft.images();
    if (delta.moved.isEmpty())
        return delta;

    // Whatever lies on a changed one may show something else.
    const QHash<ImageId, Shown> before = std::exchange(m_shown, {});
    m_shown.reserve(before.size());
    for (auto shown = before.cbegin(); shown != before.cend(); ++shown) {
        if (viewOf(draft, shown.key()) != shown->view)
            delta.views.insert(shown.key());
    }
    for (const auto &[id, image] : draft.images()) {
        if (delta.views.contains(image->backing))
            delta.allTags.insert(id);
    }
    return delta;
}

// Whether any unit may be, but for single tags.
bool ClaimantIndex::mayConcern(const Delta &delta) const
{
    const auto isSeen = [this](const ImageId &image) {
        const Uses uses = m_uses.value(image);
        return uses.relying || uses.memory || uses.looking;
    };
    const auto isSought = [this](const QString &name) { return m_sought.contains(name); };
    return std::any_of(delta.images.begin(), delta.images.end(), isSeen)
        || std::any_of(delta.views.begin(), delta.views.end(), isSeen)
        || std::any_of(delta.allTags.begin(), delta.allTags.end(), isSeen)
        || std::any_of(delta.names.begin(), delta.names.end(), isSought);
}

// Those that look at nothing else.
bool ClaimantIndex::mayConcernTags(const Delta &delta) const
{
    return std::any_of(delta.allTags.begin(), delta.allTags.end(),
               [this](const ImageId &image) { return m_uses.value(image).tags > 0; })
        || std::any_of(delta.names.begin(), delta.names.end(),
            [this](const QString &name) { return m_sought.value(name).ofTags > 0; });
}

void ClaimantIndex::followMachine(UnitMaker &maker, const std::shared_ptr<const DraftDomain> &now, const Delta &delta)
{
    Machine machine = m_machines.value(now->uuid);
    const std::shared_ptr<const DraftDomain> then = std::exchange(machine.domain, now);
    const auto remake = [&](int place, const std::shared_ptr<const Snapshot> &snapshot) {
        const UnitPointer made = maker.makeSnapshot(*now, snapshot);
        const UnitPointer old = machine.snapshots.value(place);
        exchange(old, made);
        machine.snapshots.insert(place, made);
        if (!made->looksAtTagsAlone())
            machine.others.insert(place, made);
        else if (old && !old->looksAtTagsAlone())
            machine.others.remove(place);
    };
    const bool concernsAny = mayConcern(delta);
    Concern concern(delta);
    const bool isOtherDefinition = !then || then->definition != now->definition;
    using Places = SharedMap<int, std::shared_ptr<const Snapshot>>;
    if (!then) {
        std::vector<std::pair<int, UnitPointer>> units;
        std::vector<std::pair<int, UnitPointer>> others;
        for (const auto &[place, snapshot] : now->snapshots.byPlace()) {
            units.emplace_back(place, maker.makeSnapshot(*now, snapshot));
            exchange(nullptr, units.back().second);
            if (!units.back().second->looksAtTagsAlone())
                others.push_back(units.back());
        }
        machine.snapshots = SharedMap<int, UnitPointer>(std::move(units));
        machine.others = SharedMap<int, UnitPointer>(std::move(others));
    } else if (then != now) {
        Places::visitDifferences(
            then->snapshots.byPlace(), now->snapshots.byPlace(), [&](int place, const auto *, const auto *snapshot) {
                if (snapshot)
                    return remake(place, *snapshot);
                exchange(machine.snapshots.value(place), nullptr);
                machine.snapshots.remove(place);
                machine.others.remove(place);
            });
    }
    if (isOtherDefinition || then->persistentDefinition != now->persistentDefinition || then->memory != now->memory
        || then->savedMemory != now->savedMemory || (concernsAny && concern.is(*machine.own))) {
        const UnitPointer made = maker.makeMachine(*now);
        exchange(machine.own, made);
        machine.own = made;
    }
    const bool concernsTags = mayConcernTags(delta);
    const bool concernsOthers = concernsAny || (then && isOtherDefinition);
    if (concernsTags || concernsOthers) {
        const SharedMap<int, UnitPointer> units = concernsTags ? machine.snapshots : machine.others;
        for (const auto &[place, unit] : units) {
            if ((isOtherDefinition && unit->usesMachine) || concern.is(*unit))
                remake(place, unit->snapshot);
        }
    }
    if (!concernsTags) {
        // A tag is a snapshot's by its name.
        for (const QSet<QString> &names : delta.tags) {
            for (const QString &name : names) {
                const int place = now->snapshots.placeOf(name);
                const UnitPointer unit = machine.snapshots.value(place);
                if (unit && !(concernsOthers && machine.others.contains(place)) && concern.is(*unit))
                    remake(place, unit->snapshot);
            }
        }
    }
    m_machines.insert(now->uuid, std::move(machine));
}

// Another host's machine may run on it. What metadata of a snapshot here name is known to be what came after that.
void ClaimantIndex::followStrays(const Draft &draft)
{
    m_isRelianceOther = false;
    for (const Claimant &stray : m_strays)
        m_changes.gone.emplace_back(stray);
    m_strays.clear();
    // What a step made is none.
    std::vector<const DraftImage *> candidates;
    for (const ImageId &id : std::as_const(m_loose)) {
        const DraftImage *image = draft.image(id);
        if (image && !image->backing.isEmpty())
            candidates.push_back(image);
    }
    if (candidates.empty())
        return;
    QSet<ImageId> relied;
    for (auto uses = m_uses.cbegin(); uses != m_uses.cend(); ++uses) {
        if (uses->relying)
            addChain(uses.key(), draft, relied);
    }
    std::sort(
        candidates.begin(), candidates.end(), [](const DraftImage *a, const DraftImage *b) { return a->id < b->id; });
    for (const DraftImage *image : candidates) {
        if (!relied.contains(image->id))
            m_strays.push_back({{OwnerKind::Image, {}, {}, image->location.name}, Claimant::Where::Active, {},
                image->id, viewOf(draft, image->id)});
    }
    m_changes.now.insert(m_changes.now.end(), m_strays.begin(), m_strays.end());
}

// While they stay the same.
void ClaimantIndex::followViewsOfStrays(const Draft &draft)
{
    for (Claimant &stray : m_strays) {
        const View now = viewOf(draft, stray.image);
        if (now == std::exchange(stray.view, now))
            continue;
        m_changes.gone.emplace_back(stray);
        m_changes.now.push_back(stray);
    }
}

void ClaimantIndex::addChain(const ImageId &top, const Draft &draft, QSet<ImageId> &images) const
{
    for (const DraftImage *layer = draft.image(top); layer && !images.contains(layer->id);
         layer = draft.image(layer->backing))
        images.insert(layer->id);
}

void ClaimantIndex::exchange(const UnitPointer &then, const UnitPointer &now)
{
    // What both rely on is relied on all the time.
    if (now)
        count(*now, 1);
    if (then) {
        count(*then, -1);
        for (const Claimant &claimant : then->claimants)
            m_changes.gone.emplace_back(claimant);
    }
    if (now)
        m_changes.now.insert(m_changes.now.end(), now->claimants.begin(), now->claimants.end());
}

void ClaimantIndex::count(const Unit &unit, int by)
{
    const auto change = [&](const ImageId &id, int Uses::*use) {
        auto uses = m_uses.find(id);
        if (uses == m_uses.end())
            uses = m_uses.insert(id, {});
        const bool wasLoose = !uses->relying && !uses->naming;
        const bool wasUsed = (*uses).*use != 0;
        (*uses).*use += by;
        const bool isLoose = !uses->relying && !uses->naming;
        if ((use == &Uses::relying || use == &Uses::naming) && wasUsed != ((*uses).*use != 0))
            m_isRelianceOther = true;
        if (*uses == Uses())
            m_uses.erase(uses);
        if (wasLoose && !isLoose)
            m_loose.remove(id);
        else if (isLoose && !wasLoose && !isMade(id))
            m_loose.insert(id);
    };
    const bool isOfTags = unit.looksAtTagsAlone();
    for (const Reading &reading : unit.readings) {
        change(reading.image, reading.relies ? &Uses::relying : &Uses::memory);
        if (isOfTags)
            change(reading.image, &Uses::tags);
    }
    for (const ImageId &id : unit.images)
        change(id, &Uses::looking);
    for (const ImageId &id : unit.named)
        change(id, &Uses::naming);
    for (const QString &name : unit.names) {
        Seekers &seekers = m_sought[name];
        seekers.all += by;
        seekers.ofTags += isOfTags ? by : 0;
        if (seekers.all == 0)
            m_sought.remove(name);
    }
}

std::optional<ClaimantIndex::Found> ClaimantIndex::find(const ClaimantKey &key) const
{
    Place place;
    place.isStray = key.kind == OwnerKind::Image;
    const std::vector<Claimant> *among = nullptr;
    if (place.isStray) {
        among = &m_strays;
    } else if (const Machine *machine = m_machines.find(DomainId(key.domain))) {
        place.machine = DomainId(key.domain);
        if (key.kind == OwnerKind::Snapshot)
            place.snapshot = machine->domain->snapshots.placeOf(key.name);
        const UnitPointer *unit
            = key.kind == OwnerKind::Snapshot ? machine->snapshots.find(place.snapshot) : &machine->own;
        among = unit ? &(*unit)->claimants : nullptr;
    }
    for (auto each = among ? among->rbegin() : std::vector<Claimant>::const_reverse_iterator();
         among && each != among->rend(); ++each) {
        if (!key.isOf(*each))
            continue;
        place.number = among->rend() - each;
        return Found{*each, place};
    }
    return {};
}

bool ClaimantIndex::isRead(const ImageId &image) const
{
    const Uses uses = m_uses.value(image);
    return uses.relying || uses.memory
        || std::any_of(m_strays.begin(), m_strays.end(), [&](const Claimant &stray) { return stray.image == image; });
}

QSet<ImageId> ClaimantIndex::reliedOn(const Draft &draft, const ClaimantIndex &atFirst) const
{
    QSet<ImageId> relied;
    for (auto uses = m_uses.cbegin(); uses != m_uses.cend(); ++uses) {
        if (uses->relying || uses->memory)
            addChain(uses.key(), draft, relied);
    }
    for (const Claimant &stray : m_strays) {
        const bool wasOne = std::any_of(atFirst.m_strays.begin(), atFirst.m_strays.end(),
            [&](const Claimant &then) { return then.image == stray.image; });
        if (wasOne)
            addChain(stray.image, draft, relied);
    }
    return relied;
}

// A draft looks so deep and no deeper, which is also where a loop ends.
View ClaimantIndex::viewOf(const Draft &draft, const ImageId &id)
{
    constexpr int Deepest = ImageGraph::MaximumDepth;
    std::vector<const DraftImage *> layers;
    Shown shown;
    for (const DraftImage *layer = draft.image(id); layer; layer = draft.image(layer->backing)) {
        const auto known = m_shown.constFind(layer->id);
        if (known != m_shown.constEnd()) {
            shown = *known;
            break;
        }
        layers.push_back(layer);
        if (int(layers.size()) > Deepest)
            return m_shown.insert(id, {draft.view(id), Deepest})->view;
    }
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
        shown.depth = std::min(shown.depth + 1, Deepest);
        shown.view = shown.depth < Deepest ? draft.view((*layer)->active, shown.view) : draft.view((*layer)->id);
        m_shown.insert((*layer)->id, shown);
    }
    return shown.view;
}

std::vector<Claimant> claimants(const Draft &draft)
{
    return ClaimantIndex(draft).all();
}

} // namespace treewarden
