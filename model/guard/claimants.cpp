// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/claimants.h"

#include "model/domain/nvramcopy.h"
#include "model/guard/nvramcopies.h"

#include <algorithm>
#include <utility>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

const QString NvramTarget = u"nvram"_s; // the target of a claimant that is no disk's

// The names of tags that are not the same in both, by what lies between the ends that are.
QSet<QString> differentTags(const std::vector<DraftTag> &then, const std::vector<DraftTag> &now)
{
    const auto [firstThen, firstNow] = std::mismatch(then.begin(), then.end(), now.begin(), now.end());
    auto lastThen = then.end();
    auto lastNow = now.end();
    while (lastThen != firstThen && lastNow != firstNow && *std::prev(lastThen) == *std::prev(lastNow)) {
        --lastThen;
        --lastNow;
    }
    QSet<QString> names;
    std::for_each(firstThen, lastThen, [&](const DraftTag &tag) { names.insert(tag.name); });
    std::for_each(firstNow, lastNow, [&](const DraftTag &tag) { names.insert(tag.name); });
    return names;
}

} // namespace

// What a later state of the draft has that is not as it was.
struct ClaimantIndex::Delta
{
    QSet<ImageId> images; // that came, went, or differ in anything
    QSet<QString> names; // by which other images are found now, or none
    QSet<ImageId> views; // images that show something else
    QSet<ImageId> allTags; // images whose tags all do
    QHash<ImageId, QSet<QString>> tags; // single ones

    bool concerns(const Unit &unit) const
    {
        if (images.isEmpty())
            return false;
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

class ClaimantIndex::UnitMaker
{
public:
    UnitMaker(ClaimantIndex &index, const Draft &draft)
        : m_index(index)
        , m_draft(draft)
    {
    }

    UnitPointer makeMachine(const DraftDomain &domain)
    {
        Unit unit;
        const Owner current{OwnerKind::CurrentState, domain.uuid, domain.name, {}};
        if (domain.definition) {
            for (const Disk &disk : domain.definition->disks) {
                // What nobody writes through this machine is its file's owner's, and a missing CD is no loss.
                if (disk.device == DiskDevice::Disk || disk.device == DiskDevice::Lun)
                    addActive(unit, current, disk.target, disk.source.location);
            }
        }
        // What cannot be looked at is not changed either, and a missing one is made from its template.
        if (domain.definition && domain.definition->nvram) {
            const ImageLocation nvram{SourceKind::File, domain.definition->nvram->path};
            unit.names += nvram.name;
            if (const DraftImage *image = m_draft.imageAt(nvram)) {
                unit.images.push_back(image->id);
                if (image->isKnown)
                    addActive(unit, current, NvramTarget, nvram);
            }
        }
        if (domain.memory)
            unit.claimants.push_back({current, Claimant::Where::Memory, {}, {}, domain.memory});
        if (domain.savedMemory)
            unit.claimants.push_back({current, Claimant::Where::SavedState, {}, {}, domain.savedMemory});
        if (domain.persistentDefinition && domain.persistentDefinition != domain.definition) {
            for (const Disk &disk : domain.persistentDefinition->disks) {
                const Disk *same = domain.definition ? domain.definition->disk(disk.target) : nullptr;
                if (!same || same->source.location != disk.source.location)
                    addActive(unit, {OwnerKind::PersistentDefinition, domain.uuid, domain.name, {}}, disk.target,
                        disk.source.location);
            }
        }
        return std::make_shared<const Unit>(std::move(unit));
    }

    UnitPointer makeSnapshot(const DraftDomain &domain, const std::shared_ptr<const Snapshot> &shared)
    {
        const Snapshot &snapshot = *shared;
        Unit unit;
        unit.snapshot = shared;
        unit.usesMachine = !snapshot.definition;
        const Owner owner{OwnerKind::Snapshot, domain.uuid, domain.name, snapshot.name};
        const DomainDefinition *definition = snapshot.definition ? snapshot.definition.get() : domain.definition.get();
        View memory = 0;
        for (const SnapshotDisk &disk : snapshot.disks) {
            if (disk.kind == SnapshotDiskKind::External) {
                addActive(unit, owner, disk.target, frozenBy(unit, snapshot, disk));
            } else if (disk.kind == SnapshotDiskKind::Internal) {
                const Disk *source = definition ? definition->disk(disk.target) : nullptr;
                if (!source || source->source.location.isEmpty())
                    continue;
                const ImageId image = imageNamed(unit, source->source.location);
                unit.readings.push_back({image, snapshot.name});
                const DraftImage *holder = m_draft.image(image);
                const DraftTag *tag = holder ? tagOf(*holder, snapshot.name) : nullptr;
                unit.claimants.push_back({owner, Claimant::Where::Tag, disk.target, image,
                    tag ? m_draft.view(tag->content, m_index.viewOf(m_draft, holder->backing)) : View(0)});
                if (tag && tag->memory)
                    memory = tag->memory;
            }
        }
        if (snapshot.definition && snapshot.definition->nvram)
            unit.names += nvramCopyPath(snapshot);
        if (const DraftImage *copy = nvramCopyOf(m_draft, snapshot))
            addActive(unit, owner, NvramTarget, copy->location);
        if (snapshot.memory == MemoryKind::Internal) {
            unit.claimants.push_back({owner, Claimant::Where::Memory, {}, {}, memory});
        } else if (snapshot.memory == MemoryKind::External) {
            const ImageId file = imageNamed(unit, {SourceKind::File, snapshot.memoryFile});
            unit.readings.push_back({file, {}, false});
            unit.claimants.push_back({owner, Claimant::Where::Memory, {}, file, m_index.viewOf(m_draft, file)});
        }
        for (const auto *disks : {&snapshot.disks, &snapshot.revertDisks}) {
            for (const SnapshotDisk &disk : *disks) {
                if (!disk.overlay.location.isEmpty())
                    unit.named.push_back(imageNamed(unit, disk.overlay.location));
            }
        }
        return std::make_shared<const Unit>(std::move(unit));
    }

private:
    ImageId imageNamed(Unit &unit, const ImageLocation &location) const
    {
        unit.names += location.name;
        return m_draft.idAt(location);
    }

    void addActive(Unit &unit, const Owner &owner, const QString &target, const ImageLocation &location)
    {
        if (location.isEmpty())
            return;
        const ImageId image = imageNamed(unit, location);
        unit.readings.push_back({image, {}});
        unit.claimants.push_back({owner, Claimant::Where::Active, target, image, m_index.viewOf(m_draft, image)});
    }

    // Where libvirt recorded no definition, what lies below the overlay.
    ImageLocation frozenBy(Unit &unit, const Snapshot &snapshot, const SnapshotDisk &disk) const
    {
        const ImageLocation frozen = snapshot.frozen(disk.target).location;
        if (!frozen.isEmpty())
            return frozen;
        unit.names += disk.overlay.location.name;
        const DraftImage *overlay = m_draft.imageAt(disk.overlay.location);
        if (!overlay)
            return frozen;
        unit.images.push_back(overlay->id);
        unit.images.push_back(overlay->backing);
        const DraftImage *below = m_draft.image(overlay->backing);
        return below ? below->location : frozen;
    }

    // There may be thousands in one image, and as many that ask.
    const DraftTag *tagOf(const DraftImage &image, const QString &name)
    {
        Holder &holder = m_holders[image.id];
        if (++holder.asked < 16)
            return image.tag(name);
        if (holder.tags.isEmpty()) {
            // Of several with one name the first.
            for (auto tag = image.tags.rbegin(); tag != image.tags.rend(); ++tag)
                holder.tags.insert(tag->name, &*tag);
        }
        return holder.tags.value(name);
    }

    struct Holder
    {
        int asked = 0;
        QHash<QStringView, const DraftTag *> tags;
    };

    ClaimantIndex &m_index;
    const Draft &m_draft;
    QHash<ImageId, Holder> m_holders;
};

ClaimantIndex::ClaimantIndex(const Draft &draft)
{
    m_images = draft.images();
    UnitMaker maker(*this, draft);
    for (const auto &[id, domain] : draft.domains())
        followMachine(maker, domain, {});
    followStrays(draft);
    m_changes = {};
}

ClaimantIndex::Changes ClaimantIndex::follow(const Draft &draft)
{
    const Delta delta = deltaTo(draft);
    UnitMaker maker(*this, draft);
    for (const auto &[id, domain] : draft.domains())
        followMachine(maker, domain, delta);
    if (!delta.images.isEmpty() || !m_changes.now.empty() || !m_changes.gone.empty())
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
    qsizetype same = 0;
    for (const auto &image : draft.images()) {
        const auto then = m_images.constFind(image->id);
        if (then == m_images.constEnd())
            delta.names.insert(image->location.name);
        else
            ++same;
        if (then == m_images.constEnd() || *then != image)
            delta.images.insert(image->id);
    }
    if (same < m_images.size()) {
        for (const auto &image : std::as_const(m_images)) {
            if (draft.images().contains(image->id))
                continue;
            delta.images.insert(image->id);
            delta.names.insert(image->location.name);
            if (const Image *read = draft.inventory().images->find(image->id)) {
                for (const QString &name : read->otherNames)
                    delta.names.insert(name);
            }
        }
    }
    if (delta.images.isEmpty())
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
            if (delta.images.contains(id)) {
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

    for (const auto &image : draft.images()) {
        const auto then = m_images.constFind(image->id);
        if (then == m_images.constEnd() || (*then)->backing != image->backing || delta.views.contains(image->backing)) {
            delta.allTags.insert(image->id);
        } else if (*then != image) {
            const QSet<QString> names = differentTags((*then)->tags, image->tags);
            if (!names.isEmpty())
                delta.tags.insert(image->id, names);
        }
    }
    for (const ImageId &id : std::as_const(delta.images)) {
        if (!draft.image(id))
            delta.allTags.insert(id);
    }
    m_images = draft.images();
    return delta;
}

void ClaimantIndex::followMachine(UnitMaker &maker, const std::shared_ptr<const DraftDomain> &now, const Delta &delta)
{
    Machine &machine = m_machines[now->uuid];
    const std::shared_ptr<const DraftDomain> then = std::exchange(machine.domain, now);
    if (then != now || delta.concerns(*machine.own)) {
        const UnitPointer made = maker.makeMachine(*now);
        exchange(machine.own, made);
        machine.own = made;
    }
    const bool isOtherMachine = !then || then->definition != now->definition;
    const auto follow = [&](UnitPointer &unit) {
        if (!(isOtherMachine && unit->usesMachine) && !delta.concerns(*unit))
            return;
        const UnitPointer made = maker.makeSnapshot(*now, unit->snapshot);
        exchange(unit, made);
        unit = made;
    };
    std::vector<UnitPointer> &units = machine.snapshots;
    const auto &snapshots = now->snapshots;
    const auto isOf = [](const UnitPointer &unit, const auto &snapshot) { return unit->snapshot == snapshot; };
    // Of a long list a step changes a few.
    const auto [firstUnit, firstSnapshot]
        = std::mismatch(units.begin(), units.end(), snapshots.begin(), snapshots.end(), isOf);
    auto lastUnit = units.end();
    auto lastSnapshot = snapshots.end();
    while (lastUnit != firstUnit && lastSnapshot != firstSnapshot
        && isOf(*std::prev(lastUnit), *std::prev(lastSnapshot))) {
        --lastUnit;
        --lastSnapshot;
    }
    std::for_each(units.begin(), firstUnit, follow);
    std::for_each(lastUnit, units.end(), follow);
    QHash<const Snapshot *, UnitPointer> others;
    std::for_each(firstUnit, lastUnit, [&](const UnitPointer &unit) { others.insert(unit->snapshot.get(), unit); });
    std::vector<UnitPointer> between;
    std::for_each(firstSnapshot, lastSnapshot, [&](const std::shared_ptr<const Snapshot> &snapshot) {
        UnitPointer unit = others.take(snapshot.get());
        if (unit) {
            follow(unit);
        } else {
            unit = maker.makeSnapshot(*now, snapshot);
            exchange(nullptr, unit);
        }
        between.push_back(std::move(unit));
    });
    for (const UnitPointer &unit : std::as_const(others))
        exchange(unit, nullptr);
    if (std::distance(firstUnit, lastUnit) == qsizetype(between.size())) {
        std::move(between.begin(), between.end(), firstUnit);
    } else {
        const auto at = units.erase(firstUnit, lastUnit);
        units.insert(at, std::make_move_iterator(between.begin()), std::make_move_iterator(between.end()));
    }
}

// Another host's machine may run on it. What metadata of a snapshot here name is known to be what came after that.
void ClaimantIndex::followStrays(const Draft &draft)
{
    QSet<ImageId> relied;
    for (auto read = m_read.cbegin(); read != m_read.cend(); ++read) {
        for (const DraftImage *layer = draft.image(read.key()); layer && !relied.contains(layer->id);
             layer = draft.image(layer->backing))
            relied.insert(layer->id);
    }
    for (const Claimant &stray : m_strays)
        m_changes.gone.emplace_back(stray);
    m_strays.clear();
    for (const auto &image : draft.images()) {
        if (!image->backing.isEmpty() && !relied.contains(image->id) && !m_named.contains(image->id)
            && !isMade(image->id))
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
    const auto change = [by](QHash<ImageId, int> &counts, const ImageId &id) {
        const auto entry = counts.find(id);
        if (entry == counts.end())
            counts.insert(id, by);
        else if ((*entry += by) == 0)
            counts.erase(entry);
    };
    for (const Reading &reading : unit.readings) {
        if (reading.relies)
            change(m_read, reading.image);
    }
    for (const ImageId &id : unit.named)
        change(m_named, id);
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
