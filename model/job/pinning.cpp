// SPDX-License-Identifier: GPL-3.0-or-later
// The second names of what a step removes.
#include "model/job/steps/look.h"
#include "model/job/undo.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// With a look whether the name is there, and of the same file.
Result<QString> pin(JobHost &host, const QString &path)
{
    if (!host.editor)
        return failure(ErrorCode::Unsupported, path);
    const auto pinned = host.editor->pin(path);
    if (!pinned)
        return pinned;
    const auto file = look::status(host, path);
    const auto kept = look::status(host, *pinned);
    if (file && kept && file->id == kept->id)
        return pinned;
    (void)host.editor->unpin(*pinned);
    return failure(ErrorCode::Failed, path, u"reported as kept, and is not"_s);
}

Pin describe(const QString &path, const QString &pinned, const Draft &before, const JobHost &host)
{
    Pin pin{path, pinned, {}, {}};
    const DraftImage *image = before.imageAt({SourceKind::File, path});
    if (!image)
        return pin;
    pin.format = image->format;
    pin.virtualSize = image->virtualSize;
    pin.allocated = image->allocated.isKnown() ? *image->allocated : 0;
    for (const DraftTag &tag : image->tags)
        pin.tags += tag.name;
    if (const DraftImage *below = before.image(image->backing))
        pin.backing = below->location.name;
    for (const ImageId &layer : before.chain(image->id)) {
        if (layer == image->id)
            continue;
        // The time of a device's node says nothing of what is on the device.
        const ImageLocation &location = before.image(layer)->location;
        pin.below.push_back(location.kind == SourceKind::File ? markOf(host, location.name) : FileMark{location.name});
    }
    return pin;
}

} // namespace

FileMark markOf(const JobHost &host, const QString &path)
{
    const auto status = look::status(host, path);
    return status ? FileMark{path, status->size, status->modifiedNanoseconds} : FileMark{path};
}

Result<> pinFor(const PlannedStep &planned, const Draft &before, JobHost &host, JournalStep &how)
{
    const Step &step = planned.step;
    const bool replaces = step.kind == StepKind::CopyFile && step.has(Step::Replace);
    if (!replaces && step.kind != StepKind::RemoveFile && step.kind != StepKind::DeleteSnapshot
        && step.kind != StepKind::RevertToSnapshot)
        return {};
    const QStringList removed = replaces ? QStringList{step.path} : touchedBy(step, before).removed;
    for (const QString &path : removed) {
        // What undoing finds gone has nothing to be kept of.
        if (replaces && !look::exists(host, path).value_or(true))
            continue;
        if (const auto pinned = pin(host, path)) {
            how.pins.push_back(describe(path, *pinned, before, host));
            continue;
        } else if ((replaces || step.kind == StepKind::RemoveFile)
            && (planned.isReversible || pinned.error().code != ErrorCode::Unsupported)) {
            unpin(host, how);
            return failure(pinned.error());
        }
        how.unpinned += path;
    }
    return {};
}

void unpin(JobHost &host, JournalStep &how)
{
    for (const Pin &pin : how.pins)
        (void)host.editor->unpin(pin.pinned);
    how.pins.clear();
}

} // namespace treewarden
