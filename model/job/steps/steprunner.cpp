// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/steps/steprunner.h"

#include "model/job/steps/families.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

enum class Family { SnapshotCall, Metadata, Machine, Commit, File, Backup, QmpBackup, BackupFile };

Family familyOf(StepKind kind)
{
    switch (kind) {
    case StepKind::CreateSnapshot:
    case StepKind::RevertToSnapshot:
    case StepKind::DeleteSnapshot:
    case StepKind::ForgetSnapshot:
        return Family::SnapshotCall;
    case StepKind::RenameSnapshot:
    case StepKind::DescribeSnapshot:
    case StepKind::MakeCurrent:
    case StepKind::PointSnapshot:
    case StepKind::MakeExternal:
    case StepKind::MakeInternal:
    case StepKind::SetPolicy:
        return Family::Metadata;
    case StepKind::PointDisks:
    case StepKind::DefineAsThen:
    case StepKind::Start:
    case StepKind::Pause:
    case StepKind::Resume:
    case StepKind::ShutDown:
    case StepKind::ForceOff:
    case StepKind::RestoreMemory:
    case StepKind::DropSavedState:
        return Family::Machine;
    case StepKind::CommitLive:
        return Family::Commit;
    case StepKind::CreateOverlay:
    case StepKind::ExtractTag:
    case StepKind::CommitOffline:
    case StepKind::AddTag:
    case StepKind::RemoveTag:
    case StepKind::RemoveFile:
    case StepKind::CopyFile:
    case StepKind::RepointOverlay:
        return Family::File;
    case StepKind::BackUp:
    case StepKind::DropCheckpoint:
        return Family::Backup;
    case StepKind::BackUpByQmp:
    case StepKind::DropBitmap:
        return Family::QmpBackup;
    case StepKind::PrepareBackup:
    case StepKind::FinishBackup:
    case StepKind::UnlistBackup:
    case StepKind::RemoveBackup:
        return Family::BackupFile;
    }
    Q_UNREACHABLE();
}

Result<> call(const Step &step, JobHost &host, const StepContext &context)
{
    switch (familyOf(step.kind)) {
    case Family::SnapshotCall:
        return steps::runSnapshotCall(step, host, context);
    case Family::Metadata:
        return steps::runMetadata(step, host);
    case Family::Machine:
        return steps::runMachine(step, host, context);
    case Family::Commit:
        return steps::runCommit(step, host, context);
    case Family::File:
        return steps::runFile(step, host, context);
    case Family::Backup:
        return steps::runBackup(step, host, context);
    case Family::QmpBackup:
        return steps::runQmpBackup(step, host, context);
    case Family::BackupFile:
        return steps::runBackupFile(step, host, context);
    }
    Q_UNREACHABLE();
}

} // namespace

Result<> runStep(const Step &step, JobHost &host, const StepContext &context)
{
    const bool isOfFiles = familyOf(step.kind) == Family::File || familyOf(step.kind) == Family::BackupFile;
    if (!host.editor && isOfFiles)
        return failure(ErrorCode::Unsupported, step.path);
    if (context.isCancelled())
        return failure(ErrorCode::Cancelled, step.path);
    if (const auto called = call(step, host, context); !called)
        return called;
    const auto done = isDone(step, host);
    if (!done)
        return failure(done.error());
    if (!*done)
        return failure(ErrorCode::Failed, step.path.isEmpty() ? step.name : step.path,
            u"%1: reported as done, and is not"_s.arg(stepName(step.kind)));
    return {};
}

Result<bool> isDone(const Step &step, JobHost &host)
{
    switch (familyOf(step.kind)) {
    case Family::SnapshotCall:
        return steps::isSnapshotCallDone(step, host);
    case Family::Metadata:
        return steps::isMetadataDone(step, host);
    case Family::Machine:
        return steps::isMachineDone(step, host);
    case Family::Commit:
        return steps::isCommitDone(step, host);
    case Family::File:
        return steps::isFileDone(step, host);
    case Family::Backup:
        return steps::isBackupDone(step, host);
    case Family::QmpBackup:
        return steps::isQmpBackupDone(step, host);
    case Family::BackupFile:
        return steps::isBackupFileDone(step, host);
    }
    Q_UNREACHABLE();
}

bool canPause(const Step &step)
{
    return step.kind == StepKind::BackUp || step.kind == StepKind::BackUpByQmp;
}

bool canCancel(const Step &step)
{
    switch (step.kind) {
    case StepKind::CommitLive:
    case StepKind::ExtractTag:
    case StepKind::ShutDown: // the waiting
    case StepKind::BackUp:
    case StepKind::BackUpByQmp:
    case StepKind::FinishBackup: // as long as it reads
        return true;
    case StepKind::CopyFile:
        return !isPin(step.base) && !isPin(step.path) && !step.has(Step::Replace);
    case StepKind::CreateSnapshot:
        return step.has(Step::KeepMemory) && step.has(Step::IsExternal);
    default:
        return false;
    }
}

} // namespace treewarden
