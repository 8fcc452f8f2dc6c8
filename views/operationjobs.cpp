// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of the operations: tasks, history, and jobs that were left in the middle.
#include "model/job/undo.h"
#include "views/historyview.h"
#include "views/intentform.h"
#include "views/noticebar.h"
#include "views/operations.h"
#include "views/plandialog.h"
#include "views/tasksview.h"
#include "views/text/tasktext.h"

namespace treewarden {

namespace {

QString taskKey(const Connection *connection, quint64 id)
{
    return QStringLiteral("task %1 %2").arg(connection->uri()).arg(id);
}

QString recoveryPrefix(const Connection *connection)
{
    return QStringLiteral("recovery %1 ").arg(connection->uri());
}

} // namespace

void Operations::connectHistory()
{
    connect(m_panes.notices, &NoticeBar::dismissed, this, [this](const QString &key) {
        if (key.startsWith(QLatin1String("recovery ")))
            m_closedRecoveries.insert(key);
    });
    connect(m_panes.history, &HistoryView::undoWanted, this, [this](const QString &name) {
        if (!m_connection)
            return;
        const std::vector<HistoryEntry> &history = m_connection->history();
        const auto entry = std::find_if(
            history.begin(), history.end(), [&name](const HistoryEntry &each) { return each.entry == name; });
        if (entry != history.end())
            openUndo(m_connection, *entry);
    });
    connect(m_panes.history, &HistoryView::freeRequested, this, [this](const QString &entry) {
        if (m_connection)
            m_connection->freePin(entry);
    });
}

// The same dialog as every other change: what it would do, what goes, and why not where it is refused.
void Operations::openUndo(Connection *shown, const HistoryEntry &entry)
{
    const QPointer<Connection> connection = shown;
    PlanHost host;
    host.machine = entry.domainName;
    host.propose = [connection, name = entry.entry](const Intent &, std::function<void(Proposal)> answer) {
        if (connection)
            connection->proposeUndo(name, std::move(answer));
    };
    openDialog(connection,
        new UndoForm(intentFromWords(entry.domain, entry.intent).value_or(Intent{entry.domain, PowerIntent{}})),
        std::move(host));
}

void Operations::watch(Connection *connection)
{
    connect(connection, &Connection::taskChanged, this, [this, connection](quint64 id) { showTask(connection, id); });
    connect(connection, &Connection::historyChanged, this, [this, connection] {
        if (connection == m_connection)
            showHistory();
        showRecoveries(connection);
    });
    connect(connection, &Connection::recoveryFound, this, [this, connection] { showRecoveries(connection); });
    connect(connection, &Connection::statusChanged, this, [this, connection] {
        m_panes.tasks->show(connection->uri(), connection->tasks());
        if (connection != m_connection)
            return;
        if (connection->status() == Connection::Status::Open)
            connection->readHistory();
        showHistory();
        updateActions();
    });
}

void Operations::forget(Connection *connection)
{
    m_panes.tasks->show(connection->uri(), {});
    for (const QString &key : m_panes.notices->keys()) {
        if (key.startsWith(recoveryPrefix(connection)))
            m_panes.notices->withdraw(key);
    }
    Q_EMIT tasksUnderWay(m_panes.tasks->underWay());
}

void Operations::run(Connection *connection, std::shared_ptr<const Plan> plan, const QStringList &acknowledged)
{
    // The dialog lets nothing through that this refuses; it is asked all the same.
    const auto confirmed = ConfirmedPlan::confirm(std::move(plan), acknowledged);
    if (!confirmed) {
        Task refused;
        refused.error = confirmed.error();
        refused.outcome = Outcome::Failed;
        const auto [title, text] = TaskText::failure(refused);
        m_panes.notices->post({QStringLiteral("refused"), Notice::Kind::Failure, title, text, {}, {}});
        return;
    }
    connection->run(*confirmed);
    Q_EMIT taskStarted();
}

void Operations::showTask(Connection *connection, quint64 id)
{
    m_panes.tasks->show(connection->uri(), connection->tasks());
    Q_EMIT tasksUnderWay(m_panes.tasks->underWay());
    if (connection == m_connection)
        updateActions();
    const Task *task = connection->task(id);
    if (!task || !task->outcome || (*task->outcome != Outcome::Failed && *task->outcome != Outcome::Indeterminate))
        return;
    const auto [title, text] = TaskText::failure(*task);
    m_panes.notices->post(
        {taskKey(connection, id), Notice::Kind::Failure, title, text, TaskText::theirWords(task->error), {}});
}

void Operations::showHistory()
{
    if (m_connection)
        m_panes.history->show(m_connection->history(), m_connection->status() == Connection::Status::Open);
    else
        m_panes.history->show({}, false);
}

void Operations::showRecoveries(Connection *connection)
{
    const QString prefix = recoveryPrefix(connection);
    QStringList standing;
    for (const RecoveryItem &item : connection->recoveries()) {
        const QString key = prefix + item.entry.entry;
        standing += key;
        if (m_closedRecoveries.contains(key))
            continue;
        std::vector<Notice::Button> buttons;
        const QPointer<Connection> host = connection;
        const QString entry = item.entry.entry;
        const auto close = [this, key] { m_panes.notices->withdraw(key); };
        if (item.canPutBack && !item.isComplete) {
            buttons.push_back({tr("Put back…"), [this, host, interrupted = item.entry] {
                                   if (host)
                                       openUndo(host, interrupted);
                               }});
        }
        buttons.push_back({item.isComplete ? tr("Note it as done") : tr("Leave as it is"), [host, entry, close] {
                               if (host)
                                   host->leaveAsItIs(entry);
                               close();
                           }});
        m_panes.notices->post({key, Notice::Kind::Warning, TaskText::interrupted(item.entry),
            TaskText::interruptedHelp(item), {}, std::move(buttons)});
    }
    for (const QString &key : m_panes.notices->keys()) {
        if (key.startsWith(prefix) && !standing.contains(key))
            m_panes.notices->withdraw(key);
    }
}

} // namespace treewarden
