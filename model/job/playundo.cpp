// SPDX-License-Identifier: GPL-3.0-or-later
// What the steps of an undo do to a draft.
#include "model/job/steps/steprunner.h"
#include "model/job/undo.h"
#include "model/xml/domainxml.h"
#include "model/xml/snapshotxml.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

Result<> restorePin(const JournalEntry &entry, const Step &step, Draft &draft)
{
    const Pin *pin = pinNamed(entry, step.base);
    if (!pin)
        return failure(ErrorCode::NotFound, step.base);
    const ImageLocation path{SourceKind::File, step.path};
    if (draft.imageAt(path)) {
        if (!step.has(Step::Replace))
            return failure(ErrorCode::Busy, step.path);
        Step remove{StepKind::RemoveFile, step.domain};
        remove.path = step.path;
        if (const auto removed = play(remove, draft); !removed)
            return removed;
    }
    const DraftImage *below = draft.imageAt({SourceKind::File, pin->backing});
    if (!pin->backing.isEmpty() && !below)
        return failure(ErrorCode::NotFound, pin->backing);
    draft.createCopy(step.path, pin->format, pin->virtualSize, below ? below->id : ImageId(), draft.freshView());
    for (const QString &tag : pin->tags)
        draft.addTag(draft.idAt(path), tag, 0, 0);
    return {};
}

// What undoing had put back is put aside again.
Result<> keepAgain(const Step &step, Draft &draft)
{
    const DraftImage *image = draft.imageAt({SourceKind::File, step.base});
    if (!image)
        return failure(ErrorCode::NotFound, step.base);
    draft.remove(image->id);
    return {};
}

Result<> redefine(const Step &step, const DraftDomain &domain, Draft &draft)
{
    const auto definition = readDomain(step.text.toUtf8());
    if (!definition)
        return failure(definition.error());
    if (isActive(domain.state))
        return failure(ErrorCode::Unsupported, u"machine-running"_s, domain.name);
    for (const Disk &disk : definition->disks) {
        if (disk.source.location.isLocalPath() && !draft.imageAt(disk.source.location))
            return failure(ErrorCode::NotFound, disk.source.location.name);
    }
    draft.define(step.domain, std::make_shared<const DomainDefinition>(*definition));
    return {};
}

Result<> retell(const Step &step, const DraftDomain &domain, Draft &draft)
{
    const auto snapshot = readSnapshot(step.text.toUtf8());
    if (!snapshot)
        return failure(snapshot.error());
    // A child of what is not there (any more) would be a root.
    if (!snapshot->parent.isEmpty() && !domain.snapshot(snapshot->parent))
        return failure(ErrorCode::NotFound, snapshot->parent);
    if (domain.snapshot(step.name))
        draft.changeSnapshot(step.domain, step.name, *snapshot);
    else
        draft.addSnapshot(step.domain, *snapshot, false);
    return {};
}

} // namespace

const Pin *pinNamed(const JournalEntry &entry, const QString &pinned)
{
    for (const JournalStep &each : entry.steps) {
        for (const Pin &pin : each.pins) {
            if (pin.pinned == pinned && !pin.isFreed)
                return &pin;
        }
    }
    return nullptr;
}

Result<> playUndoStep(const JournalEntry &entry, const Step &step, Draft &draft)
{
    // A change replaces what it changes; the machine as it was stays alive with this copy.
    const Draft before = draft;
    const DraftDomain *domain = before.domain(step.domain);
    if (!domain)
        return failure(ErrorCode::NotFound, step.domain.value);
    if (step.kind == StepKind::CopyFile && isPin(step.base))
        return restorePin(entry, step, draft);
    if (step.kind == StepKind::CopyFile && isPin(step.path))
        return keepAgain(step, draft);
    if (step.kind == StepKind::PointDisks && !step.text.isEmpty())
        return redefine(step, *domain, draft);
    if (step.kind == StepKind::PointSnapshot && !step.text.isEmpty())
        return retell(step, *domain, draft);
    return play(step, draft);
}

} // namespace treewarden
