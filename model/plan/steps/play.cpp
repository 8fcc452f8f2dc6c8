// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/steps/steps.h"

namespace treewarden {

namespace steps {

const DraftImage *imageOf(const Draft &draft, const DomainDefinition &definition, const QString &target)
{
    const Disk *disk = definition.disk(target);
    return disk ? draft.imageAt(disk->source.location) : nullptr;
}

std::shared_ptr<const DomainDefinition> withDisks(
    const DomainDefinition &definition, const std::vector<StepDisk> &disks)
{
    auto changed = std::make_shared<DomainDefinition>(definition);
    for (const StepDisk &change : disks) {
        for (Disk &disk : changed->disks) {
            if (disk.target != change.target)
                continue;
            disk.source.location = {SourceKind::File, change.path};
            if (!change.format.isEmpty())
                disk.source.format = change.format;
            disk.source.dataFile.clear();
            disk.backingChain.clear();
            disk.backingChainComplete = false;
        }
    }
    return changed;
}

tl::unexpected<Error> refuses(const QString &finding, const QString &subject)
{
    return failure(ErrorCode::Unsupported, finding, subject);
}

} // namespace steps

Result<> play(const Step &step, Draft &draft)
{
    // A change replaces what it changes; what the families looked at before stays alive with this copy.
    const Draft before = draft;
    switch (step.kind) {
    case StepKind::CreateSnapshot:
    case StepKind::RevertToSnapshot:
    case StepKind::DeleteSnapshot:
        return steps::playSnapshotCall(step, draft);
    case StepKind::ForgetSnapshot:
    case StepKind::RenameSnapshot:
    case StepKind::DescribeSnapshot:
    case StepKind::MakeCurrent:
    case StepKind::PointSnapshot:
    case StepKind::MakeExternal:
    case StepKind::MakeInternal:
    case StepKind::SetPolicy:
        return steps::playMetadata(step, draft);
    case StepKind::PointDisks:
    case StepKind::DefineAsThen:
    case StepKind::Start:
    case StepKind::Pause:
    case StepKind::Resume:
    case StepKind::ShutDown:
    case StepKind::ForceOff:
    case StepKind::RestoreMemory:
    case StepKind::DropSavedState:
    case StepKind::CommitLive:
        return steps::playMachine(step, draft);
    case StepKind::CreateOverlay:
    case StepKind::ExtractTag:
    case StepKind::CommitOffline:
    case StepKind::AddTag:
    case StepKind::RemoveTag:
    case StepKind::RemoveFile:
    case StepKind::CopyFile:
    case StepKind::RepointOverlay:
        return steps::playFile(step, draft);
    case StepKind::PrepareBackup:
    case StepKind::BackUp:
    case StepKind::BackUpByQmp:
    case StepKind::FinishBackup:
    case StepKind::UnlistBackup:
    case StepKind::DropCheckpoint:
    case StepKind::DropBitmap:
    case StepKind::RemoveBackup:
        return steps::playBackup(step, draft);
    }
    Q_UNREACHABLE();
}

bool isReversible(const Step &step, const Draft &)
{
    switch (step.kind) {
    // They discard bytes, or what a machine had in memory.
    case StepKind::RevertToSnapshot:
    case StepKind::DeleteSnapshot:
    case StepKind::ShutDown:
    case StepKind::ForceOff:
    case StepKind::DropSavedState:
    case StepKind::CommitLive:
    case StepKind::CommitOffline:
    case StepKind::RemoveTag:
    case StepKind::UnlistBackup:
    case StepKind::DropCheckpoint:
    case StepKind::DropBitmap:
    case StepKind::RemoveBackup:
        return false;
    // A machine that ran has written.
    case StepKind::Start:
    case StepKind::Resume:
    case StepKind::RestoreMemory:
        return false;
    case StepKind::CreateSnapshot:
    case StepKind::ForgetSnapshot:
    case StepKind::RenameSnapshot:
    case StepKind::DescribeSnapshot:
    case StepKind::MakeCurrent:
    case StepKind::PointSnapshot:
    case StepKind::MakeExternal:
    case StepKind::MakeInternal:
    case StepKind::SetPolicy:
    case StepKind::PointDisks:
    case StepKind::DefineAsThen:
    case StepKind::Pause:
    case StepKind::CreateOverlay:
    case StepKind::ExtractTag:
    case StepKind::AddTag:
    case StepKind::RemoveFile:
    case StepKind::CopyFile:
    case StepKind::RepointOverlay:
    case StepKind::PrepareBackup:
    case StepKind::BackUp:
    case StepKind::BackUpByQmp:
    case StepKind::FinishBackup:
        return true;
    }
    Q_UNREACHABLE();
}

} // namespace treewarden
