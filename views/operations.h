// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connections.h"
#include "model/item/snapshotitem.h"
#include "model/item/verdicts.h"
#include "views/planner.h"

#include <QPointer>
#include <QSet>

#include <map>

class QAction;
class QActionGroup;

namespace treewarden {

class DetailsPanel;
class HistoryView;
class IntentForm;
class NoticeBar;
class PlanDialog;
struct PlanHost;
class SnapshotView;
class TasksView;

// What a user can do to the machine that is shown and to its snapshots: the actions, why they are grey, the dialogs
// behind them, the shields in the tree; and what becomes of it: tasks, history, jobs that were left in the middle.
class Operations : public QObject
{
    Q_OBJECT

public:
    // All outlive it; dialogs belong to the window.
    struct Panes
    {
        SnapshotView *snapshots;
        DetailsPanel *details;
        NoticeBar *notices;
        TasksView *tasks;
        HistoryView *history;
        QWidget *window;
    };
    Operations(const Panes &panes, QObject *parent);

    void watch(Connection *connection);
    // Before a connection goes.
    void forget(Connection *connection);
    // What is chosen now, or what is known of it has changed. A null connection: none.
    void show(Connection *connection, const DomainId &machine, const std::optional<SnapshotItem> &item);

    // Opens docs/hazards.md at a finding's id; empty: at its top.
    void explain(const QString &findingId);

    QAction *createAction() const { return m_create; }
    QAction *revertAction() const { return m_revert; }
    QAction *deleteAction() const { return m_delete; }
    QAction *renameAction() const { return m_rename; }
    QAction *describeAction() const { return m_describe; }
    QAction *uniformAction() const { return m_uniform; }
    QAction *backupAction() const { return m_backup; }
    QList<QAction *> policyActions() const; // one of them is checked
    QAction *powerAction(PowerIntent::To to) const { return m_power.at(to); }
    QList<QAction *> powerActions() const;

Q_SIGNALS:
    void taskStarted(); // the user may want to see it
    void tasksUnderWay(int count);
    void cancelElsewhere(const QString &host, quint64 task); // of a connection that is not shown
    void pauseElsewhere(const QString &host, quint64 task, bool isWanted); // the same

private:
    QAction *makeAction(const QString &text, const QKeySequence &shortcut, void (Operations::*slot)());
    static bool isUnderWay(const Connection &connection, const DomainId &machine);
    // Whether all that is under way there is that its guest was asked to shut down.
    static bool isShuttingDown(const Connection &connection, const DomainId &machine);
    static void stopWaitingForGuest(Connection &connection, const DomainId &machine);
    void enable(QAction *action, const QString &whyNot, const QString &help); // `whyNot` empty: on
    void updateActions();
    void makePower();
    void updatePower();
    QString whyNotNow() const; // why nothing can be done to a machine now; empty: it can
    QString whyNotReached() const; // the same, but for jobs
    QString whyNoMachine() const; // nor to its snapshots
    QString whyNoSnapshot() const;
    std::shared_ptr<const Domain> domain() const; // null: none
    void judgeRows();
    void showDeletion();

    void create();
    void revert();
    void erase();
    void rename();
    void describe();
    void makeUniform();
    void backUp();
    // At once where nothing speaks against it, otherwise in a dialog.
    void power(PowerIntent::To to);
    void openDialog(Connection *connection, IntentForm *form);
    void openDialog(Connection *connection, IntentForm *form, PlanHost host); // the host's machine and propose are set
    void openUndo(Connection *connection, const HistoryEntry &entry);
    void readFresh(Connection *connection, QObject *context, std::function<void(const Error *)> answer);
    void run(Connection *connection, std::shared_ptr<const Plan> plan, const QStringList &acknowledged);

    void connectHistory();
    void showTask(Connection *connection, quint64 id);
    void showHistory();
    void showRecoveries(Connection *connection);

    Panes m_panes;
    QPointer<PlanDialog> m_dialog; // the one that is open, or about to
    QSet<QString> m_closedRecoveries; // notices that the user closed: they come back with the next start
    Planner m_planner;
    Verdicts m_verdicts;
    std::shared_ptr<const Draft> m_judged; // what the verdicts are about
    DomainId m_judgedMachine;
    QPointer<Connection> m_connection;
    DomainId m_machine;
    std::optional<SnapshotItem> m_item;
    QAction *m_create;
    QAction *m_revert;
    QAction *m_delete;
    QAction *m_rename;
    QAction *m_describe;
    QAction *m_uniform;
    QAction *m_backup;
    QActionGroup *m_policy;
    std::map<PowerIntent::To, QAction *> m_power;
};

} // namespace treewarden
