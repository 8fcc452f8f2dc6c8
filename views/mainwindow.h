// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connections.h"
#include "model/item/snapshotmodel.h"

#include <QElapsedTimer>
#include <QHash>
#include <QMainWindow>
#include <QTimer>

class QLabel;
class QLineEdit;
class QSettings;
class QSplitter;
class QStackedWidget;
class QTabWidget;

namespace treewarden {

class DetailsPanel;
class EventLog;
class HistoryView;
class MachineView;
class NoticeBar;
class Operations;
class PoolOffer;
class SnapshotView;
class TasksView;

// The window: machines, tree, details, and below them tasks, events and history. Opens no connection by itself. Its
// state (geometry, panes, columns, chosen machine) and the list of connections are kept in the settings it is given.
class MainWindow : public QMainWindow
{
    Q_OBJECT

public:
    // Both outlive the window.
    MainWindow(Connections *connections, QSettings *settings, QWidget *parent = nullptr);
    ~MainWindow() override;

    // The connections that the settings remember; at the very first start qemu:///system.
    static QStringList rememberedConnections(const QSettings &settings);

    // Chooses a machine by name, now or as soon as the connection knows it.
    void selectMachine(const QString &uri, const QString &machine);
    bool selectSnapshot(const QString &name);
    // The pane at the bottom.
    enum class Bottom { Tasks, Events, History };
    void showBottom(bool on);
    void showBottom(Bottom tab);

    // Adds the connection if it is not here, and opens it if it is not open.
    void connectTo(const QString &uri);

    MachineView *machines() const { return m_machines; }
    SnapshotView *snapshots() const { return m_snapshots; }
    DetailsPanel *details() const { return m_details; }
    EventLog *events() const { return m_events; }
    TasksView *tasks() const { return m_tasks; }
    HistoryView *history() const { return m_history; }
    Operations *operations() const { return m_operations; }
    NoticeBar *notices() const { return m_notices; }

protected:
    bool event(QEvent *event) override;
    void closeEvent(QCloseEvent *event) override;

private:
    void makePanes();
    void keepPanesOpen();
    void fitScreen();
    void makeOperations();
    void makeActions();
    void makeMenus();
    void makeToolBar();
    void watch(Connection *connection);
    void showPage();
    void showMachine();
    void showDetails();
    void showStatus(Connection *connection);
    void showNoMachine();
    void showTrouble();
    void forgetTrouble(const Connection *connection);
    void showActivities();
    void showDifferences(const DomainId &domain, const QString &snapshot, const Result<ThenAndNow> &xml);
    void showFailure(Connection *connection, const QString &what, const DomainId &domain, const Error &error);
    void applyFilter();
    void filterTree();
    void showTaskCount(int underWay);
    void chooseConnection();
    void openSandbox();
    void showAbout();
    void restore();
    void save();
    void keep(const QString &key, const QVariant &value);
    void remember(const QString &uri, bool isRemembered);
    bool selectWanted();
    void giveUpWanted(const Connection *read);
    void refreshAll();
    Connection *shownConnection() const;

    Connections *m_connections;
    QSettings *m_settings;

    NoticeBar *m_notices;
    PoolOffer *m_poolOffer;
    QStackedWidget *m_pages;
    QSplitter *m_columns;
    QSplitter *m_rows;
    MachineView *m_machines;
    SnapshotView *m_snapshots;
    DetailsPanel *m_details;
    QTabWidget *m_bottom;
    TasksView *m_tasks;
    EventLog *m_events;
    HistoryView *m_history;
    Operations *m_operations = nullptr;
    QLineEdit *m_filter;
    QLabel *m_waiting;
    // What the user closed: which notice, and what it said.
    QHash<QString, QString> m_dismissed;
    QAction *m_newConnection = nullptr;
    QAction *m_openSandbox = nullptr;
    QAction *m_find = nullptr;
    QAction *m_showMachines = nullptr;
    QAction *m_showDetails = nullptr;
    QAction *m_showBottom = nullptr;

    QTimer m_saving;
    QHash<QString, QVariant> m_kept; // what was written last
    std::pair<QString, DomainId> m_keptMachine;
    QTimer m_heartbeat; // looks for calls that do not come back
    QString m_wantedUri; // to be chosen once it is there
    QString m_wantedMachine;
    bool m_mayEndTasks = false; // the user said so
    QElapsedTimer m_sinceRefresh; // that a return to the window asked for
};

} // namespace treewarden
