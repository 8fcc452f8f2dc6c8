// SPDX-License-Identifier: GPL-3.0-or-later
// The second names of what a step removes.
#include "model/job/steps/look.h"
#include "model/job/undo.h"

#include <algorithm>

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

// What the step removes of what is there.
QStringList removedBy(const Step &step, const Draft &before)
{
    const bool replaces = step.kind == StepKind::CopyFile && step.has(Step::Replace);
    if (replaces)
        return {step.path};
    const bool removes = step.kind == StepKind::RemoveFile || step.kind == StepKind::DeleteSnapshot
        || step.kind == StepKind::RevertToSnapshot;
    return removes ? touchedBy(step, before).removed : QStringList();
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
    const bool replaces = step.kind == StepKind::CopyFile;
    const QStringList removed = removedBy(step, before);
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

void dropUnknownPins(
    const Journal &journal, JobHost &host, const QString &name, const std::shared_ptr<const Inventory> &inventory)
{
    const auto contents = journal.read();
    if (!contents || !host.editor)
        return;
    QSet<QString> known;
    const JournalEntry *interrupted = nullptr;
    for (const JournalEntry &entry : contents->entries) {
        for (const JournalStep &each : entry.steps) {
            for (const Pin &pin : each.pins)
                known.insert(pin.pinned);
        }
        if (entry.entry == name && !entry.outcome)
            interrupted = &entry;
    }
    if (!interrupted)
        return;
    // The next step is all that a program can have been at.
    const auto next = std::find_if(
        interrupted->steps.begin(), interrupted->steps.end(), [](const JournalStep &each) { return !each.isBegun; });
    if (next == interrupted->steps.end())
        return;
    const QStringList removed = removedBy(next->step, Draft(inventory));
    for (const QString &path : removed) {
        const auto file = look::status(host, path);
        for (const QString &pinned : file ? look::pinsBeside(host, path) : QStringList()) {
            const auto kept = look::status(host, pinned);
            if (kept && kept->id == file->id && !known.contains(pinned))
                (void)host.editor->unpin(pinned);
        }
    }
}

void unpin(JobHost &host, JournalStep &how)
{
    for (const Pin &pin : how.pins)
        (void)host.editor->unpin(pin.pinned);
    how.pins.clear();
}

} // namespace treewarden
