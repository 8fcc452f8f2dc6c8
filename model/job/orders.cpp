// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backup/catalogue.h"
#include "model/domain/nbdvolume.h"
#include "model/job/runner.h"
#include "model/job/undo.h"

#include <QCryptographicHash>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

JobOrder orderOf(const ConfirmedPlan &plan, const Surroundings &surroundings)
{
    Surroundings then = surroundings;
    then.jobFiles.clear(); // the runner asks the journal
    return {plan,
        [intent = plan.plan().intent, then](const std::shared_ptr<const Inventory> &inventory) {
            Proposal proposal = propose(intent, inventory, then);
            std::vector<Plan> plans = std::move(proposal.alternatives);
            plans.push_back(std::move(proposal.plan));
            return plans;
        },
        [](const Step &step, Draft &draft) { return play(step, draft); }};
}

JobOrder orderOf(const ConfirmedPlan &plan, const Surroundings &surroundings, const JobHost &host)
{
    JobOrder order = orderOf(plan, surroundings);
    if (!std::holds_alternative<BackupIntent>(plan.plan().intent.what))
        return order;
    order.replan = [plan, surroundings, host](const std::shared_ptr<const Inventory> &inventory) {
        const Intent &intent = plan.plan().intent;
        return orderOf(plan, surroundingsOf(intent, surroundings, *inventory, host)).replan(inventory);
    };
    return order;
}

// What is kept here about a volume lies beside the journal: in one place, however its URL is spelt.
static QString folderOfVolume(const QString &url)
{
    const auto volume = nbdVolume(url);
    const QString server = !volume ? url
        : volume->host.isEmpty()   ? volume->socket
                                   : u"%1:%2"_s.arg(volume->host.toLower()).arg(volume->port);
    const QString key = volume ? QString(server + u'\n' + volume->name) : server;
    const QByteArray hash = QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha256).toHex();
    return Journal::standardFolder() + u"/volumes/"_s + QString::fromLatin1(hash.left(16));
}

Surroundings surroundingsOf(
    const Intent &intent, Surroundings surroundings, const Inventory &inventory, const JobHost &host)
{
    const auto *backup = std::get_if<BackupIntent>(&intent.what);
    const auto domain = inventory.domain(intent.domain);
    if (!backup || !domain || host.stores.empty())
        return surroundings;
    ImageStore &store = *host.stores.front();
    const QString &where = backup->directory;
    surroundings.backupTarget
        = std::make_shared<const BackupTarget>(isVolume(where) ? readVolumeTarget(store, where, folderOfVolume(where))
                                                               : readTarget(store, where, domain->uuid, domain->name));
    return surroundings;
}

namespace {

// As far as it came; an error: it cannot be put back (any more).
Result<JournalEntry> undoableEntry(const Journal &journal, const JobHost &host, const QString &name)
{
    Result<JournalEntry> entry = journal.find(name);
    if (!entry)
        return failure(entry.error());
    if (entry->isUndone || entry->isPutBack)
        return failure(ErrorCode::Unsupported, u"undone-already"_s, name);
    if (journal.isAlive(*entry))
        return failure(ErrorCode::Busy, entry->domainName);
    if (!entry->outcome) {
        JobHost looked = host;
        if (const auto settled = settleInterrupted(*entry, looked); !settled)
            return failure(settled.error());
    }
    return entry;
}

JobOrder undoOrder(const JournalEntry &entry, const JobHost &host, const ConfirmedPlan &plan)
{
    return {plan,
        [host, entry](
            const std::shared_ptr<const Inventory> &anew) { return std::vector<Plan>{planUndo(entry, anew, host)}; },
        [entry](const Step &step, Draft &draft) { return playUndoStep(entry, step, draft); }, entry.entry};
}

} // namespace

// Findings of this file:
//
// undone-already  Block  the journal's entry
// entry-not-read  Block  the journal's entry, or what could not be read
Plan proposeUndo(
    const Journal &journal, const JobHost &host, const std::shared_ptr<const Inventory> &inventory, const QString &name)
{
    const auto entry = undoableEntry(journal, host, name);
    if (entry)
        return planUndo(*entry, inventory, host);
    Plan plan;
    plan.way = u"undo"_s;
    plan.arguments = {name};
    if (const auto known = journal.find(name))
        plan.intent = intentFromWords(known->domain, known->intent).value_or(Intent{known->domain, PowerIntent{}});
    plan.verdict = Verdict::Block;
    const bool isUndone = entry.error().code == ErrorCode::Unsupported;
    plan.findings = {{isUndone ? entry.error().subject : u"entry-not-read"_s, Verdict::Block, name}};
    return plan;
}

Result<JobOrder> undoOrder(const Journal &journal, const JobHost &host, const ConfirmedPlan &plan)
{
    return undoableEntry(journal, host, plan.plan().arguments.value(0)).map([&](const JournalEntry &entry) {
        return undoOrder(entry, host, plan);
    });
}

Result<JobOrder> undoOrder(const Journal &journal, const JobHost &host, const QString &name)
{
    const auto entry = undoableEntry(journal, host, name);
    if (!entry)
        return failure(entry.error());
    const auto inventory = host.read();
    if (!inventory)
        return failure(inventory.error());
    auto plan = std::make_shared<const Plan>(planUndo(*entry, *inventory, host));
    // Undoing says that what the job made is to go; the guard blocks everything else.
    QStringList acknowledged;
    for (const Finding &finding : plan->confirmations())
        acknowledged += finding.id + u'@' + finding.subject;
    auto confirmed = ConfirmedPlan::confirm(plan, acknowledged);
    if (!confirmed)
        return failure(confirmed.error());
    return undoOrder(*entry, host, *confirmed);
}

std::vector<DomainId> sharersOf(const Draft &draft, const Intent &intent)
{
    const auto imagesOf = [&](const DraftDomain &domain) {
        QSet<ImageId> images;
        const auto add = [&](const std::shared_ptr<const DomainDefinition> &definition) {
            for (size_t i = 0; definition && i < definition->disks.size(); ++i) {
                const ImageLocation &location = definition->disks[i].source.location;
                if (location.isEmpty())
                    continue;
                const ImageId top = draft.idAt(location);
                images.insert(top);
                for (const ImageId &layer : draft.chain(top))
                    images.insert(layer);
            }
        };
        add(domain.definition);
        add(domain.persistentDefinition);
        for (const auto &snapshot : domain.snapshots)
            add(snapshot->definition);
        return images;
    };
    std::vector<DomainId> sharers{intent.domain};
    if (!draft.domain(intent.domain))
        return sharers;
    std::map<DomainId, QSet<ImageId>> images;
    for (const auto &[id, each] : draft.domains())
        images.emplace(id, imagesOf(*each));
    // It may be of any machine on whose images it lies, whose job may be making it just now.
    if (const auto *orphan = std::get_if<RemoveOrphanIntent>(&intent.what)) {
        const DraftImage *file = draft.imageAt({SourceKind::File, orphan->path});
        for (const ImageId &layer : file ? draft.chain(file->id) : std::vector<ImageId>())
            images[intent.domain].insert(layer);
    }
    // Who shares with a sharer shares, too: a job on one may touch what lies below all.
    for (size_t i = 0; i < sharers.size(); ++i) {
        for (const auto &[id, others] : images) {
            if (std::find(sharers.begin(), sharers.end(), id) == sharers.end() && others.intersects(images[sharers[i]]))
                sharers.push_back(id);
        }
    }
    return sharers;
}

QSet<QString> filesOf(const Step &step)
{
    QSet<QString> files{step.path, step.base};
    for (const StepDisk &disk : step.disks)
        files << disk.path << disk.base;
    files.remove(QString());
    return files;
}

namespace {

QSet<QString> filesOf(const JournalStep &each)
{
    QSet<QString> files = treewarden::filesOf(each.step);
    for (const Step &step : each.undo)
        files += treewarden::filesOf(step);
    for (const Pin &pin : each.pins)
        files << pin.path << pin.pinned;
    for (const FileMark &mark : each.made)
        files << mark.path;
    return files;
}

} // namespace

Result<QSet<QString>> filesOfUnfinishedJobs(const Journal &journal, const QString &except)
{
    const auto contents = journal.read();
    if (!contents)
        return failure(contents.error());
    QSet<QString> files;
    for (const JournalEntry &entry : contents->entries) {
        if (entry.outcome || entry.entry == except)
            continue;
        for (const JournalStep &each : entry.steps)
            files += filesOf(each);
    }
    return files;
}

} // namespace treewarden
