// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/tasktext.h"

#include "model/base/visible.h"
#include "views/text/errortext.h"
#include "views/text/findingtext.h"
#include "views/text/plantext.h"
#include "views/text/steptext.h"
#include "views/text/unittext.h"

#include <QLocale>

namespace treewarden {

namespace {

QString number(qsizetype value)
{
    return QLocale().toString(value);
}

} // namespace

QString TaskText::title(const Task &task)
{
    const QString &machine = task.domainName;
    const auto *erase = std::get_if<DeleteIntent>(&task.intent.what);
    if (task.isUndo)
        return tr("Undoing a change of %1").arg(machine);
    if (const auto *create = std::get_if<CreateIntent>(&task.intent.what))
        return tr("Taking “%1” of %2", "snapshot, machine").arg(create->name, machine);
    if (const auto *revert = std::get_if<RevertIntent>(&task.intent.what))
        return tr("Reverting %1 to “%2”").arg(machine, revert->snapshot);
    if (erase && erase->scope == DeleteIntent::Scope::One)
        return erase->metadataOnly ? tr("Forgetting “%1” of %2").arg(erase->snapshot, machine)
                                   : tr("Deleting “%1” of %2").arg(erase->snapshot, machine);
    if (erase && erase->metadataOnly)
        return erase->scope == DeleteIntent::Scope::WithChildren
            ? tr("Forgetting “%1” of %2 and all that follows").arg(erase->snapshot, machine)
            : tr("Forgetting what follows “%1” of %2").arg(erase->snapshot, machine);
    if (erase)
        return erase->scope == DeleteIntent::Scope::WithChildren
            ? tr("Deleting “%1” of %2 and all that follows").arg(erase->snapshot, machine)
            : tr("Deleting what follows “%1” of %2").arg(erase->snapshot, machine);
    if (const auto *rename = std::get_if<RenameIntent>(&task.intent.what))
        return tr("Renaming “%1” of %2").arg(rename->snapshot, machine);
    if (const auto *describe = std::get_if<DescribeIntent>(&task.intent.what))
        return tr("Describing “%1” of %2").arg(describe->snapshot, machine);
    if (std::holds_alternative<UniformIntent>(task.intent.what))
        return tr("Making the tree of %1 uniform").arg(machine);
    if (const auto *power = std::get_if<PowerIntent>(&task.intent.what)) {
        switch (power->to) {
        case PowerIntent::To::Start:
            return tr("Starting %1").arg(machine);
        case PowerIntent::To::Pause:
            return tr("Pausing %1").arg(machine);
        case PowerIntent::To::Resume:
            return tr("Resuming %1").arg(machine);
        case PowerIntent::To::ShutDown:
            return tr("Shutting %1 down").arg(machine);
        case PowerIntent::To::ForceOff:
            return tr("Forcing %1 off").arg(machine);
        }
    }
    if (const auto *orphan = std::get_if<RemoveOrphanIntent>(&task.intent.what))
        return tr("Removing %1 of %2", "what is left over, machine")
            .arg(PlanText::shown(orphan->tag.isEmpty() ? orphan->path : orphan->tag), machine);
    if (std::holds_alternative<BackupIntent>(task.intent.what))
        return tr("Backing up %1").arg(machine);
    return tr("Changing the settings of %1").arg(machine);
}

QString TaskText::step(const Task &task)
{
    if (task.outcome == Outcome::Cancelled && task.whyNotPutBack
        && task.error.subject != QLatin1String("partly-merged"))
        return tr("Cancelled; what was done before is left as it is");
    if (task.outcome)
        return outcome(*task.outcome, task.error);
    if (task.isCancelling)
        return tr("Cancelling, and putting back what was done");
    const auto steps = qsizetype(task.steps.size());
    if (task.step >= steps)
        return tr("Checking that everything is as it should be");
    return tr("Step %1 of %2: %3")
        .arg(number(task.step + 1), number(steps), StepText::sentence(task.steps[size_t(task.step)], task.domainName));
}

QString TaskText::progress(const Task &task)
{
    if (task.outcome || !task.done.isKnown() || !task.total.isKnown() || *task.total == 0)
        return {};
    QStringList parts{
        tr("%1 of %2", "bytes done, all bytes").arg(UnitText::bytes(*task.done), UnitText::bytes(*task.total))};
    if (task.isPaused) {
        parts += tr("paused", "a task");
    } else if (task.rate > 0) {
        parts += tr("%1/s", "bytes").arg(UnitText::bytes(task.rate));
        if (*task.done < *task.total)
            parts += tr("%1 left", "time").arg(UnitText::seconds(qint64((*task.total - *task.done) / task.rate) + 1));
    }
    return parts.join(QLatin1String(", "));
}

QString TaskText::cancel(const Task &task)
{
    if (task.isCancelling)
        return tr("Cancelling…");
    return task.canCancel ? tr("Cancel") : tr("Cannot be stopped now");
}

QString TaskText::pause(const Task &task)
{
    return task.isPaused ? tr("Resume", "a task") : tr("Pause", "a task");
}

QString TaskText::cancelHelp(const Task &task)
{
    const size_t step = size_t(std::max(task.step, 0));
    if (task.canCancel && step < task.steps.size() && task.steps[step].kind == StepKind::CommitLive)
        return tr("Stops it. The machine is left as it is, but the state that is being deleted is damaged by then and "
                  "can only be deleted again: %1")
            .arg(title(task));
    return task.canCancel ? tr("Stops it and puts back what it has done: %1").arg(title(task))
                          : tr("This step cannot be stopped half-way without damage. It ends by itself.");
}

QString TaskText::why(const Error &error)
{
    if (error.subject == QLatin1String("stale-plan"))
        return tr("the host changed after you looked at it, so nothing was done");
    if (error.subject == QLatin1String("outcome-differs"))
        return tr("the host does not look as it should after this");
    if (error.subject == QLatin1String("undone-already"))
        return tr("it was undone already");
    if (FindingText::isKnown(error.subject))
        return FindingText::sentence({error.subject, Verdict::Block, error.detail, {}});
    return ErrorText::reason(error);
}

Explanation TaskText::failure(const Task &task)
{
    const QString what = tr("%1: %2", "task; why it failed").arg(title(task), why(task.error));
    if (task.outcome == Outcome::Indeterminate)
        return {what, tr("How it ended is not known. Treewarden reads the host anew; the history says what was done.")};
    // It did not come as far as the journal, or not farther than that.
    if (task.entry.isEmpty() || task.error.subject == QLatin1String("stale-plan"))
        return {what, tr("Nothing was done.")};
    if (task.whyNotPutBack)
        return {what, leftAsItIs(task) + u' ' + tr("The history shows each step.")};
    return {what, tr("What had been done was put back where that was possible. The history shows each step.")};
}

QString TaskText::leftAsItIs(const Task &task)
{
    if (!task.whyNotPutBack)
        return {};
    const QString left = tr("What had been done is left as it is (%1).").arg(why(*task.whyNotPutBack));
    return task.goesOn ? left + QLatin1Char(' ') + tr("The machine goes on; it had been paused.") : left;
}

QString TaskText::theirWords(const Error &error)
{
    return FindingText::isKnown(error.subject) ? QString() : error.detail;
}

QString TaskText::outcome(Outcome outcome, const Error &error)
{
    switch (outcome) {
    case Outcome::Succeeded:
        return tr("Done");
    case Outcome::Failed:
        return tr("Failed: %1").arg(why(error));
    case Outcome::Cancelled:
        if (error.subject == QLatin1String("partly-merged"))
            return tr(
                "Cancelled half-way: the machine is as it was, but what was to be deleted is damaged now. Delete it "
                "again.");
        return tr("Cancelled");
    case Outcome::Indeterminate:
        return tr("Not known how it ended: %1").arg(why(error));
    }
    Q_UNREACHABLE();
}

QString TaskText::what(const HistoryEntry &entry)
{
    return !entry.undoes.isEmpty() ? tr("Undo: %1", "what is undone").arg(what(entry.intent)) : what(entry.intent);
}

QString TaskText::what(const QStringList &intent)
{
    const QString &verb = intent.value(0);
    const QString &name = intent.value(1);
    const QString &second = intent.value(2);
    if (verb == QLatin1String("create"))
        return tr("Take the snapshot “%1”").arg(name);
    if (verb == QLatin1String("revert"))
        return tr("Revert to “%1”").arg(name);
    if (verb == QLatin1String("delete")) {
        const bool forgets = intent.contains(QLatin1String("--metadata-only"));
        if (intent.contains(QLatin1String("--children")))
            return forgets ? tr("Forget “%1” and all that follows").arg(name)
                           : tr("Delete “%1” and all that follows").arg(name);
        if (intent.contains(QLatin1String("--children-only")))
            return forgets ? tr("Forget what follows “%1”").arg(name) : tr("Delete what follows “%1”").arg(name);
        return forgets ? tr("Forget “%1”").arg(name) : tr("Delete “%1”").arg(name);
    }
    if (verb == QLatin1String("rename"))
        return tr("Rename “%1” to “%2”").arg(name, second);
    if (verb == QLatin1String("describe"))
        return tr("Describe “%1”").arg(name);
    if (verb == QLatin1String("policy"))
        return tr("Change the kind of snapshots it gets");
    if (verb == QLatin1String("uniform"))
        return tr("Make the tree uniform");
    if (verb == QLatin1String("start"))
        return tr("Start");
    if (verb == QLatin1String("pause"))
        return tr("Pause");
    if (verb == QLatin1String("resume"))
        return tr("Go on");
    if (verb == QLatin1String("shutdown"))
        return tr("Shut down");
    if (verb == QLatin1String("force-off"))
        return tr("Force off");
    if (verb == QLatin1String("remove-orphan"))
        return second.isEmpty() ? tr("Remove %1", "file").arg(PlanText::shown(name))
                                : tr("Remove the tag “%1” from %2").arg(intent.value(3), PlanText::shown(name));
    if (verb == QLatin1String("backup"))
        return tr("Back up to %1", "folder").arg(visible(name));
    if (verb == QLatin1String("undo"))
        return tr("Undo");
    return intent.join(u' ');
}

QString TaskText::outcome(const HistoryEntry &entry)
{
    return entry.outcome ? outcome(*entry.outcome, entry.error) : tr("Interrupted");
}

QString TaskText::undo(const HistoryEntry &entry)
{
    if (entry.isUndone)
        return tr("Undone");
    if (!entry.undoes.isEmpty())
        return QString();
    switch (entry.undo) {
    case HistoryEntry::Undo::No:
        return tr("Cannot be undone");
    case HistoryEntry::Undo::Partly:
        return tr("Can be undone in part");
    case HistoryEntry::Undo::Possible:
        return tr("Can be undone");
    }
    Q_UNREACHABLE();
}

QString TaskText::undoHelp(const HistoryEntry &entry)
{
    if (entry.isUndone)
        return tr("This was undone already.");
    if (!entry.undoes.isEmpty())
        return tr("It put back what another job had done.");
    if (!entry.whyNoUndo.isEmpty())
        return FindingText::sentence({entry.whyNoUndo, Verdict::Block, entry.whyNoUndoSubject, {}});
    QStringList help;
    for (const HistoryEntry::Done &done : entry.steps) {
        // A new snapshot is not kept when it goes.
        if (done.isDone == true && done.step.kind == StepKind::CreateSnapshot && entry.undo != HistoryEntry::Undo::No)
            help += tr("Undoing this deletes the snapshot “%1” for good.").arg(visible(done.step.name));
        if (done.isDone == true && done.step.kind == StepKind::FinishBackup && entry.undo != HistoryEntry::Undo::No)
            help += tr("Undoing this removes the backup for good.");
    }
    const QString verb = entry.intent.value(0);
    if (!help.isEmpty() && (verb == QLatin1String("create") || verb == QLatin1String("backup")))
        return help.join(u' '); // it removed nothing
    switch (entry.undo) {
    case HistoryEntry::Undo::No:
        help += tr("What it removed or changed is not kept any more.");
        break;
    case HistoryEntry::Undo::Partly:
        help += tr("Some of what it removed or changed is still kept and can be put back.");
        break;
    case HistoryEntry::Undo::Possible:
        help += tr("All that it removed or changed is still kept and can be put back.");
        break;
    }
    return help.join(u' ');
}

QString TaskText::step(const HistoryEntry &entry, const HistoryEntry::Done &done)
{
    const QString sentence = StepText::sentence(done.step, entry.domainName);
    if (!done.isDone.isKnown())
        return tr("? %1 (not known whether it was done)", "a step").arg(sentence);
    return *done.isDone ? tr("✓ %1", "a step that was done").arg(sentence)
                        : tr("– %1 (not done)", "a step").arg(sentence);
}

QString TaskText::pinned(const HistoryEntry &entry)
{
    return entry.pinned == 0 ? QString()
                             : tr("%1 are kept so that it can be undone").arg(UnitText::bytes(entry.pinned));
}

QString TaskText::interrupted(const HistoryEntry &entry)
{
    return tr("Interrupted on %1: %2", "machine, what").arg(entry.domainName, what(entry));
}

QString TaskText::interruptedHelp(const RecoveryItem &item)
{
    const HistoryEntry &entry = item.entry;
    qsizetype done = 0;
    bool isUnknown = false;
    for (const HistoryEntry::Done &step : entry.steps) {
        done += step.isDone == true;
        isUnknown = isUnknown || !step.isDone.isKnown();
    }
    if (item.isComplete)
        return tr("All its steps were done; only that was not noted any more.");
    const QString all = number(qsizetype(entry.steps.size()));
    const QString far = isUnknown
        ? tr("%1 of %2 steps were done when the program ended; of the next nobody knows.").arg(number(done), all)
        : tr("%1 of %2 steps were done when the program ended.").arg(number(done), all);
    return item.canPutBack
        ? tr("%1 Treewarden can put back what was done, or leave it as it is now.").arg(far)
        : tr("%1 What was done cannot be put back (%2); the history shows the steps.").arg(far, why(item.whyNot));
}

} // namespace treewarden
