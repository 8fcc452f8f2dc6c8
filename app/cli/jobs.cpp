// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/jobs.h"

#include "app/cli/clitext.h"
#include "app/cli/jobwatch.h"
#include "app/cli/output.h"
#include "app/cli/planning.h"
#include "model/job/runner.h"
#include "model/job/undo.h"
#include "views/text/findingtext.h"
#include "views/text/steptext.h"
#include "views/text/tasktext.h"

#include <QJsonArray>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

std::shared_ptr<Journal> journalOf(const Options &options, const Backend &backend)
{
    return std::make_shared<Journal>(
        backend.stateFolder.isEmpty() ? Journal::standardFolder() : backend.stateFolder, options.uri);
}

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

// What came of the files: made and removed as two readings show it, written as far as the plan says.
QJsonObject filesJson(const Plan &plan, const Inventory &before, const Result<std::shared_ptr<const Inventory>> &after)
{
    QSet<QString> created;
    QSet<QString> removed;
    QSet<QString> written;
    for (const Effect &effect : plan.effects) {
        if (effect.kind == EffectKind::Create)
            created.insert(effect.path);
        if (effect.kind == EffectKind::Remove && !created.remove(effect.path))
            removed.insert(effect.path);
        if (effect.kind == EffectKind::Write)
            written.insert(effect.path);
    }
    if (after) {
        const QSet<QString> then = filesOf(before);
        const QSet<QString> now = filesOf(**after);
        created = now - then;
        removed = then - now;
        written &= now;
    }
    written -= created;
    written -= removed;
    return {{u"created"_s, sorted(created)}, {u"written"_s, sorted(written)}, {u"removed"_s, sorted(removed)}};
}

int exitOf(const Task &task)
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
    const Plan &plan = order.plan.plan();
    Runner runner(host, journal);
    JobWatch watch(runner, machine, options.json);
    const Task task = runner.run(order);
    watch.end();
    const QString error = task.outcome == Outcome::Succeeded ? QString() : CliText::jobError(task.error);
    if (options.json) {
        QJsonObject done = filesJson(plan, before, host.read());
        done.insert(u"event"_s, u"done"_s);
        done.insert(u"entry"_s, task.entry);
        done.insert(u"outcome"_s, outcomeName(task.outcome.value_or(Outcome::Indeterminate)));
        done.insert(u"error"_s, error.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(error));
        printJson(done);
    } else {
        print(TaskText::step(task));
    }
    if (!error.isEmpty())
        printError(error);
    return exitOf(task);
}

// Says why it may not be run.
int refuse(const Plan &plan, const QStringList &acknowledged)
{
    if (plan.verdict == Verdict::Block) {
        for (const Finding &finding : plan.findings) {
            if (finding.severity == Verdict::Block)
                printError(CliText::blocked(finding.id, FindingText::sentence(finding)));
        }
        return Blocked;
    }
    for (const Finding &finding : plan.confirmations()) {
        const QString name = finding.id + u'@' + finding.subject;
        if (!acknowledged.contains(finding.id) && !acknowledged.contains(name))
            printError(CliText::needsAcknowledgement(name, FindingText::sentence(finding)));
    }
    return NeedsAcknowledgement;
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

Result<std::vector<HistoryEntry>> historyOf(const Journal &journal, const JobHost &host)
{
    const auto contents = journal.read();
    if (!contents)
        return failure(contents.error());
    std::vector<HistoryEntry> history;
    for (auto entry = contents->entries.rbegin(); entry != contents->entries.rend(); ++entry)
        history.push_back(toHistory(*entry, host));
    return history;
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
    const auto confirmed = ConfirmedPlan::confirm(plan, asked.arguments.acknowledged);
    if (!confirmed)
        return refuse(*plan, asked.arguments.acknowledged);
    return runOrder(options, journalOf(options, backend), hostOf(backend, asked.reading->hypervisor),
        orderOf(*confirmed, asked.surroundings), *asked.reading->inventory, asked.domain->name);
}

int undoCommand(const Options &options, const Backend &backend)
{
    const Result<Reading> reading = read(backend);
    if (!reading)
        return failed(CliText::error(reading.error()));
    const auto journal = journalOf(options, backend);
    const JobHost host = hostOf(backend, reading->hypervisor);
    const auto history = historyOf(*journal, host);
    if (!history)
        return failed(CliText::error(history.error()));
    const QString wanted = options.arguments.value(0);
    const auto entry = std::find_if(history->begin(), history->end(), [&](const HistoryEntry &each) {
        return wanted.isEmpty() ? !each.isUndone && each.undo != HistoryEntry::Undo::No : each.entry == wanted;
    });
    if (entry == history->end())
        return failed(wanted.isEmpty() ? CliText::nothingToUndo() : CliText::noSuchEntry(wanted));
    const auto order = undoOrder(*journal, host, entry->entry);
    if (!order) {
        const Error &why = order.error();
        if (why.code != ErrorCode::Unsupported)
            return failed(CliText::error(why));
        printError(CliText::blocked(why.subject, FindingText::sentence({why.subject, Verdict::Block, why.detail})));
        return Blocked;
    }
    return runOrder(options, journal, host, *order, *reading->inventory, entry->domainName);
}

int historyCommand(const Options &options, const Backend &backend)
{
    const auto hypervisor = backend.open([](const QString &, const QString &) {});
    if (!hypervisor)
        return failed(CliText::error(hypervisor.error()));
    const auto history = historyOf(*journalOf(options, backend), hostOf(backend, *hypervisor));
    if (!history)
        return failed(CliText::error(history.error()));
    if (!options.json) {
        std::vector<QStringList> rows;
        for (const HistoryEntry &entry : *history)
            rows.push_back({entry.entry, CliText::time(entry.time / 1000), entry.domainName, TaskText::what(entry),
                TaskText::outcome(entry), TaskText::undo(entry)});
        printTable(CliText::historyHeader(), rows);
        return Done;
    }
    QJsonArray entries;
    for (const HistoryEntry &entry : *history) {
        QJsonArray steps;
        for (const HistoryEntry::Done &done : entry.steps)
            steps.append(QJsonObject{{u"text"_s, StepText::sentence(done.step, entry.domainName)},
                {u"id"_s, stepName(done.step.kind)}, {u"done"_s, done.isDone}});
        entries.append(QJsonObject{{u"entry"_s, entry.entry}, {u"time"_s, entry.time / 1000},
            {u"domain"_s, entry.domainName}, {u"intent"_s, QJsonArray::fromStringList(entry.intent)},
            {u"outcome"_s, entry.outcome ? QJsonValue(outcomeName(*entry.outcome)) : QJsonValue(QJsonValue::Null)},
            {u"undo"_s, undoName(entry)}, {u"undone"_s, entry.isUndone}, {u"pinned"_s, qint64(entry.pinned)},
            {u"steps"_s, steps}});
    }
    printJson({{u"entries"_s, entries}});
    return Done;
}

} // namespace treewarden::cli
