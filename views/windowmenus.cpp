// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done in the main window: actions, menus, toolbar.
#include "views/detailspanel.h"
#include "views/eventlog.h"
#include "views/historyview.h"
#include "views/machineview.h"
#include "views/mainwindow.h"
#include "views/operations.h"
#include "views/pooloffer.h"
#include "views/snapshotview.h"
#include "views/tasksview.h"

#include <QAction>
#include <QLineEdit>
#include <QLocale>
#include <QMenuBar>
#include <QShortcut>
#include <QTabWidget>
#include <QToolBar>

namespace treewarden {

void MainWindow::makeOperations()
{
    m_operations = new Operations({m_snapshots, m_details, m_notices, m_tasks, m_history, this}, this);
    m_machines->setPower(m_operations->powerActions());
    connect(m_operations, &Operations::taskStarted, this, [this] { showBottom(Bottom::Tasks); });
    connect(m_operations, &Operations::tasksUnderWay, this, &MainWindow::showTaskCount);
    connect(m_operations, &Operations::cancelElsewhere, this, [this](const QString &host, quint64 task) {
        if (Connection *connection = m_connections->find(host))
            connection->cancel(task);
    });
    connect(m_operations, &Operations::pauseElsewhere, this, [this](const QString &host, quint64 task, bool isWanted) {
        if (Connection *connection = m_connections->find(host))
            connection->pause(task, isWanted);
    });
}

void MainWindow::showTaskCount(int underWay)
{
    m_bottom->setTabText(int(Bottom::Tasks),
        underWay == 0 ? tr("Tasks") : tr("Tasks (%1)", "how many are under way").arg(QLocale().toString(underWay)));
}

void MainWindow::makeActions()
{
    m_newConnection = new QAction(tr("New &connection…"), this);
    m_newConnection->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N));
    connect(m_newConnection, &QAction::triggered, this, &MainWindow::chooseConnection);
    m_openSandbox = new QAction(tr("Open &sandbox"), this);
    m_openSandbox->setToolTip(tr("Example machines in a libvirt of Treewarden’s own, for trying things out"));
    connect(m_openSandbox, &QAction::triggered, this, &MainWindow::openSandbox);
    const auto pane = [&](const QString &text, QWidget *widget) {
        auto *action = new QAction(text, this);
        action->setCheckable(true);
        action->setChecked(true);
        connect(action, &QAction::toggled, widget, &QWidget::setVisible);
        return action;
    };
    m_showMachines = pane(tr("Machines"), m_machines);
    m_showDetails = pane(tr("Details"), m_details);
    m_showBottom = pane(tr("Tasks, events and history"), m_bottom);
    m_find = new QAction(tr("Filter"), this);
    m_find->setShortcut(QKeySequence::Find);
    connect(m_find, &QAction::triggered, m_filter, [this] { m_filter->setFocus(Qt::ShortcutFocusReason); });
    makeMenus();
    makeToolBar();
    setContextMenuPolicy(Qt::PreventContextMenu);
}

void MainWindow::makeMenus()
{
    auto *quit = new QAction(tr("Quit"), this);
    quit->setShortcut(QKeySequence::Quit);
    quit->setMenuRole(QAction::QuitRole);
    connect(quit, &QAction::triggered, this, &QWidget::close);
    auto *about = new QAction(tr("About Treewarden"), this);
    about->setMenuRole(QAction::AboutRole);
    connect(about, &QAction::triggered, this, &MainWindow::showAbout);
    auto *hazards = new QAction(tr("What the &guard looks for"), this);
    connect(hazards, &QAction::triggered, m_operations, [this] { m_operations->explain({}); });

    QMenu *file = menuBar()->addMenu(tr("&File"));
    file->addActions({m_newConnection, m_openSandbox});
    file->addSeparator();
    file->addActions({m_machines->connectAction(), m_machines->disconnectAction(), m_machines->removeAction()});
    file->addSeparator();
    file->addAction(quit);
    QMenu *view = menuBar()->addMenu(tr("&View"));
    view->addActions(m_snapshots->arrangeActions());
    view->addMenu(tr("Columns"))->addActions(m_snapshots->columnActions());
    view->addSeparator();
    view->addActions({m_showMachines, m_showDetails, m_showBottom});
    view->addSeparator();
    view->addActions({m_find, m_machines->refreshAction()});
    QMenu *machine = menuBar()->addMenu(tr("&Machine"));
    machine->addActions(m_operations->powerActions());
    machine->addSeparator();
    machine->addAction(m_operations->backupAction());
    machine->addSeparator();
    QMenu *policy = machine->addMenu(tr("&Kind of new snapshots"));
    policy->addActions(m_operations->policyActions());
    machine->addAction(m_operations->uniformAction());
    machine->addSeparator();
    machine->addAction(m_machines->copyUuidAction());
    machine->addAction(m_poolOffer->action());
    QMenu *snapshot = menuBar()->addMenu(tr("&Snapshot"));
    snapshot->addActions({m_operations->createAction(), m_operations->revertAction(), m_operations->deleteAction()});
    snapshot->addSeparator();
    snapshot->addActions({m_operations->renameAction(), m_operations->describeAction()});
    snapshot->addSeparator();
    snapshot->addActions({m_snapshots->foldAction(), m_snapshots->measureAction()});
    snapshot->addSeparator();
    snapshot->addActions(
        {m_snapshots->copyNameAction(), m_snapshots->copyPathAction(), m_snapshots->openFolderAction()});
    menuBar()->addMenu(tr("&Help"))->addActions({hazards, about});
    // A grey entry says why.
    for (QMenu *menu : {machine, policy, snapshot})
        menu->setToolTipsVisible(true);
}

void MainWindow::makeToolBar()
{
    QToolBar *bar = addToolBar(tr("Toolbar"));
    bar->setObjectName(QStringLiteral("toolbar"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
    bar->toggleViewAction()->setVisible(false);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    bar->addActions({m_operations->createAction(), m_operations->revertAction(), m_operations->deleteAction()});
    bar->addSeparator();
    for (const auto to : {PowerIntent::To::Start, PowerIntent::To::ShutDown, PowerIntent::To::ForceOff})
        bar->addAction(m_operations->powerAction(to));
    bar->addSeparator();
    bar->addAction(m_machines->refreshAction());

    // A bar of its own: where the window is narrow the other one hides its last buttons, and this one stays.
    QToolBar *find = addToolBar(tr("Filter"));
    find->setObjectName(QStringLiteral("find"));
    find->setMovable(false);
    find->toggleViewAction()->setVisible(false);
    find->setContextMenuPolicy(Qt::PreventContextMenu);
    auto *gap = new QWidget(find);
    gap->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    find->addWidget(gap);
    m_filter->setPlaceholderText(tr("Filter machines and snapshots"));
    m_filter->setAccessibleName(tr("Filter machines and snapshots"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMinimumWidth(fontMetrics().averageCharWidth() * 18);
    m_filter->setMaximumWidth(fontMetrics().averageCharWidth() * 36);
    connect(m_filter, &QLineEdit::textChanged, this, &MainWindow::applyFilter);
    auto *escape = new QShortcut(Qt::Key_Escape, m_filter, nullptr, nullptr, Qt::WidgetShortcut);
    connect(escape, &QShortcut::activated, m_filter, &QLineEdit::clear);
    find->addWidget(m_filter);
}

} // namespace treewarden
