// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/jobs.h"

#include "app/cli/clitext.h"
#include "app/cli/jobwatch.h"
#include "app/cli/output.h"
#include "app/cli/planning.h"
#include "model/job/recovery.h"
#include "model/job/runner.h"
#include "model/job/undo.h"
#include "views/text/findingtext.h"
#include "views/text/steptext.h"
#include "views/text/tasktext.h"
#include "views/text/waytext.h"

#include <QJsonArray>

#include <csignal>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

JobHost hostOf(const Backend &backend, const std::shared_ptr<Hypervisor> &hypervisor)
{
    return makeJobHost(hypervisor, backend.editor ? backend.editor(hypervisor) : nullptr, backend.stores(hypervisor));
}

QSet<QString> filesOf(const Inventory &inventory)
{
    QSet<QString> paths;
    for (const Image &image : inventory.images->images()) {
        if (!image.facts.isAbsent() && image.location.isLocalPath())
            paths.insert(image.location.name);
    }
    return paths;
}

QJsonArray sorted(const QSet<QString> &paths)
{
    QStringList list(paths.begin(), paths.end());
    list.sort();
    return QJsonArray::fromStringList(list);
}

bool changesBytes(EffectKind kind)
{
    return kind == EffectKind::Write || kind == EffectKind::AddTag || kind == EffectKind::RemoveTag
        || kind == EffectKind::Repoint;
}

// What came of the files: made and removed as two readings show it, written as far as the plan says.
QJsonObject filesJson(
    const Plan &plan, const Inventory &before, const Result<std::shared_ptr<const Inventory>> &after, bool hasSucceeded)
{
    QSet<QString> created;
    QSet<QString> removed;
    QSet<QString> written;
    for (const Effect &effect : plan.effects) {
        if (effect.kind == EffectKind::Create)
            created.insert(effect.path);
        if (effect.kind == EffectKind::Remove && !created.remove(effect.path))
            removed.insert(effect.path);
        if (changesBytes(effect.kind))
            written.insert(effect.path);
    }
    if (after) {
        const QSet<QString> then = filesOf(before);
        const QSet<QString> now = filesOf(**after);
        created = now - then;
        removed = then - now;
        written &= now;
    }
    // No reading lists these.
    for (size_t i = 0; i < plan.steps.size() && hasSucceeded; ++i) {
        for (const Effect &effect : plan.steps[i].effects) {
            if (isOfBackup(plan.steps[i].step.kind) && effect.kind == EffectKind::Create)
                created.insert(effect.path);
            if (isOfBackup(plan.steps[i].step.kind) && effect.kind == EffectKind::Remove)
                removed.insert(effect.path);
        }
    }
    written -= created;
    written -= removed;
    return {{u"created"_s, sorted(created)}, {u"written"_s, sorted(written)}, {u"removed"_s, sorted(removed)}};
}

int exitAfter(const Task &task)
{
    switch (task.outcome.value_or(Outcome::Indeterminate)) {
    case Outcome::Succeeded:
        return Done;
    case Outcome::Failed:
        return FailedExit;
    case Outcome::Cancelled:
        return CancelledExit;
    case Outcome::Indeterminate:
        return IndeterminateExit;
    }
    return FailedExit;
}

// From the journal's intent to the outcome, with everything said.
int runOrder(const Options &options, const std::shared_ptr<Journal> &journal, JobHost host, const JobOrder &order,
    const Inventory &before, const QString &machine)
{
    // A daemon that ends while libvirt writes to it, or a reader of our output that goes, must not end a job in its
    // middle: what fails then is said by the call.
    std::signal(SIGPIPE, SIG_IGN);
    const Plan &plan = order.plan.plan();
    Runner runner(host, journal);
    JobWatch watch(runner, machine, options.json);
    const Task task = runner.run(order);
    watch.end();
    const QString error = task.outcome == Outcome::Succeeded ? QString() : CliText::jobError(task.error);
    const QString left = TaskText::leftAsItIs(task);
    if (options.json) {
        QJsonObject done = filesJson(plan, before, host.read(), task.outcome == Outcome::Succeeded);
        done.insert(u"event"_s, u"done"_s);
        done.insert(u"entry"_s, task.entry);
        done.insert(u"outcome"_s, outcomeName(task.outcome.value_or(Outcome::Indeterminate)));
        done.insert(u"error"_s, error.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(error));
        done.insert(u"left"_s, left.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(left));
        printJson(done);
    } else {
        print(TaskText::step(task));
    }
    if (!error.isEmpty())
        printError(error);
    if (!left.isEmpty())
        printError(left);
    return exitAfter(task);
}

void sayWhyNot(const Plan &plan, const QStringList &acknowledged)
{
    for (const Finding &finding : plan.findings) {
        const QString name = finding.id + u'@' + finding.subject;
        const QString sentence = FindingText::sentence(finding);
        if (finding.severity == Verdict::Block)
            printError(CliText::blocked(finding.id, sentence));
        else if (plan.verdict == Verdict::Confirm && finding.severity == Verdict::Confirm
            && !acknowledged.contains(finding.id) && !acknowledged.contains(name))
            printError(CliText::needsAcknowledgement(name, sentence));
    }
}

// Says why it may not be run, and what could be run instead.
Exit refuse(const Options &options, const Proposal &proposal, const Plan &plan, const QStringList &acknowledged,
    const Inventory &inventory, const QString &machine)
{
    if (options.json) {
        QJsonObject refused = planJson(proposal, inventory, machine);
        refused.insert(u"event"_s, u"refused"_s);
        printJson(refused);
    }
    sayWhyNot(plan, acknowledged);
    return exitOf(plan.verdict);
}

void sayWhatElse(const Proposal &proposal, std::optional<int> refused)
{
    int number = 0;
    for (const Plan &other : proposal.alternatives) {
        if (refused != number)
            printError(CliText::alternative(number, WayText::title(other)));
        ++number;
    }
}

// Which alternatives there are follows from the state, so that the same number may be something else by now. What does
// something else than was asked is not accepted by an id that says nothing of whom it is about.
QStringList acknowledgedFor(const Plan &plan, const IntentArguments &arguments)
{
    QStringList acknowledged = arguments.acknowledged;
    if (plan.intent != arguments.intent && arguments.expected.isEmpty())
        acknowledged.removeIf([](const QString &each) { return !each.contains(u'@'); });
    return acknowledged;
}

struct UndoArguments
{
    QString entry; // empty: the last that can be undone
    QStringList acknowledged;
};

// No value: it is said what is wrong.
std::optional<UndoArguments> undoArguments(QStringList words)
{
    const auto wrong = [](const QString &text) {
        printError(text);
        return std::nullopt;
    };
    const QString option = u"--acknowledge"_s;
    UndoArguments found;
    bool isAfterOptions = false;
    bool hasEntry = false;
    while (!words.isEmpty()) {
        const QString word = words.takeFirst();
        if (!isAfterOptions && word == "--"_L1) {
            isAfterOptions = true;
        } else if (!isAfterOptions && word == option) {
            if (words.isEmpty())
                return wrong(CliText::argumentError({ArgumentError::Kind::MissingValue, option}));
            found.acknowledged << words.takeFirst();
        } else if (!isAfterOptions && word.startsWith(option + u'=')) {
            found.acknowledged << word.mid(option.size() + 1);
        } else if (!isAfterOptions && word.startsWith("--"_L1)) {
            return wrong(CliText::argumentError({ArgumentError::Kind::UnknownOption, word}));
        } else if (hasEntry) {
            return wrong(CliText::tooManyArguments());
        } else {
            found.entry = word;
            hasEntry = true;
        }
    }
    return found;
}

QString undoName(const HistoryEntry &entry)
{
    if (entry.isUndone)
        return u"no"_s;
    switch (entry.undo) {
    case HistoryEntry::Undo::No:
        return u"no"_s;
    case HistoryEntry::Undo::Partly:
        return u"partly"_s;
    case HistoryEntry::Undo::Possible:
        return u"possible"_s;
    }
    return {};
}

QJsonValue known(const Fact<bool> &fact)
{
    return fact.isKnown() ? QJsonValue(*fact) : QJsonValue(QJsonValue::Null);
}

} // namespace

int runCommand(const Options &options, const Backend &backend)
{
    const Asked asked = ask(options, backend, IntentUse::Run);
    if (!asked.reading)
        return asked.exit;
    const std::optional<int> wanted = asked.arguments.alternative;
    const qsizetype others = qsizetype(asked.proposal.alternatives.size());
    if (wanted && *wanted >= others) {
        printError(CliText::noSuchAlternative(*wanted, int(others)));
        return Usage;
    }
    const auto plan
        = std::make_shared<const Plan>(wanted ? asked.proposal.alternatives[size_t(*wanted)] : asked.proposal.plan);
    if (!asked.arguments.expected.isEmpty() && asked.arguments.expected != plan->hash())
        return failed(CliText::stalePlan());
    const QStringList acknowledged = acknowledgedFor(*plan, asked.arguments);
    const auto confirmed = ConfirmedPlan::confirm(plan, acknowledged);
    if (!confirmed) {
        const Exit refused
            = refuse(options, asked.proposal, *plan, acknowledged, *asked.reading->inventory, asked.domain->name);
        sayWhatElse(asked.proposal, wanted);
        return refused;
    }
    const JobHost host = hostOf(backend, asked.reading->hypervisor);
    return runOrder(options, journalOf(options, backend), host, orderOf(*confirmed, asked.surroundings, host),
        *asked.reading->inventory, asked.domain->name);
}

int undoCommand(const Options &options, const Backend &backend)
{
    const auto arguments = undoArguments(options.arguments);
    if (!arguments)
        return Usage;
    const Result<Reading> reading = read(backend);
    if (!reading)
        return failed(CliText::error(reading.error()));
    const auto journal = journalOf(options, backend);
    const JobHost host = hostOf(backend, reading->hypervisor);
    const auto history = historyOf(*journal, host);
    if (!history)
        return failed(CliText::error(history.error()));
    const QString &wanted = arguments->entry;
    // Without a name: not what was an undo itself, else two in a row would do nothing.
    const auto entry = std::find_if(history->begin(), history->end(), [&](const HistoryEntry &each) {
        return wanted.isEmpty() ? each.undoes.isEmpty() && !each.isUndone && each.undo != HistoryEntry::Undo::No
                                : each.entry == wanted;
    });
    if (entry == history->end())
        return failed(wanted.isEmpty() ? CliText::nothingToUndo() : CliText::noSuchEntry(wanted));
    Proposal proposal;
    proposal.plan = proposeUndo(*journal, host, reading->inventory, entry->entry);
    const auto plan = std::make_shared<const Plan>(proposal.plan);
    if (!options.json && plan->verdict != Verdict::Block) {
        print(CliText::lost());
        printLosses(*plan, u"  "_s);
    }
    const auto confirmed = ConfirmedPlan::confirm(plan, arguments->acknowledged);
    if (!confirmed)
        return refuse(options, proposal, *plan, arguments->acknowledged, *reading->inventory, entry->domainName);
    const auto order = undoOrder(*journal, host, *confirmed);
    if (!order)
        return failed(CliText::error(order.error()));
    return runOrder(options, journal, host, *order, *reading->inventory, entry->domainName);
}

// The window's "leave as it is": nothing is done, and the job counts as ended.
int leaveCommand(const Options &options, const Backend &backend)
{
    const QString wanted = options.arguments.value(0);
    const auto hypervisor = openHost(backend);
    if (!hypervisor)
        return failed(CliText::error(hypervisor.error()));
    const auto journal = journalOf(options, backend);
    const JobHost host = hostOf(backend, *hypervisor);
    const auto contents = journal->read();
    if (!contents)
        return failed(CliText::error(contents.error()));
    const std::vector<JournalEntry> &entries = contents->entries;
    const auto entry = std::find_if(entries.rbegin(), entries.rend(), [&](const JournalEntry &each) {
        return wanted.isEmpty() ? !each.outcome && !journal->isAlive(each) : each.entry == wanted;
    });
    if (entry == entries.rend())
        return failed(wanted.isEmpty() ? CliText::nothingInterrupted() : CliText::noSuchEntry(wanted));
    if (entry->outcome)
        return failed(CliText::notInterrupted(wanted));
    if (const auto left = leaveAsItIs(*journal, host, entry->entry); !left)
        return failed(CliText::error(left.error()));
    const auto ended = journal->find(entry->entry);
    if (!ended)
        return failed(CliText::error(ended.error()));
    if (options.json)
        printJson(
            {{u"entry"_s, ended->entry}, {u"outcome"_s, outcomeName(ended->outcome.value_or(Outcome::Indeterminate))}});
    else
        print(TaskText::outcome(toHistory(*ended)));
    return Done;
}

int historyCommand(const Options &options, const Backend &backend)
{
    const auto hypervisor = openHost(backend);
    if (!hypervisor)
        return failed(CliText::error(hypervisor.error()));
    const JobHost host = hostOf(backend, *hypervisor); // says what was done, and what can still be put back
    const auto history = historyOf(*journalOf(options, backend), host);
    if (!history)
        return failed(CliText::error(history.error()));
    std::vector<TableRow> rows;
    QJsonArray entries;
    for (const HistoryEntry &entry : *history) {
        rows.push_back({{entry.entry, CliText::time(entry.time / 1000), entry.domainName, TaskText::what(entry),
            TaskText::outcome(entry), TaskText::undo(entry)}});
        QJsonArray steps;
        for (const HistoryEntry::Done &done : entry.steps)
            steps.append(QJsonObject{{u"text"_s, StepText::sentence(done.step, entry.domainName)},
                {u"id"_s, stepName(done.step.kind)}, {u"done"_s, known(done.isDone)}});
        entries.append(QJsonObject{{u"entry"_s, entry.entry}, {u"time"_s, entry.time / 1000},
            {u"domain"_s, entry.domainName}, {u"intent"_s, QJsonArray::fromStringList(entry.intent)},
            {u"outcome"_s, entry.outcome ? QJsonValue(outcomeName(*entry.outcome)) : QJsonValue(QJsonValue::Null)},
            {u"undo"_s, undoName(entry)}, {u"undone"_s, entry.isUndone},
            {u"undoes"_s, entry.undoes.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(entry.undoes)},
            {u"pinned"_s, qint64(entry.pinned)}, {u"steps"_s, steps}});
    }
    if (options.json)
        printJson({{u"entries"_s, entries}});
    else
        printTable(CliText::historyHeader(), rows);
    return Done;
}

} // namespace treewarden::cli
