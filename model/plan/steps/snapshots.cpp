// SPDX-License-Identifier: GPL-3.0-or-later
// libvirt's own snapshot calls (qemu_snapshot.c), with what this host's version makes of them.
#include "model/guard/libvirtbehaviour.h"
#include "model/guard/material.h"
#include "model/plan/steps/steps.h"

#include <algorithm>

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

using Behaviour = LibvirtBehaviour;

Result<> create(const Step &step, const DraftDomain &domain, Draft &draft)
{
    if (domain.snapshot(step.name))
        return refuses(u"name-taken"_s, step.name);
    const bool isOn = isActive(domain.state);
    const bool isExternal = step.has(Step::IsExternal);
    Snapshot made;
    made.name = step.name;
    made.parent = domain.current;
    made.description = step.text;
    made.definition = domain.definition;
    const bool keepsMemory = step.has(Step::KeepMemory);
    made.state = !isOn                        ? SnapshotState::ShutOff
        : isExternal && !keepsMemory          ? SnapshotState::DiskSnapshot
        : domain.state == DomainState::Paused ? SnapshotState::Paused
                                              : SnapshotState::Running;
    const DomainId id = domain.uuid;
    if (!isExternal) {
        bool isFirst = true;
        for (const Disk &disk : domain.definition->disks) {
            if (!disk.isWritten()) // no part of a snapshot
                continue;
            const DraftImage *image = draft.imageAt(disk.source.location);
            if (!image)
                return refuses(u"file-missing"_s, disk.source.location.name);
            if (image->isKnown && image->format != "qcow2"_L1)
                return refuses(u"format-without-tags"_s, disk.target);
            // Taken again it would stand twice, and nobody could say which one is meant.
            if (image->tag(step.name))
                return refuses(u"tag-exists"_s, step.name);
            // The first disk that can holds the memory.
            const bool holdsMemory = isOn && isFirst;
            draft.addTag(
                image->id, step.name, holdsMemory ? domain.memory : 0, holdsMemory ? domain.definition->memory : 0);
            made.disks.push_back({disk.target, SnapshotDiskKind::Internal, {}, false});
            isFirst = false;
        }
        if (isFirst)
            return refuses(u"nothing-to-keep"_s, domain.name);
        made.memory = isOn ? MemoryKind::Internal : MemoryKind::None;
        draft.addSnapshot(id, made, true);
        return {};
    }
    const auto before = domain.definition;
    const View memory = domain.memory;
    if (keepsMemory) {
        if (!isOn)
            return refuses(u"machine-off"_s, domain.name);
        if (draft.imageAt({SourceKind::File, step.path}))
            return refuses(u"target-exists"_s, step.path);
        draft.createFile(step.path, SavedMemoryFormat, memory);
        made.memory = MemoryKind::External;
        made.memoryFile = step.path;
    }
    for (const StepDisk &disk : step.disks) {
        const DraftImage *image = imageOf(draft, *before, disk.target);
        if (!image)
            return refuses(u"file-missing"_s, disk.target);
        if (draft.imageAt({SourceKind::File, disk.path}))
            return refuses(u"target-exists"_s, disk.path);
        draft.createOverlay(disk.path, image->id);
        made.disks.push_back(
            {disk.target, SnapshotDiskKind::External, {{SourceKind::File, disk.path}, u"qcow2"_s, {}}, false});
    }
    if (made.disks.empty())
        return refuses(u"nothing-to-keep"_s, domain.name);
    std::vector<StepDisk> next = step.disks;
    for (StepDisk &disk : next)
        disk.format = u"qcow2"_s;
    draft.define(id, withDisks(*before, next));
    draft.addSnapshot(id, made, true);
    return {};
}

void arrive(const Step &step, const Snapshot &snapshot, View memory, Draft &draft)
{
    const bool ran = snapshot.state == SnapshotState::Running || snapshot.state == SnapshotState::Paused
        || snapshot.state == SnapshotState::Blocked;
    if ((ran && snapshot.memory != MemoryKind::None) || step.has(Step::StartAfter) || step.has(Step::PauseAfter)) {
        draft.start(step.domain, memory);
        const bool isPaused
            = step.has(Step::PauseAfter) || (snapshot.state == SnapshotState::Paused && !step.has(Step::StartAfter));
        draft.setState(step.domain, isPaused ? DomainState::Paused : DomainState::Running);
    }
}

Result<> revertInternal(const Step &step, const DraftDomain &domain, const Snapshot &snapshot, Draft &draft)
{
    const Behaviour behaviour(draft.host());
    if (!behaviour.revertsInternalWithMemory() && (snapshot.memory != MemoryKind::None || isActive(domain.state)))
        return refuses(u"revert-broken-here"_s, snapshot.name);
    const auto definition = snapshot.definition ? snapshot.definition : domain.definition;
    struct Part
    {
        ImageId image;
        Content content;
    };
    std::vector<Part> parts;
    View memory = 0;
    for (const SnapshotDisk &disk : snapshot.disks) {
        if (disk.kind != SnapshotDiskKind::Internal)
            continue;
        const DraftImage *image = imageOf(draft, *definition, disk.target);
        if (!image)
            return refuses(u"file-missing"_s, disk.target);
        const DraftTag *tag = image->tag(snapshot.name);
        if (!tag)
            return refuses(u"tag-missing"_s, snapshot.name);
        // QEMU: "Device has active dirty bitmaps"; a running machine is left shut off by the failure.
        if (!image->bitmaps.empty())
            return refuses(u"bitmaps-forbid-revert"_s, image->location.name);
        if (tag->memory)
            memory = tag->memory;
        parts.push_back({image->id, tag->content});
    }
    if (parts.empty())
        return refuses(u"tag-missing"_s, snapshot.name);
    const DomainId id = domain.uuid;
    if (isActive(domain.state))
        draft.stop(id, false);
    for (const Part &part : parts)
        draft.write(part.image, part.content);
    draft.define(id, definition);
    draft.makeCurrent(id, step.name);
    arrive(step, snapshot, memory, draft);
    return {};
}

Result<> revertExternal(const Step &step, const DraftDomain &domain, const Snapshot &snapshot, Draft &draft)
{
    const Behaviour behaviour(draft.host());
    if (!behaviour.revertsExternal())
        return refuses(u"libvirt-cannot-revert-external"_s, snapshot.name);
    if (snapshot.state == SnapshotState::DiskSnapshot && behaviour.revertsDiskSnapshot() != Behaviour::Answer::Yes)
        return refuses(u"libvirt-cannot-revert-disk-snapshot"_s, snapshot.name);
    if (!snapshot.definition)
        return refuses(u"definition-missing"_s, snapshot.name);
    if (std::any_of(snapshot.disks.begin(), snapshot.disks.end(),
            [](const SnapshotDisk &disk) { return disk.deleteInProgress; }))
        return refuses(u"delete-in-progress"_s, snapshot.name);
    View memory = 0;
    if (snapshot.memory == MemoryKind::External) {
        const DraftImage *file = draft.imageAt({SourceKind::File, snapshot.memoryFile});
        if (!file)
            return refuses(u"memory-file-missing"_s, snapshot.memoryFile);
        memory = draft.view(file->id);
    }
    // What libvirt unlinks: the overlays that it made on reverting to the current snapshot, else those of the current
    // snapshot, whether the machine runs on them or not.
    std::vector<ImageId> victims;
    const Snapshot *current = domain.snapshot(domain.current);
    if (current && current->kind() == SnapshotKind::External) {
        for (const SnapshotDisk &disk : current->revertDisks.empty() ? current->disks : current->revertDisks) {
            if (const DraftImage *image = draft.imageAt(disk.overlay.location))
                victims.push_back(image->id);
        }
    }
    struct Part
    {
        QString target;
        ImageId frozen;
    };
    std::vector<Part> parts;
    for (const SnapshotDisk &disk : snapshot.disks) {
        if (disk.kind != SnapshotDiskKind::External)
            continue;
        const DraftImage *frozen = imageOf(draft, *snapshot.definition, disk.target);
        if (!frozen)
            return refuses(u"file-missing"_s, snapshot.frozen(disk.target).location.name);
        parts.push_back({disk.target, frozen->id});
    }
    // The daemon looks up what the current one made, and ends with a segmentation fault where there is none: when the
    // machine is stopped and its disks are new ones already, and nothing of it is in libvirt's metadata (seen with
    // 11.3; src/qemu/qemu_snapshot.c, qemuSnapshotRevertExternalFinish).
    if (!current)
        return refuses(u"no-current-snapshot"_s, snapshot.name);
    const DomainId id = domain.uuid;
    Snapshot changed = snapshot;
    const auto definition = snapshot.definition;
    const bool isLeaf = domain.children(snapshot.name).empty();
    if (isActive(domain.state))
        draft.stop(id, false);
    std::vector<StepDisk> disks;
    std::vector<SnapshotDisk> made;
    for (const Part &part : parts) {
        // libvirt's name ends in the second of the revert.
        const QString path = u"%1 (%2)"_s.arg(draft.image(part.frozen)->location.name, part.target);
        // Without memory qemu-img makes it, before which the machine is stopped: see ofCreation() for what goes wrong
        // (src/qemu/qemu_snapshot.c, qemuSnapshotCreateQcow2Files).
        if (!memory && path.contains(u','))
            return refuses(u"comma-in-path"_s, path);
        draft.createOverlay(path, part.frozen, false);
        disks.push_back({part.target, path, {}, u"qcow2"_s});
        made.push_back({part.target, SnapshotDiskKind::External, {{SourceKind::File, path}, u"qcow2"_s, {}}, false});
    }
    draft.define(id, withDisks(*definition, disks));
    draft.makeCurrent(id, step.name);
    changed.revertDisks = std::move(made);
    if (isLeaf)
        settleRevertDisks(changed);
    draft.changeSnapshot(id, step.name, changed);
    for (const ImageId &victim : victims)
        draft.remove(victim);
    arrive(step, changed, memory, draft);
    return {};
}

Result<> deleteInternal(const DraftDomain &domain, const Snapshot &snapshot, Draft &draft)
{
    const auto definition = snapshot.definition ? snapshot.definition : domain.definition;
    for (const SnapshotDisk &disk : snapshot.disks) {
        if (disk.kind != SnapshotDiskKind::Internal)
            continue;
        const DraftImage *image = imageOf(draft, *definition, disk.target);
        if (isActive(domain.state) && image != imageOf(draft, *domain.definition, disk.target))
            return refuses(u"tag-below-running-machine"_s, snapshot.name);
        // A tag that is gone already libvirt passes over.
        if (image && image->tag(snapshot.name))
            draft.removeTag(image->id, snapshot.name);
    }
    draft.forgetSnapshot(domain.uuid, snapshot.name);
    return {};
}

// Of the disk in the nearest snapshot above that has it.
SnapshotDiskKind kindAbove(const DraftDomain &domain, const Snapshot &snapshot, const QString &target)
{
    QSet<QString> seen; // parents may lead back
    for (const Snapshot *above = domain.snapshot(snapshot.parent); above && !seen.contains(above->name);
         above = domain.snapshot(above->parent)) {
        seen.insert(above->name);
        for (const SnapshotDisk &disk : above->disks) {
            if (disk.target == target && disk.kind != SnapshotDiskKind::None)
                return disk.kind;
        }
    }
    return SnapshotDiskKind::None;
}

// A branch that the machine is not on: nothing is merged.
Result<> deleteDeadLeaf(const DraftDomain &domain, const Snapshot &snapshot, Draft &draft)
{
    const Behaviour behaviour(draft.host());
    if (behaviour.deadLeafDelete() == Behaviour::DeadLeaf::Refuses)
        return refuses(u"libvirt-cannot-delete-dead-branch"_s, snapshot.name);
    const bool removesAll = behaviour.deadLeafDelete() == Behaviour::DeadLeaf::RemovesFrozen;
    for (const SnapshotDisk &disk : snapshot.disks) {
        if (disk.kind != SnapshotDiskKind::External)
            continue;
        if (!removesAll && kindAbove(domain, snapshot, disk.target) != SnapshotDiskKind::External)
            continue;
        if (const DraftImage *frozen = draft.imageAt(snapshot.frozen(disk.target).location))
            draft.remove(frozen->id);
    }
    if (snapshot.memory == MemoryKind::External) {
        if (const DraftImage *memory = draft.imageAt({SourceKind::File, snapshot.memoryFile}))
            draft.remove(memory->id);
    }
    draft.forgetSnapshot(domain.uuid, snapshot.name);
    return {};
}

// Those that libvirt lets rest on the base after a merge. Other machines' it knows nothing of.
QSet<ImageId> imagesOf(const Draft &draft, const DraftDomain &domain)
{
    QSet<ImageId> images;
    const auto addChain = [&](const ImageLocation &top) {
        for (const DraftImage *layer = draft.imageAt(top); layer && !images.contains(layer->id);
             layer = draft.image(layer->backing))
            images.insert(layer->id);
    };
    for (const Disk &disk : domain.definition->disks)
        addChain(disk.source.location);
    for (const auto &snapshot : domain.snapshots) {
        for (const SnapshotDisk &disk : snapshot->disks) {
            addChain(snapshot->frozen(disk.target).location);
            addChain(disk.overlay.location);
        }
        for (const SnapshotDisk &disk : snapshot->revertDisks)
            addChain(disk.overlay.location);
    }
    return images;
}

// The overlay that came after the snapshot is merged into what it froze, and removed.
Result<> mergeAway(const DraftDomain &domain, const Snapshot &snapshot, const Snapshot *child, Draft &draft)
{
    const DomainId id = domain.uuid;
    const QString name = snapshot.name;
    const QString childName = child ? child->name : QString();
    const Snapshot deleted = snapshot;
    const Snapshot *parent = domain.snapshot(snapshot.parent);
    if (parent && parent->kind() == SnapshotKind::Internal)
        return refuses(u"libvirt-refuses-internal-parent"_s, name);
    const DomainDefinition now = *domain.definition;
    std::vector<StepDisk> moved;
    std::vector<ImageId> gone;
    for (const SnapshotDisk &disk : deleted.disks) {
        if (disk.kind != SnapshotDiskKind::External)
            continue;
        const DraftImage *base = imageOf(draft, *deleted.definition, disk.target);
        // After a revert to it, what came after it is another overlay than the one it was made with.
        const DraftImage *top = nullptr;
        if (child && child->definition)
            top = imageOf(draft, *child->definition, disk.target);
        else
            top = imageOf(draft, now, disk.target);
        if (!base || !top || !draft.isBelow(base->id, top->id))
            return refuses(u"chain-differs"_s, name);
        // libvirt looks for the overlay by the name that its metadata have: "could not find base disk source in disk
        // source chain" where the machine went on in another one.
        const auto names = [&](const std::vector<SnapshotDisk> &disks) {
            return std::any_of(disks.begin(), disks.end(), [&](const SnapshotDisk &each) {
                return each.target == disk.target && draft.idAt(each.overlay.location) == top->id;
            });
        };
        if (!names(deleted.disks) && !names(deleted.revertDisks))
            return refuses(u"chain-differs"_s, name);
        const ImageId topId = top->id;
        const ImageId baseId = base->id;
        const QString basePath = base->location.name;
        moved.push_back({disk.target, basePath, top->location.name, base->format});
        const bool isActiveLayer = imageOf(draft, now, disk.target) == top;
        if (!isActiveLayer && !isActive(domain.state) && !LibvirtBehaviour(draft.host()).deletesInnerWhileOff())
            return refuses(u"libvirt-refuses-inner-while-off"_s, name);
        const std::vector<ImageId> overlays = draft.overlaysOf(topId);
        const QSet<ImageId> own = overlays.empty() ? QSet<ImageId>() : imagesOf(draft, domain);
        draft.commit(topId, baseId, Draft::Committer::Libvirt);
        for (const ImageId &overlay : overlays) {
            if (own.contains(overlay))
                draft.repoint(overlay, baseId);
        }
        gone.push_back(topId);
    }
    for (const StepDisk &disk : moved) {
        const Disk *active = now.disk(disk.target);
        if (active && active->source.location.name == disk.base)
            draft.define(id, withDisks(*draft.domain(id)->definition, {disk}));
    }
    // Every snapshot that froze the merged overlay finds its state in the base now.
    const auto all = draft.domain(id)->snapshots;
    for (const auto &each : all) {
        if (each->name == name || !each->definition)
            continue;
        std::vector<StepDisk> follow;
        for (const StepDisk &disk : moved) {
            const Disk *froze = each->definition->disk(disk.target);
            if (froze && froze->source.location.name == disk.base)
                follow.push_back(disk);
        }
        if (follow.empty())
            continue;
        Snapshot changed = *each;
        changed.definition = withDisks(*changed.definition, follow);
        draft.changeSnapshot(id, each->name, changed);
    }
    for (const ImageId &image : gone)
        draft.remove(image);
    if (deleted.memory == MemoryKind::External && LibvirtBehaviour(draft.host()).removesMemoryFileOnDelete()) {
        if (const DraftImage *memory = draft.imageAt({SourceKind::File, deleted.memoryFile}))
            draft.remove(memory->id);
    }
    draft.forgetSnapshot(id, name);
    return {};
}

Result<> deleteExternal(const DraftDomain &domain, const Snapshot &snapshot, Draft &draft)
{
    if (!snapshot.definition)
        return refuses(u"definition-missing"_s, snapshot.name);
    if (std::any_of(snapshot.disks.begin(), snapshot.disks.end(),
            [](const SnapshotDisk &disk) { return disk.deleteInProgress; }))
        return refuses(u"delete-in-progress"_s, snapshot.name);
    const std::vector<const Snapshot *> children = domain.children(snapshot.name);
    const bool isCurrent = domain.current == snapshot.name;
    if (!isCurrent && children.empty())
        return deleteDeadLeaf(domain, snapshot, draft);
    if (isCurrent && !children.empty())
        return refuses(u"libvirt-refuses-current-with-children"_s, snapshot.name);
    if (children.size() > 1)
        return refuses(u"libvirt-refuses-branch-point"_s, snapshot.name);
    if (!isCurrent && !domain.isAncestor(snapshot.name, domain.current))
        return refuses(u"libvirt-refuses-outside-chain"_s, snapshot.name);
    return mergeAway(domain, snapshot, children.empty() ? nullptr : children.front(), draft);
}

} // namespace

Result<> playSnapshotCall(const Step &step, Draft &draft)
{
    const DraftDomain *domain = draft.domain(step.domain);
    if (!domain || !domain->definition)
        return failure(ErrorCode::NotFound, step.domain.value);
    if (step.kind == StepKind::CreateSnapshot)
        return create(step, *domain, draft);
    const Snapshot *snapshot = domain->snapshot(step.name);
    if (!snapshot)
        return refuses(u"no-such-snapshot"_s, step.name);
    const bool isExternal = snapshot->kind() == SnapshotKind::External;
    if (step.kind == StepKind::RevertToSnapshot)
        return isExternal ? revertExternal(step, *domain, *snapshot, draft)
                          : revertInternal(step, *domain, *snapshot, draft);
    return isExternal ? deleteExternal(*domain, *snapshot, draft) : deleteInternal(*domain, *snapshot, draft);
}

} // namespace treewarden::steps
