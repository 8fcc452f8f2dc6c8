// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/pins.h"

#include "model/job/steps/look.h"

#include <algorithm>

namespace treewarden {

namespace {

constexpr qint64 MillisecondsADay = 24 * 3600 * 1000;

Result<> free(Journal &journal, const JobHost &host, const JournalEntry &entry, const Pin &pin)
{
    const auto freed = host.editor ? host.editor->unpin(pin.pinned) : failure(ErrorCode::Unsupported, pin.path);
    if (!freed && freed.error().code != ErrorCode::NotFound)
        return freed;
    if (look::exists(host, pin.pinned).value_or(true))
        return failure(ErrorCode::Failed, pin.path, QStringLiteral("reported as given up, and is not"));
    return journal.pinFreed(entry.entry, pin.pinned);
}

bool hasPins(const JournalEntry &entry)
{
    return std::any_of(entry.steps.begin(), entry.steps.end(), [](const JournalStep &step) {
        return std::any_of(step.pins.begin(), step.pins.end(), [](const Pin &pin) { return !pin.isFreed; });
    });
}

// The file that an undo would have to rewrite; empty: none. What a running machine's QEMU can be asked for does not
// count, as planUndo() has it.
QString rewrittenByUndo(const JournalEntry &entry, const JobHost &host)
{
    const auto isOn = [&] {
        const auto domains = host.hypervisor ? host.hypervisor->domains() : failure(ErrorCode::ConnectionLost);
        return domains && std::any_of(domains->begin(), domains->end(), [&](const DomainSummary &domain) {
            return domain.uuid == entry.domain && isActive(domain.state);
        });
    };
    for (const JournalStep &each : entry.steps) {
        for (const Step &step : each.undo) {
            const bool isForQemu = step.kind == StepKind::CommitOffline && !step.disks.empty();
            if (each.isDone && needsFiles(step.kind) && !(isForQemu && isOn()))
                return step.path;
        }
    }
    return {};
}

} // namespace

Fact<Bytes> heldBy(const Pin &pin, const JobHost &host)
{
    if (pin.isFreed)
        return Fact<Bytes>::absent();
    const auto status = look::status(host, pin.pinned);
    if (!status)
        return status.error().code == ErrorCode::NotFound ? Fact<Bytes>::absent()
                                                          : Fact<Bytes>::unknown(status.error());
    const auto original = look::status(host, pin.path);
    return original && original->id == status->id ? Bytes(0) : status->allocated;
}

QString incomparableBelow(const Pin &pin)
{
    const auto found = std::find_if(
        pin.below.begin(), pin.below.end(), [](const FileMark &mark) { return mark.modifiedNanoseconds == 0; });
    return found == pin.below.end() ? QString() : found->path;
}

// Findings of this file:
//
// files-out-of-reach  Block  as of propose()
// base-not-compared   Block  path, as of planUndo()
HistoryEntry toHistory(const JournalEntry &entry, const JobHost &host)
{
    JournalEntry seen = entry;
    Bytes held = 0;
    for (JournalStep &step : seen.steps) {
        for (Pin &pin : step.pins) {
            const Fact<Bytes> bytes = heldBy(pin, host);
            if (bytes.isAbsent())
                pin.isFreed = true;
            else
                held += bytes.isKnown() ? *bytes : pin.allocated;
        }
    }
    HistoryEntry history = toHistory(seen);
    history.pinned = held;
    if (history.undo == HistoryEntry::Undo::No)
        return history;
    for (const JournalStep &step : seen.steps) {
        for (const Pin &pin : step.pins) {
            const QString below = step.isDone && !pin.isFreed ? incomparableBelow(pin) : QString();
            if (below.isEmpty() || !history.whyNoUndo.isEmpty())
                continue;
            history.undo = HistoryEntry::Undo::No;
            history.whyNoUndo = QStringLiteral("base-not-compared");
            history.whyNoUndoSubject = below;
        }
    }
    if (history.undo == HistoryEntry::Undo::No || canEditFiles(host))
        return history;
    if (const QString path = rewrittenByUndo(seen, host); !path.isEmpty()) {
        history.undo = HistoryEntry::Undo::No;
        history.whyNoUndo = QStringLiteral("files-out-of-reach");
        history.whyNoUndoSubject = path;
    }
    return history;
}

void freeNeedless(Journal &journal, const JobHost &host, const JournalEntry &entry)
{
    const bool hasSucceeded = entry.outcome == Outcome::Succeeded;
    if (hasSucceeded && toHistory(entry).undo != HistoryEntry::Undo::No)
        return;
    for (const JournalStep &step : entry.steps) {
        for (const Pin &pin : step.pins) {
            // Where it would be the last name of the file, something else than was thought has happened.
            if (!pin.isFreed && (hasSucceeded || heldBy(pin, host) == Fact<Bytes>(Bytes(0))))
                (void)free(journal, host, entry, pin);
        }
    }
}

void freeMerged(Journal &journal, const JobHost &host, JournalEntry &entry, size_t number)
{
    JournalStep &step = entry.steps[number];
    const auto isMerged = [&](const Pin &pin) {
        if (step.step.kind == StepKind::DeleteSnapshot)
            return step.undoable == Undoable::No;
        return std::any_of(entry.steps.begin(), entry.steps.begin() + qsizetype(number), [&](const JournalStep &each) {
            const QString live = each.step.disks.empty() ? QString() : each.step.disks.front().path;
            return each.isDone
                && ((each.step.kind == StepKind::CommitOffline && each.step.path == pin.path)
                    || (each.step.kind == StepKind::CommitLive && live == pin.path));
        });
    };
    for (Pin &pin : step.pins) {
        if (!pin.isFreed && isMerged(pin) && free(journal, host, entry, pin))
            pin.isFreed = true;
    }
}

Result<> freePins(Journal &journal, const JobHost &host, const JournalEntry &entry)
{
    // An undo that runs is about to use them.
    const auto lock = journal.lock({entry.domain}, entry.entry);
    if (!lock)
        return failure(lock.error());
    Result<> result;
    for (const JournalStep &step : entry.steps) {
        for (const Pin &pin : step.pins) {
            if (pin.isFreed)
                continue;
            if (const auto freed = free(journal, host, entry, pin); !freed)
                result = freed;
        }
    }
    return result;
}

Result<int> expirePins(Journal &journal, const JobHost &host, const PinLimits &limits, qint64 now)
{
    const auto contents = journal.read();
    if (!contents)
        return failure(contents.error());
    int expired = 0;
    Bytes kept = 0;
    // From the newest to the oldest, so that it is the oldest that does not fit any more.
    for (auto entry = contents->entries.rbegin(); entry != contents->entries.rend(); ++entry) {
        if (!hasPins(*entry) || !entry->outcome || journal.isAlive(*entry))
            continue;
        const Bytes held = toHistory(*entry, host).pinned;
        // What went with a job that did not come to its end is not given up unasked.
        if (entry->outcome != Outcome::Succeeded && held > 0)
            continue;
        const bool isOld = entry->time < now - limits.days * MillisecondsADay;
        const bool isTooMuch = limits.bytes > 0 && kept + held > limits.bytes;
        if (!isOld && !isTooMuch) {
            kept += held;
            continue;
        }
        // What cannot be freed now is due the next time.
        if (freePins(journal, host, *entry))
            ++expired;
    }
    return expired;
}

} // namespace treewarden
