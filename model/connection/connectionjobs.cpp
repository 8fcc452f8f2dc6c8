// SPDX-License-Identifier: GPL-3.0-or-later
// What a Connection does with jobs and their journal.
#include "model/connection/connection.h"
#include "model/connection/session.h"
#include "model/job/recovery.h"
#include "model/job/undo.h"

#include <QDateTime>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

Surroundings Connection::surroundings() const
{
    Surroundings surroundings{QDateTime::currentSecsSinceEpoch(), m_canEditFiles, m_jobFiles};
    for (const Task &task : m_tasks) {
        for (size_t i = 0; i < task.steps.size() && !task.outcome; ++i)
            surroundings.jobFiles += filesOf(task.steps[i]);
    }
    return surroundings;
}

quint64 Connection::readFresh()
{
    const quint64 number = ++m_lastReading;
    if (m_session)
        m_session->readFresh(number);
    return number;
}

const Task *Connection::task(quint64 id) const
{
    const auto found
        = std::find_if(m_tasks.begin(), m_tasks.end(), [&](const Task &candidate) { return candidate.id == id; });
    return found == m_tasks.end() ? nullptr : &*found;
}

quint64 Connection::addTask(Task task, const std::function<void(Session &, const Task &)> &begin)
{
    task.id = ++m_lastTask;
    const quint64 id = task.id;
    m_tasks.push_back(task);
    if (m_session && m_status == Status::Open) {
        begin(*m_session, task);
    } else {
        Task &added = m_tasks.back();
        added.outcome = Outcome::Failed;
        added.error = {ErrorCode::ConnectionLost, m_uri, {}};
        added.ended = QDateTime::currentMSecsSinceEpoch();
    }
    QMetaObject::invokeMethod(
        this, [this, id] { Q_EMIT taskChanged(id); }, Qt::QueuedConnection);
    return id;
}

void Connection::setTask(const Task &task)
{
    for (Task &each : m_tasks) {
        if (each.id != task.id)
            continue;
        each = task;
        Q_EMIT taskChanged(task.id);
        return;
    }
}

namespace {

// What every job of a session needs; the session may be gone before it ends.
JobDesk::Job jobOf(Session &session, const Task &task, std::vector<DomainId> machines)
{
    JobDesk::Job job;
    job.task = task;
    job.machines = std::move(machines);
    const std::weak_ptr<Session> weak = session.weak_from_this();
    const auto hypervisor = session.hypervisor();
    job.host = [hypervisor, weak] {
        const auto alive = weak.lock();
        return alive && hypervisor ? alive->jobHost(hypervisor) : JobHost{};
    };
    return job;
}

} // namespace

quint64 Connection::run(const ConfirmedPlan &plan)
{
    Task task;
    task.intent = plan.plan().intent;
    task.way = plan.plan().way;
    task.isUndo = task.way == "undo"_L1;
    for (const PlannedStep &planned : plan.plan().steps)
        task.steps.push_back(planned.step);
    const DraftDomain *domain = m_draft->domain(task.intent.domain);
    task.domainName = domain ? domain->name : task.intent.domain.value;
    return addTask(task, [&](Session &session, const Task &added) {
        JobDesk::Job job = jobOf(session, added, sharersOf(*m_draft, added.intent));
        if (added.isUndo)
            job.order = [journal = session.desk()->journal(), plan](
                            const JobHost &host) { return undoOrder(*journal, host, plan); };
        else
            job.order = [plan, surroundings = surroundings()](
                            const JobHost &host) -> Result<JobOrder> { return orderOf(plan, surroundings, host); };
        session.runJob(std::move(job));
    });
}

void Connection::proposeUndo(const QString &entry, std::function<void(Proposal)> answer)
{
    if (!m_session)
        return;
    // By pointer: the answer has things of the GUI thread in it and must end there.
    auto onGui = std::make_shared<std::function<void(Proposal)>>(std::move(answer));
    m_session->errand(u"history"_s, {},
        [entry, inventory = m_inventory, onGui = std::move(onGui)](
            Session &session, const std::shared_ptr<Hypervisor> &hypervisor) mutable {
            auto proposal = std::make_shared<Proposal>();
            if (hypervisor)
                proposal->plan = treewarden::proposeUndo(
                    *session.desk()->journal(), session.jobHost(hypervisor), inventory, entry);
            session.post([proposal, isThere = bool(hypervisor), onGui = std::move(onGui)](Connection &) {
                if (isThere)
                    (*onGui)(std::move(*proposal));
            });
        });
}

void Connection::proposeBackup(const Intent &intent, std::function<void(Proposal)> answer)
{
    if (!m_session)
        return;
    auto onGui = std::make_shared<std::function<void(Proposal)>>(std::move(answer));
    m_session->errand(u"backups"_s, {},
        [intent, draft = m_draft, known = surroundings(), onGui = std::move(onGui)](
            Session &session, const std::shared_ptr<Hypervisor> &hypervisor) mutable {
            auto proposal = std::make_shared<Proposal>();
            if (hypervisor) {
                JobHost host;
                host.stores = session.backend().stores(hypervisor);
                *proposal = propose(intent, *draft, surroundingsOf(intent, known, draft->inventory(), host));
            }
            session.post([proposal, isThere = bool(hypervisor), onGui = std::move(onGui)](Connection &) {
                if (isThere)
                    (*onGui)(std::move(*proposal));
            });
        });
}

void Connection::cancel(quint64 id)
{
    if (!m_session || !m_session->desk()->cancel(id))
        return;
    for (Task &each : m_tasks) {
        if (each.id == id && !each.outcome)
            each.isCancelling = true;
    }
}

void Connection::pause(quint64 id, bool isWanted)
{
    if (m_session)
        m_session->desk()->pause(id, isWanted);
}

void Connection::readHistory()
{
    if (!m_session)
        return;
    m_session->errand(u"history"_s, {}, [](Session &session, const std::shared_ptr<Hypervisor> &hypervisor) {
        const JobHost host = hypervisor ? session.jobHost(hypervisor) : JobHost{};
        const auto history = historyOf(*session.desk()->journal(), host);
        session.post([history](Connection &connection) {
            if (!history) {
                Q_EMIT connection.operationFailed(u"history"_s, {}, history.error());
                return;
            }
            connection.m_history = *history;
            Q_EMIT connection.historyChanged();
        });
    });
}

void Connection::lookAfterJobs()
{
    if (!m_session)
        return;
    m_session->errand(
        u"history"_s, {}, [limits = m_pinLimits](Session &session, const std::shared_ptr<Hypervisor> &hypervisor) {
            if (!hypervisor)
                return;
            const JobHost host = session.jobHost(hypervisor);
            Journal &journal = *session.desk()->journal();
            (void)expirePins(journal, host, limits, QDateTime::currentMSecsSinceEpoch());
            const auto files = filesOfUnfinishedJobs(journal);
            const auto found = findInterrupted(journal, host);
            if (!found || !files)
                return; // the connection broke, which the reader tells
            session.post([found = *found, files = *files](Connection &connection) {
                connection.m_jobFiles = files;
                const auto nameOf = [](const RecoveryItem &item) { return item.entry.entry; };
                const bool isNew = std::any_of(found.begin(), found.end(), [&](const RecoveryItem &item) {
                    return std::none_of(connection.m_recoveries.begin(), connection.m_recoveries.end(),
                        [&](const RecoveryItem &known) { return nameOf(known) == nameOf(item); });
                });
                connection.m_recoveries = found;
                if (isNew)
                    Q_EMIT connection.recoveryFound();
            });
        });
    readHistory();
}

void Connection::freePin(const QString &name)
{
    if (!m_session)
        return;
    m_session->errand(u"history"_s, {}, [name](Session &session, const std::shared_ptr<Hypervisor> &hypervisor) {
        Journal &journal = *session.desk()->journal();
        const auto entry = journal.find(name);
        const Result<> freed = !hypervisor ? failure(ErrorCode::ConnectionLost)
            : entry                        ? freePins(journal, session.jobHost(hypervisor), *entry)
                                           : failure(entry.error());
        session.post([freed](Connection &connection) {
            if (!freed)
                Q_EMIT connection.operationFailed(u"free-pin"_s, {}, freed.error());
            connection.readHistory();
        });
    });
}

void Connection::leaveAsItIs(const QString &name)
{
    if (!m_session)
        return;
    m_session->errand(u"history"_s, {}, [name](Session &session, const std::shared_ptr<Hypervisor> &hypervisor) {
        const Result<> left = hypervisor
            ? treewarden::leaveAsItIs(*session.desk()->journal(), session.jobHost(hypervisor), name)
            : failure(ErrorCode::ConnectionLost);
        session.post([left, name](Connection &connection) {
            if (left)
                std::erase_if(
                    connection.m_recoveries, [&](const RecoveryItem &item) { return item.entry.entry == name; });
            else
                Q_EMIT connection.operationFailed(u"leave-as-it-is"_s, {}, left.error());
            connection.lookAfterJobs();
        });
    });
}

} // namespace treewarden
