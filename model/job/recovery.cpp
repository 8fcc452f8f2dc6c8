// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/recovery.h"

#include "model/job/pins.h"
#include "model/job/steps/look.h"
#include "model/job/steps/steprunner.h"
#include "model/job/undo.h"

#include <algorithm>

namespace treewarden {

namespace {

bool isComplete(const JournalEntry &entry)
{
    return std::all_of(entry.steps.begin(), entry.steps.end(),
        [](const JournalStep &each) { return each.isDone && !each.isPutBackBegun(); });
}

// It failed, and ended after it had put everything back.
bool isPutBack(const JournalEntry &entry)
{
    bool isAny = false;
    for (const JournalStep &each : entry.steps) {
        isAny = isAny || each.isPutBack();
        if ((each.isDone || each.mayBeHalfDone) && !each.isPutBack())
            return false;
    }
    return isAny;
}

Result<RecoveryItem> lookAt(JournalEntry entry, JobHost host, const std::shared_ptr<const Inventory> &inventory)
{
    RecoveryItem item;
    const auto interrupted = settleInterrupted(entry, host);
    if (!interrupted) {
        item.entry = toHistory(entry, host);
        item.whyNot = interrupted.error();
        return item;
    }
    item.interrupted = *interrupted;
    item.isComplete = isComplete(entry);
    item.entry = toHistory(entry, host);
    const Plan undo = planUndo(entry, inventory, host);
    item.canPutBack = undo.verdict != Verdict::Block;
    for (const Finding &finding : undo.findings) {
        if (finding.severity == Verdict::Block) {
            item.whyNot = {ErrorCode::Unsupported, finding.id, finding.subject};
            break;
        }
    }
    return item;
}

} // namespace

bool isHarmless(const std::vector<Step> &undo)
{
    return !undo.empty() && std::all_of(undo.begin(), undo.end(), [](const Step &step) {
        // Of a backup they look first what of it is there, and it is nobody's before it is listed.
        return isOfBackup(step.kind) || step.kind == StepKind::MakeCurrent
            || (step.kind == StepKind::CopyFile && isPin(step.base))
            || (!step.text.isEmpty() && (step.kind == StepKind::PointSnapshot || step.kind == StepKind::PointDisks));
    });
}

bool isStillThere(const Step &undo, const JobHost &host)
{
    if (undo.kind != StepKind::CopyFile || !isPin(undo.base))
        return false;
    const auto kept = look::status(host, undo.base);
    const auto file = look::status(host, undo.path);
    return kept && file && kept->id == file->id;
}

bool mayBeHalfDone(const JournalStep &step, const JobHost &host)
{
    return isHarmless(step.undo)
        && !std::all_of(step.undo.begin(), step.undo.end(), [&](const Step &undo) { return isStillThere(undo, host); });
}

bool isKnowable(StepKind kind)
{
    // A commit that ended in the middle looks like one that ended, and who reverts to the current snapshot finds it
    // current before. That libvirt's last backup came to its end says little of this one.
    return kind != StepKind::CommitOffline && kind != StepKind::RevertToSnapshot && kind != StepKind::BackUp
        && kind != StepKind::BackUpByQmp;
}

Result<int> settleInterrupted(JournalEntry &entry, JobHost &host)
{
    for (JournalStep &each : entry.steps) {
        if (!each.isPutBackBegun())
            continue;
        each.isDone = true; // or it would not have been put back
        if (!each.isPuttingBack || each.isPutBack())
            continue;
        const Step &step = each.undo[each.putBack];
        const auto done = isKnowable(step.kind) ? isDone(step, host) : false;
        if (!done)
            return failure(done.error());
        if (!*done)
            continue;
        each.isPuttingBack = false;
        ++each.putBack;
    }
    for (size_t i = 0; i < entry.steps.size(); ++i) {
        JournalStep &each = entry.steps[i];
        if (!each.isBegun || each.isDone)
            continue;
        each.isInterrupted = true;
        each.isUnknown = true;
        const auto done = isDone(each.step, host);
        if (!done)
            return failure(done.error());
        each.isDone = *done && isKnowable(each.step.kind);
        each.isUnknown = *done && !each.isDone;
        each.mayBeHalfDone = !each.isDone && mayBeHalfDone(each, host);
        return int(i);
    }
    return -1;
}

Result<std::vector<HistoryEntry>> historyOf(const Journal &journal, const JobHost &host)
{
    const auto contents = journal.read();
    if (!contents)
        return failure(contents.error());
    std::vector<HistoryEntry> history;
    for (auto each = contents->entries.rbegin(); each != contents->entries.rend(); ++each) {
        JournalEntry entry = *each;
        if (!entry.outcome && !journal.isAlive(entry)) {
            // It may have ended since the journal was read.
            if (const auto again = journal.find(entry.entry))
                entry = *again;
        }
        const bool isInterrupted = !entry.outcome && !journal.isAlive(entry);
        if (isInterrupted && host.hypervisor) {
            JobHost looked = host;
            (void)settleInterrupted(entry, looked); // what could not be looked at is unknown
        }
        history.push_back(toHistory(entry, host));
        if (entry.outcome || isInterrupted)
            continue;
        // Under way: nothing is to be put back of it.
        history.back().undo = HistoryEntry::Undo::No;
        for (HistoryEntry::Done &done : history.back().steps)
            done.isDone = done.isDone == true;
    }
    return history;
}

Result<std::vector<RecoveryItem>> findInterrupted(Journal &journal, const JobHost &host)
{
    const auto contents = journal.read();
    if (!contents)
        return failure(contents.error());
    std::vector<RecoveryItem> found;
    std::shared_ptr<const Inventory> inventory;
    for (const JournalEntry &entry : contents->entries) {
        if (entry.outcome || journal.isAlive(entry))
            continue;
        if (!inventory) {
            const auto read = host.read();
            if (!read)
                return failure(read.error());
            inventory = *read;
        }
        // It may have ended since the journal was read.
        if (const auto again = journal.find(entry.entry); !again || again->outcome)
            continue;
        const auto item = lookAt(entry, host, inventory);
        if (!item)
            return failure(item.error());
        found.push_back(*item);
    }
    return found;
}

Result<> leaveAsItIs(Journal &journal, const JobHost &host, const QString &name)
{
    auto entry = journal.find(name);
    if (!entry)
        return failure(entry.error());
    if (entry->outcome)
        return {};
    if (journal.isAlive(*entry))
        return failure(ErrorCode::Busy, entry->domainName);
    JobHost looked = host;
    if (const auto lock = journal.lock({entry->domain}, name)) {
        if (const auto inventory = host.read())
            dropUnknownPins(journal, looked, name, *inventory);
    }
    const auto interrupted = settleInterrupted(*entry, looked);
    if (!interrupted)
        return journal.end(name, Outcome::Indeterminate, interrupted.error(), false);
    if (*interrupted >= 0 && entry->steps[size_t(*interrupted)].isDone) {
        if (const auto noted = journal.stepDone(name, *interrupted, entry->steps[size_t(*interrupted)]); !noted)
            return noted;
    }
    const auto left = *interrupted >= 0 ? documentsLeft(*entry, host) : entry->left;
    if (isComplete(*entry))
        return journal.end(name, Outcome::Succeeded, {}, false, left, entry->undoes);
    return journal.end(name, Outcome::Failed, {ErrorCode::Cancelled, {}, {}}, isPutBack(*entry), left);
}

} // namespace treewarden
