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

} // namespace

// What a later state of the draft has that is not as it was.
struct ClaimantIndex::Delta
{
    QSet<ImageId> images; // that came, went, or differ in more than their tags
    QSet<QString> names; // by which other images are found now, or none
    QSet<ImageId> views; // images that show something else
    QSet<ImageId> allTags; // images whose tags all do
    QHash<ImageId, QSet<QString>> tags; // single ones

    bool concerns(const Unit &unit) const
    {
        return std::any_of(unit.readings.begin(), unit.readings.end(), [&](const Reading &reading) {
            if (reading.tag.isEmpty())
                return views.contains(reading.image);
            const auto some = tags.constFind(reading.image);
            return allTags.contains(reading.image) || (some != tags.constEnd() && some->contains(reading.tag));
        }) || std::any_of(unit.images.begin(), unit.images.end(), [&](const ImageId &image) {
            return images.contains(image);
        }) || (!names.isEmpty() && std::any_of(unit.names.begin(), unit.names.end(), [&](const QString &name) {
            return names.contains(name);
        }));
    }
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
    if (!delta.images.isEmpty() || m_isRelianceOther)
        followStrays(draft);
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
    QSet<ImageId> moved; // that may show something else over what they showed it
    using Images = SharedMap<ImageId, std::shared_ptr<const DraftImage>>;
    Images::visitDifferences(m_images, draft.images(), [&](const ImageId &id, const auto *then, const auto *now) {
        if (then && now) {
            const DraftImage &before = **then;
            const DraftImage &after = **now;
            const bool isMoved = before.backing != after.backing || before.active != after.active;
            if (isMoved)
                moved.insert(id);
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
        if (then || !isMade(id))
            moved.insert(id);
        if (const Image *read = then ? draft.inventory().images->find(id) : nullptr) {
            for (const QString &name : read->otherNames)
                delta.names.insert(name);
        }
    });
    m_images = draft.images();
    if (moved.isEmpty())
        return delta;

    // Whatever lies on a changed one may show something else.
    QHash<ImageId, bool> isAbove;
    const auto climb = [&](const ImageId &from) {
        std::vector<ImageId> path;
        bool is = false;
        for (ImageId id = from; !id.isEmpty();) {
            const auto known = isAbove.constFind(id);
            if (known != isAbove.constEnd()) {
                is = *known;
                break;
            }
            path.push_back(id);
            if (moved.contains(id)) {
                is = true;
                break;
            }
            isAbove.insert(id, false); // ends a loop
            const DraftImage *image = draft.image(id);
            id = image ? image->backing : ImageId();
        }
        for (const ImageId &id : path)
            isAbove.insert(id, is);
        return is;
    };
    std::vector<std::pair<ImageId, View>> before;
    for (auto shown = m_shown.cbegin(); shown != m_shown.cend(); ++shown) {
        if (climb(shown.key()))
            before.emplace_back(shown.key(), shown->view);
    }
    for (const auto &[id, view] : before)
        m_shown.remove(id);
    for (const auto &[id, view] : before) {
        if (viewOf(draft, id) != view)
            delta.views.insert(id);
    }

    for (const auto &[id, image] : draft.images()) {
        if (delta.views.contains(image->backing))
            delta.allTags.insert(id);
    }
    return delta;
}

// Whether any unit may be, but for those that look for single tags.
bool ClaimantIndex::mayConcern(const Delta &delta) const
{
    const auto isSeen = [this](const ImageId &image) { return m_seen.contains(image); };
    const auto isSought = [this](const QString &name) { return m_sought.contains(name); };
    return std::any_of(delta.images.begin(), delta.images.end(), isSeen)
        || std::any_of(delta.views.begin(), delta.views.end(), isSeen)
        || std::any_of(delta.allTags.begin(), delta.allTags.end(), isSeen)
        || std::any_of(delta.names.begin(), delta.names.end(), isSought);
}

void ClaimantIndex::followMachine(UnitMaker &maker, const std::shared_ptr<const DraftDomain> &now, const Delta &delta)
{
    Machine machine = m_machines.value(now->uuid);
    const std::shared_ptr<const DraftDomain> then = std::exchange(machine.domain, now);
    const auto remake = [&](int place, const std::shared_ptr<const Snapshot> &snapshot) {
        const UnitPointer made = maker.makeSnapshot(*now, snapshot);
        exchange(machine.snapshots.value(place), made);
        machine.snapshots.insert(place, made);
    };
    const bool concernsAny = mayConcern(delta);
    const bool isOtherDefinition = !then || then->definition != now->definition;
    using Places = SharedMap<int, std::shared_ptr<const Snapshot>>;
    if (!then) {
        std::vector<std::pair<int, UnitPointer>> units;
        for (const auto &[place, snapshot] : now->snapshots.byPlace()) {
            units.emplace_back(place, maker.makeSnapshot(*now, snapshot));
            exchange(nullptr, units.back().second);
        }
        machine.snapshots = SharedMap<int, UnitPointer>(std::move(units));
    } else if (then != now) {
        Places::visitDifferences(
            then->snapshots.byPlace(), now->snapshots.byPlace(), [&](int place, const auto *, const auto *snapshot) {
                if (snapshot)
                    return remake(place, *snapshot);
                exchange(machine.snapshots.value(place), nullptr);
                machine.snapshots.remove(place);
            });
    }
    if (isOtherDefinition || then->persistentDefinition != now->persistentDefinition || then->memory != now->memory
        || then->savedMemory != now->savedMemory || (concernsAny && delta.concerns(*machine.own))) {
        const UnitPointer made = maker.makeMachine(*now);
        exchange(machine.own, made);
        machine.own = made;
    }
    if (concernsAny || (then && isOtherDefinition)) {
        const SharedMap<int, UnitPointer> units = machine.snapshots;
        for (const auto &[place, unit] : units) {
            if ((isOtherDefinition && unit->usesMachine) || delta.concerns(*unit))
                remake(place, unit->snapshot);
        }
    } else {
        // A tag is a snapshot's by its name.
        for (const QSet<QString> &names : delta.tags) {
            for (const QString &name : names) {
                const UnitPointer unit = machine.snapshots.value(now->snapshots.placeOf(name));
                if (unit && delta.concerns(*unit))
                    remake(now->snapshots.placeOf(name), unit->snapshot);
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
    for (const Image &read : draft.inventory().images->images()) {
        const DraftImage *image = draft.image(read.id);
        if (image && !image->backing.isEmpty() && !m_read.contains(read.id) && !m_named.contains(read.id))
            candidates.push_back(image);
    }
    if (candidates.empty())
        return;
    QSet<ImageId> relied;
    for (auto read = m_read.cbegin(); read != m_read.cend(); ++read) {
        for (const DraftImage *layer = draft.image(read.key()); layer && !relied.contains(layer->id);
             layer = draft.image(layer->backing))
            relied.insert(layer->id);
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

void ClaimantIndex::exchange(const UnitPointer &then, const UnitPointer &now)
{
    if (then) {
        for (const Claimant &claimant : then->claimants)
            m_changes.gone.emplace_back(claimant);
        count(*then, -1);
    }
    if (now) {
        m_changes.now.insert(m_changes.now.end(), now->claimants.begin(), now->claimants.end());
        count(*now, 1);
    }
}

void ClaimantIndex::count(const Unit &unit, int by)
{
    // Whether the first came, or the last went.
    const auto change = [by](auto &counts, const auto &key) {
        const auto entry = counts.find(key);
        if (entry == counts.end()) {
            counts.insert(key, by);
            return true;
        }
        if ((*entry += by) != 0)
            return false;
        counts.erase(entry);
        return true;
    };
    for (const Reading &reading : unit.readings) {
        change(m_seen, reading.image);
        if (reading.relies && change(m_read, reading.image))
            m_isRelianceOther = true;
    }
    for (const ImageId &id : unit.images)
        change(m_seen, id);
    for (const QString &name : unit.names)
        change(m_sought, name);
    for (const ImageId &id : unit.named) {
        if (change(m_named, id))
            m_isRelianceOther = true;
    }
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
