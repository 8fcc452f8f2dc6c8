// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/nvramcopy.h"
#include "model/guard/claimants.h"
#include "model/guard/nvramcopies.h"

namespace treewarden {

// What a machine and each of its snapshots rely on in a draft; for ClaimantIndex alone.
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
                    addActive(unit, current, nvramTarget(), nvram);
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
                const DraftTag *tag = holder ? holder->tag(snapshot.name) : nullptr;
                unit.claimants.push_back({owner, Claimant::Where::Tag, disk.target, image,
                    tag ? m_draft.view(tag->content, m_index.viewOf(m_draft, holder->backing)) : View(0)});
                if (tag && tag->memory)
                    memory = tag->memory;
            }
        }
        if (snapshot.definition && snapshot.definition->nvram)
            unit.names += nvramCopyPath(snapshot);
        if (const DraftImage *copy = nvramCopyOf(m_draft, snapshot))
            addActive(unit, owner, nvramTarget(), copy->location);
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
    // The target of a claimant that is no disk's.
    static QString nvramTarget() { return QStringLiteral("nvram"); }

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

    ClaimantIndex &m_index;
    const Draft &m_draft;
};

} // namespace treewarden
