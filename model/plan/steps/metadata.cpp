// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/libvirtbehaviour.h"
#include "model/plan/steps/steps.h"

namespace treewarden::steps {

using namespace Qt::StringLiterals;

Result<> playMetadata(const Step &step, Draft &draft)
{
    const DraftDomain *domain = draft.domain(step.domain);
    if (!domain)
        return failure(ErrorCode::NotFound, step.domain.value);
    if (step.kind == StepKind::SetPolicy) {
        draft.noteDefinitionChange(step.domain);
        return {};
    }
    const Snapshot *snapshot = domain->snapshot(step.name);
    if (!snapshot)
        return refuses(u"no-such-snapshot"_s, step.name);
    const bool isTold = step.kind != StepKind::ForgetSnapshot; // a document is given to libvirt
    if (isTold && !isActive(domain->state) && !domain->checkpoints.empty()
        && LibvirtBehaviour(draft.host()).refusesOfflineMetadataWithCheckpoints())
        return refuses(u"checkpoints-forbid-offline"_s, domain->name);
    Snapshot changed = *snapshot;
    switch (step.kind) {
    case StepKind::ForgetSnapshot:
        draft.forgetSnapshot(step.domain, step.name);
        return {};
    case StepKind::MakeCurrent:
        draft.makeCurrent(step.domain, step.name);
        return {};
    case StepKind::RenameSnapshot:
        if (domain->snapshot(step.text))
            return refuses(u"name-taken"_s, step.text);
        // A tag has the snapshot's name, and qemu-img cannot rename one.
        if (snapshot->kind() == SnapshotKind::Internal)
            return refuses(u"tag-cannot-be-renamed"_s, step.name);
        changed.name = step.text;
        break;
    case StepKind::DescribeSnapshot:
        changed.description = step.text;
        break;
    case StepKind::PointSnapshot: {
        if (!changed.definition)
            return refuses(u"definition-missing"_s, step.name);
        changed.definition = withDisks(*changed.definition, step.disks);
        break;
    }
    case StepKind::MakeExternal: {
        if (!changed.definition)
            return refuses(u"definition-missing"_s, step.name);
        changed.definition = withDisks(*changed.definition, step.disks);
        changed.memory = step.path.isEmpty() ? MemoryKind::None : MemoryKind::External;
        changed.memoryFile = step.path;
        if (changed.memory == MemoryKind::None && changed.state != SnapshotState::ShutOff)
            changed.state = SnapshotState::DiskSnapshot;
        changed.disks.clear();
        for (const StepDisk &disk : step.disks)
            changed.disks.push_back(
                {disk.target, SnapshotDiskKind::External, {{SourceKind::File, disk.base}, u"qcow2"_s, {}}, false});
        break;
    }
    case StepKind::MakeInternal: {
        if (!changed.definition)
            return refuses(u"definition-missing"_s, step.name);
        for (const StepDisk &disk : step.disks) {
            const DraftImage *image = draft.imageAt({SourceKind::File, disk.path});
            if (!image || !image->tag(step.name))
                return refuses(u"tag-missing"_s, step.name);
        }
        changed.definition = withDisks(*changed.definition, step.disks);
        changed.memory = MemoryKind::None;
        changed.memoryFile.clear();
        changed.state = SnapshotState::ShutOff;
        changed.disks.clear();
        changed.revertDisks.clear();
        for (const StepDisk &disk : step.disks)
            changed.disks.push_back({disk.target, SnapshotDiskKind::Internal, {}, false});
        break;
    }
    default:
        Q_UNREACHABLE();
    }
    draft.changeSnapshot(step.domain, step.name, changed);
    return {};
}

} // namespace treewarden::steps
