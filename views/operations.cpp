// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/operations.h"

#include "views/backupform.h"
#include "views/createform.h"
#include "views/detailspanel.h"
#include "views/hazardsdialog.h"
#include "views/plandialog.h"
#include "views/planview.h"
#include "views/snapshotview.h"
#include "views/tasksview.h"
#include "views/text/findingtext.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QDate>
#include <QStatusBar>

#include <algorithm>

namespace treewarden {

namespace {

// What deleting one snapshot comes to for a shield: that the snapshot itself is lost then goes without saying.
RowVerdict judgeDeletion(
    const DomainId &machine, const QString &snapshot, const Draft &draft, const Surroundings &surroundings)
{
    const Intent intent{machine, DeleteIntent{snapshot}};
    RowVerdict row;
    for (const Finding &finding : propose(intent, draft, surroundings).plan.findings) {
        if (isNamedBy(intent, finding) || finding.severity == Verdict::Allow)
            continue;
        if (!row.reason || finding.severity > row.verdict)
            row = {finding.severity, finding};
    }
    return row;
}

} // namespace

Operations::Operations(const Panes &panes, QObject *parent)
    : QObject(parent)
    , m_panes(panes)
    , m_create(makeAction(tr("&New snapshot…"), QKeySequence::New, &Operations::create))
    , m_revert(makeAction(tr("&Revert…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_R), &Operations::revert))
    , m_delete(makeAction(tr("&Delete…"), QKeySequence::Delete, &Operations::erase))
    , m_rename(makeAction(tr("Re&name…"), QKeySequence(Qt::Key_F2), &Operations::rename))
    , m_describe(makeAction(tr("D&escribe…"), {}, &Operations::describe))
    , m_uniform(makeAction(tr("Make &uniform…"), {}, &Operations::makeUniform))
    , m_backup(makeAction(tr("&Back up…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_B), &Operations::backUp))
    , m_policy(new QActionGroup(this))
{
    // Keys that mean something else in other panes.
    for (QAction *action : {m_delete, m_rename}) {
        action->setShortcutContext(Qt::WidgetShortcut);
        m_panes.snapshots->addAction(action);
    }
    const std::pair<SnapshotPolicy, QString> policies[] = {
        {SnapshotPolicy::Ask, tr("&Ask, and propose what suits the tree")},
        {SnapshotPolicy::Internal, tr("&Internal only")},
        {SnapshotPolicy::External, tr("&External only")},
    };
    for (const auto &[policy, text] : policies) {
        QAction *action = m_policy->addAction(text);
        action->setCheckable(true);
        action->setData(int(policy));
        connect(action, &QAction::triggered, this, [this, policy = policy] {
            const Intent intent{m_machine, PolicyIntent{policy}};
            updateActions(); // nothing is set before it is done
            openDialog(m_connection, new FixedForm(intent));
        });
    }
    makePower();
    m_panes.snapshots->setOperations({m_revert, m_delete, m_rename, m_describe});
    connect(&m_verdicts, &Verdicts::found, this, [this](const QString &snapshot) {
        if (m_item && m_item->name == snapshot)
            showDeletion();
    });
    connect(m_panes.tasks, &TasksView::cancelRequested, this, [this](const QString &host, quint64 task) {
        if (m_connection && m_connection->uri() == host)
            m_connection->cancel(task);
        else
            Q_EMIT cancelElsewhere(host, task);
    });
    connect(m_panes.tasks, &TasksView::pauseRequested, this, [this](const QString &host, quint64 task, bool isWanted) {
        if (m_connection && m_connection->uri() == host)
            m_connection->pause(task, isWanted);
        else
            Q_EMIT pauseElsewhere(host, task, isWanted);
    });
    connectHistory();
    updateActions();
}

bool Operations::isUnderWay(const Connection &connection, const DomainId &machine)
{
    return std::any_of(connection.tasks().begin(), connection.tasks().end(),
        [&](const Task &task) { return !task.outcome && task.intent.domain == machine; });
}

void Operations::enable(QAction *action, const QString &whyNot, const QString &help)
{
    action->setEnabled(whyNot.isEmpty());
    const QString text = whyNot.isEmpty() ? help : whyNot;
    action->setToolTip(text);
    // What the status bar says of the action under the pointer is true no more.
    const QString before = action->statusTip();
    auto *bar = m_panes.snapshots->window()->findChild<QStatusBar *>();
    if (bar && text != before && !before.isEmpty() && bar->currentMessage() == before)
        bar->clearMessage();
    action->setStatusTip(text);
}

QAction *Operations::makeAction(const QString &text, const QKeySequence &shortcut, void (Operations::*slot)())
{
    auto *action = new QAction(text, this);
    action->setShortcut(shortcut);
    connect(action, &QAction::triggered, this, slot);
    return action;
}

QList<QAction *> Operations::policyActions() const
{
    return m_policy->actions();
}

std::shared_ptr<const Domain> Operations::domain() const
{
    return m_connection ? m_connection->inventory()->domain(m_machine) : nullptr;
}

// --- What is chosen

void Operations::show(Connection *connection, const DomainId &machine, const std::optional<SnapshotItem> &item)
{
    const bool isOther = connection != m_connection;
    m_connection = connection;
    m_machine = machine;
    m_item = item;
    if (isOther && connection)
        connection->readHistory();
    if (isOther)
        showHistory();
    judgeRows();
    showDeletion();
    updateActions();
}

void Operations::judgeRows()
{
    const auto draft = m_connection ? m_connection->draft() : nullptr;
    if (draft == m_judged && m_machine == m_judgedMachine)
        return;
    m_judged = draft;
    m_judgedMachine = m_machine;
    Verdicts::Judge judge;
    if (draft && draft->domain(m_machine))
        judge = [draft, machine = m_machine, surroundings = m_connection->surroundings()](
                    const QString &snapshot) { return judgeDeletion(machine, snapshot, *draft, surroundings); };
    m_verdicts.setJudge(m_connection ? m_connection->uri() + u' ' + m_machine.value : QString(), std::move(judge));
    m_panes.snapshots->setVerdicts(&m_verdicts);
}

void Operations::showDeletion()
{
    const bool isSnapshot = m_item && m_item->kind == RowKind::Snapshot;
    m_panes.details->setDeletion(
        m_machine, isSnapshot ? m_item->name : QString(), isSnapshot ? m_verdicts.of(m_item->name) : std::nullopt);
}

QString Operations::whyNotReached() const
{
    if (!m_connection || m_connection->status() != Connection::Status::Open)
        return tr("The host is not connected");
    return domain() ? QString() : tr("Choose a machine first");
}

QString Operations::whyNotNow() const
{
    const QString why = whyNotReached();
    return why.isEmpty() && isUnderWay(*m_connection, m_machine) ? tr("A job is under way on this machine") : why;
}

QString Operations::whyNoMachine() const
{
    const QString why = whyNotNow();
    return why.isEmpty() && domain()->snapshots.isUnknown() ? tr("The snapshots of this machine are not known") : why;
}

QString Operations::whyNoSnapshot() const
{
    const QString why = whyNoMachine();
    if (!why.isEmpty())
        return why;
    return m_item && m_item->kind == RowKind::Snapshot ? QString() : tr("Choose a snapshot first");
}

void Operations::updateActions()
{
    const QString noMachine = whyNoMachine();
    const QString noSnapshot = whyNoSnapshot();
    enable(m_create, noMachine, tr("Keeps the state that the machine is in now"));
    enable(m_revert, noSnapshot, tr("Brings the machine back to this snapshot"));
    const bool isOrphan = m_item && m_item->kind == RowKind::Orphan;
    enable(m_delete, isOrphan ? noMachine : noSnapshot,
        isOrphan ? tr("Removes what is left over; what that would do is shown first")
                 : tr("Removes this snapshot; what that would do is shown first"));
    enable(m_describe, noSnapshot, tr("Changes what is written about this snapshot"));
    const bool isInternal = noSnapshot.isEmpty() && m_item->snapshotKind == SnapshotKind::Internal;
    enable(m_rename,
        isInternal ? FindingText::sentence({QStringLiteral("tag-cannot-be-renamed"), Verdict::Block, m_item->name, {}})
                   : noSnapshot,
        tr("Gives this snapshot another name"));
    const auto machine = domain();
    const bool hasSnapshots = machine && machine->snapshots.isKnown() && machine->snapshots->size() > 0;
    enable(m_uniform, noMachine.isEmpty() && !hasSnapshots ? tr("This machine has no snapshots") : noMachine,
        tr("Gives all snapshots of this machine the same kind, step by step"));
    const bool isKnown = machine && machine->definition.isKnown();
    for (QAction *action : m_policy->actions()) {
        enable(action, noMachine, tr("Which kind of snapshots this machine gets"));
        action->setChecked(isKnown && int(machine->definition->policy) == action->data().toInt());
    }
    const QString notNow = whyNotNow();
    enable(m_backup, notNow.isEmpty() && !isActive(machine->state) ? tr("This machine is off") : notNow,
        tr("Copies the disks of this machine as they are now, while it goes on"));
    updatePower();
}

// --- Dialogs

void Operations::create()
{
    if (const auto machine = domain())
        openDialog(m_connection, new CreateForm(*m_connection->inventory(), *machine, QDate::currentDate()));
}

void Operations::revert()
{
    if (const auto machine = domain(); machine && m_item)
        openDialog(m_connection, new RevertForm(*machine, m_item->name));
}

void Operations::erase()
{
    const auto machine = domain();
    if (!machine || !m_item)
        return;
    if (m_item->kind != RowKind::Orphan)
        openDialog(m_connection, new DeleteForm(*machine, m_item->name));
    else if (m_item->orphanKind == OrphanKind::Metadata)
        openDialog(
            m_connection, new FixedForm({m_machine, DeleteIntent{m_item->name, DeleteIntent::Scope::One, true}}));
    else
        openDialog(m_connection,
            new FixedForm({m_machine,
                RemoveOrphanIntent{m_item->path, m_item->orphanKind == OrphanKind::Tag ? m_item->name : QString()}}));
}

void Operations::rename()
{
    if (const auto machine = domain(); machine && m_item)
        openDialog(m_connection, new RenameForm(*m_connection->inventory(), *machine, m_item->name));
}

void Operations::describe()
{
    const auto machine = domain();
    if (!machine || !m_item || !machine->snapshots.isKnown())
        return;
    const int node = machine->snapshots->find(m_item->name);
    if (node >= 0)
        openDialog(m_connection, new DescribeForm(m_machine, machine->snapshots->at(node)));
}

void Operations::makeUniform()
{
    if (const auto machine = domain())
        openDialog(m_connection, new UniformForm(*machine));
}

void Operations::backUp()
{
    const auto machine = domain();
    if (!machine)
        return;
    // Where its last backup is, else that of another machine.
    QString folder;
    for (const HistoryEntry &entry : m_connection->history()) {
        if (entry.intent.value(0) != QLatin1String("backup") || (!folder.isEmpty() && entry.domain != m_machine))
            continue;
        folder = entry.intent.value(1);
        if (entry.domain == m_machine)
            break;
    }
    openDialog(m_connection, new BackupForm(*machine, folder));
}

void Operations::openDialog(Connection *shown, IntentForm *form)
{
    const QPointer<Connection> connection = shown;
    const auto machine = connection ? connection->inventory()->domain(form->intent().domain) : nullptr;
    if (!machine) {
        delete form;
        return;
    }
    PlanHost host;
    host.machine = machine->name;
    host.propose = [this, connection](const Intent &intent, std::function<void(Proposal)> answer) {
        if (connection && std::holds_alternative<BackupIntent>(intent.what))
            connection->proposeBackup(intent, std::move(answer));
        else if (connection)
            m_planner.propose(intent, connection->draft(), connection->surroundings(), std::move(answer));
    };
    openDialog(connection, form, std::move(host));
}

void Operations::openDialog(Connection *shown, IntentForm *form, PlanHost host)
{
    if (m_dialog) { // it was asked for twice
        delete form;
        return;
    }
    const QPointer<Connection> connection = shown;
    auto *context = new QObject(this); // ends with the dialog, and everything that waits for it
    host.inventory
        = [connection] { return connection ? connection->inventory() : std::make_shared<const Inventory>(); };
    host.readFresh = [this, connection, context](std::function<void(const Error *)> answer) {
        if (connection)
            readFresh(connection, context, std::move(answer));
    };
    host.run = [this, connection](std::shared_ptr<const Plan> plan, const QStringList &acknowledged) {
        if (connection)
            run(connection, std::move(plan), acknowledged);
    };
    auto *dialog = new PlanDialog(host, form, m_panes.window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    m_dialog = dialog;
    connect(dialog, &QDialog::finished, this, [this, dialog] {
        if (m_dialog == dialog)
            m_dialog.clear();
    });
    connect(dialog, &QObject::destroyed, context, &QObject::deleteLater);
    connect(connection, &Connection::inventoryChanged, dialog, &PlanDialog::replan);
    connect(connection, &Connection::statusChanged, dialog, [connection, dialog] {
        if (connection->status() == Connection::Status::Open)
            dialog->hostIsBack();
    });
    connect(connection, &QObject::destroyed, dialog, &QDialog::reject);
    connect(dialog, &PlanDialog::moreWanted, this, &Operations::explain);
    dialog->openPlanned();
}

void Operations::explain(const QString &findingId)
{
    QWidget *over = QApplication::activeModalWidget();
    auto *more = new HazardsDialog(findingId, over ? over : m_panes.window);
    more->setAttribute(Qt::WA_DeleteOnClose);
    more->open();
}

void Operations::readFresh(Connection *connection, QObject *context, std::function<void(const Error *)> answer)
{
    auto *wait = new QObject(context);
    const auto number = std::make_shared<quint64>(0);
    // One answer is enough.
    const auto end = [connection, wait] {
        QObject::disconnect(connection, nullptr, wait, nullptr);
        wait->deleteLater();
    };
    connect(connection, &Connection::freshlyRead, wait, [end, number, answer](quint64 reading) {
        if (reading != *number)
            return;
        end();
        answer(nullptr);
    });
    connect(connection, &Connection::statusChanged, wait, [connection, end, answer] {
        if (connection->status() == Connection::Status::Open)
            return;
        end();
        const Error error{ErrorCode::ConnectionLost, connection->uri(), {}};
        answer(&error);
    });
    *number = connection->readFresh();
}

} // namespace treewarden
