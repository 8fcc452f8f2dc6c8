// SPDX-License-Identifier: GPL-3.0-or-later
// A backup changes nothing that anybody relies on: its files are nobody's, and its checkpoint is new.
#include "model/domain/backup.h"
#include "model/plan/steps/steps.h"

#include <algorithm>

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

Result<> backUp(const Step &step, const DraftDomain &domain, Draft &draft)
{
    if (!isActive(domain.state))
        return refuses(u"machine-off"_s, domain.name);
    if (step.name.isEmpty())
        return {};
    const auto isNamed
        = [](const QString &name) { return [&name](const Checkpoint &checkpoint) { return checkpoint.name == name; }; };
    if (std::any_of(domain.checkpoints.begin(), domain.checkpoints.end(), isNamed(step.name)))
        return failure(ErrorCode::Busy, step.name);
    Checkpoint checkpoint;
    checkpoint.name = step.name;
    for (const StepDisk &disk : step.disks)
        checkpoint.disks.push_back({disk.target, step.name});
    draft.addCheckpoint(domain.uuid, checkpoint);
    return {};
}

} // namespace

Result<> playBackup(const Step &step, Draft &draft)
{
    const DraftDomain *domain = draft.domain(step.domain);
    if (!domain || !domain->definition)
        return failure(ErrorCode::NotFound, step.domain.value);
    switch (step.kind) {
    case StepKind::BackUpByQmp:
        if (!isActive(domain->state))
            return refuses(u"machine-off"_s, domain->name);
        for (const StepDisk &disk : step.disks)
            draft.addBitmap(step.domain, disk.target, step.name);
        return {};
    case StepKind::BackUp:
        return backUp(step, *domain, draft);
    case StepKind::FinishBackup:
        for (const StepDisk &disk : step.disks) {
            if (!disk.isVolume())
                draft.createOutside(disk.path);
        }
        return {};
    case StepKind::DropCheckpoint:
        draft.dropCheckpoint(step.domain, step.name);
        return {};
    case StepKind::RemoveBackup:
        for (const StepDisk &disk : step.disks) {
            if (!disk.isVolume())
                draft.removeOutside(disk.path);
        }
        return {};
    case StepKind::PrepareBackup:
    case StepKind::UnlistBackup:
    case StepKind::DropBitmap: // nobody relies on it while the manifest does not list it
        return {};
    default:
        Q_UNREACHABLE();
    }
}

} // namespace treewarden::steps
