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
