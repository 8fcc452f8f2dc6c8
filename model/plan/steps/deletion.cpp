// SPDX-License-Identifier: GPL-3.0-or-later
// How libvirt deletes a snapshot with its data (qemu_snapshot.c), with what this host's version makes of it.
#include "model/guard/libvirtbehaviour.h"
#include "model/plan/steps/steps.h"

#include <algorithm>

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

using Behaviour = LibvirtBehaviour;

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

} // namespace

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

} // namespace treewarden::steps
