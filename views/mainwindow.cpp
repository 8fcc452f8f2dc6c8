// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/mainwindow.h"

#include "model/base/visible.h"
#include "views/askbox.h"
#include "views/connectiondialog.h"
#include "views/detailspanel.h"
#include "views/eventlog.h"
#include "views/historyview.h"
#include "views/machineview.h"
#include "views/noticebar.h"
#include "views/operations.h"
#include "views/pooloffer.h"
#include "views/snapshotview.h"
#include "views/tasksview.h"
#include "views/text/connectiontext.h"
#include "views/text/errortext.h"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QDateTime>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabWidget>

#include <algorithm>

namespace treewarden {

namespace {

// Somebody who goes to and fro between windows does not keep the hosts busy.
constexpr qint64 RefreshMilliseconds = 5000;
// What a program that is killed may forget.
constexpr int SavingMilliseconds = 3000;

} // namespace

MainWindow::MainWindow(Connections *connections, QSettings *settings, QWidget *parent)
    : QMainWindow(parent)
    , m_connections(connections)
    , m_settings(settings)
    , m_notices(new NoticeBar(this))
    , m_poolOffer(new PoolOffer(m_notices, this))
    , m_pages(new QStackedWidget(this))
    , m_columns(new QSplitter(Qt::Horizontal, this))
    , m_rows(new QSplitter(Qt::Vertical, this))
    , m_machines(new MachineView(connections, this))
    , m_snapshots(new SnapshotView(this))
    , m_details(new DetailsPanel(this))
    , m_bottom(new QTabWidget(this))
    , m_tasks(new TasksView(this))
    , m_events(new EventLog(this))
    , m_history(new HistoryView(this))
    , m_filter(new QLineEdit(this))
    , m_waiting(new QLabel(this))
{
    setWindowTitle(QStringLiteral("Treewarden"));
    makePanes();
    makeOperations();
    makeActions();

    connect(m_connections, &Connections::added, this, [this](Connection *connection) {
        watch(connection);
        remember(connection->uri(), true);
        showPage();
        showTrouble();
    });
    connect(m_connections, &Connections::aboutToBeRemoved, this, [this](Connection *connection) {
        m_operations->forget(connection);
        forgetTrouble(connection);
        remember(connection->uri(), false);
    });
    connect(m_connections, &Connections::removed, this, [this] {
        showPage();
        showTrouble();
        showMachine();
    });
    for (Connection *connection : m_connections->all())
        watch(connection);

    connect(m_notices, &NoticeBar::dismissed, this, [this](const QString &key) {
        m_dismissed.insert(key, m_notices->textOf(key));
        showTrouble();
    });
    connect(m_machines, &MachineView::currentMachineChanged, this, [this] {
        showMachine();
        showTrouble(); // of the host that is looked at
    });
    connect(m_machines, &MachineView::removeRequested, m_connections, &Connections::remove);
    connect(m_snapshots, &SnapshotView::currentSnapshotChanged, this, &MainWindow::showDetails);
    const auto measure = [this](const DomainId &domain, const QString &snapshot) {
        if (Connection *connection = shownConnection())
            connection->measure(domain, snapshot);
    };
    connect(m_snapshots, &SnapshotView::measureRequested, this, measure);
    connect(m_details, &DetailsPanel::measureRequested, this, measure);
    connect(m_details, &DetailsPanel::differencesWanted, this, [this](const DomainId &domain, const QString &snapshot) {
        if (Connection *connection = shownConnection())
            connection->readSnapshotXml(domain, snapshot);
    });
    connect(m_events, &EventLog::exportFailed, this, [this](const QString &path, const QString &why) {
        m_notices->post({QStringLiteral("export"), Notice::Kind::Failure, tr("The events were not written"),
            tr("%1 could not be written. Choose another folder.").arg(path), why, {}});
    });

    m_heartbeat.setInterval(500);
    connect(&m_heartbeat, &QTimer::timeout, this, &MainWindow::showActivities);
    m_heartbeat.start();
    m_saving.setInterval(SavingMilliseconds);
    m_saving.setTimerType(Qt::VeryCoarseTimer);
    connect(&m_saving, &QTimer::timeout, this, &MainWindow::save);
    m_saving.start();

    restore();
    showPage();
    showMachine();
}

MainWindow::~MainWindow() = default;

void MainWindow::watch(Connection *connection)
{
    m_operations->watch(connection);
    connect(connection, &Connection::statusChanged, this, [this, connection] { showStatus(connection); });
    connect(connection, &Connection::inventoryChanged, this, [this, connection] {
        if (selectWanted())
            return;
        giveUpWanted(connection);
        // The first reading of a host shows its first machine, unless the user is looking at another.
        const auto inventory = connection->inventory();
        const bool isFirst = inventory->generation == 1 && !inventory->domains.empty();
        if (isFirst && m_machines->currentMachine().isEmpty() && m_wantedUri.isEmpty())
            m_machines->setCurrent(connection, inventory->domains.front()->uuid);
        else if (connection == shownConnection())
            showMachine();
        else
            showNoMachine();
    });
    connect(connection, &Connection::eventReceived, m_events, &EventLog::append);
    connect(connection, &Connection::operationFailed, this,
        [this, connection](const QString &what, const DomainId &domain, const Error &error) {
            showFailure(connection, what, domain, error);
        });
    connect(connection, &Connection::measured, this,
        [this](const DomainId &domain, const QString &snapshot, const Fact<Bytes> &bytes) {
            m_snapshots->setMeasured(domain, snapshot, bytes);
            m_details->setMeasured(domain, snapshot, bytes);
        });
    connect(connection, &Connection::snapshotXmlRead, this, &MainWindow::showDifferences);
}

Connection *MainWindow::shownConnection() const
{
    return m_machines->currentConnection();
}

void MainWindow::showPage()
{
    m_pages->setCurrentIndex(m_connections->all().empty() ? 1 : 0);
    m_filter->setEnabled(!m_connections->all().empty());
}

void MainWindow::showMachine()
{
    Connection *shown = shownConnection();
    const DomainId machine = m_machines->currentMachine();
    for (Connection *connection : m_connections->all())
        connection->setInView(connection == shown ? machine : DomainId());
    if (!machine.isEmpty()) {
        // The user chose; what was to be chosen later no longer matters.
        m_wantedUri.clear();
        m_wantedMachine.clear();
    }
    if (shown)
        m_snapshots->show(shown->inventory(), shown->assessment(), machine);
    else
        m_snapshots->show(nullptr, nullptr, {});
    showNoMachine();
    m_poolOffer->show(shown, machine);
    filterTree();
    showDetails();
    const auto domain = shown ? shown->inventory()->domain(machine) : nullptr;
    setWindowTitle(domain ? tr("%1 – Treewarden", "machine").arg(visible(domain->name)) : QStringLiteral("Treewarden"));
}

void MainWindow::showDetails()
{
    if (const Connection *shown = shownConnection())
        m_details->show(
            shown->inventory(), shown->assessment(), m_machines->currentMachine(), m_snapshots->currentItem());
    else
        m_details->show(std::make_shared<Inventory>(), std::make_shared<Assessment>(), {}, {});
    m_operations->show(shownConnection(), m_machines->currentMachine(), m_snapshots->currentItem());
}

void MainWindow::applyFilter()
{
    m_machines->setFilter(m_filter->text());
    showNoMachine();
    filterTree();
}

void MainWindow::filterTree()
{
    const QString filter = m_filter->text();
    // A machine that was found by its own name is shown whole.
    const Connection *shown = shownConnection();
    const auto machine = shown ? shown->inventory()->domain(m_machines->currentMachine()) : nullptr;
    const bool byName = machine && machine->name.contains(filter, Qt::CaseInsensitive);
    m_snapshots->setFilter(byName ? QString() : filter);
}

void MainWindow::chooseConnection()
{
    auto *dialog = new ConnectionDialog(m_connections->uris(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { connectTo(dialog->uri()); });
    dialog->open();
}

void MainWindow::connectTo(const QString &uri)
{
    Connection *connection = m_connections->add(uri);
    connection->open();
    if (m_machines->currentMachine().isEmpty())
        m_machines->setCurrent(connection, {});
}

void MainWindow::selectMachine(const QString &uri, const QString &machine)
{
    m_wantedUri = uri;
    m_wantedMachine = machine;
    selectWanted();
}

bool MainWindow::selectWanted()
{
    const Connection *connection = m_wantedUri.isEmpty() ? nullptr : m_connections->find(m_wantedUri);
    if (!connection)
        return false;
    for (const auto &domain : connection->inventory()->domains) {
        if (domain->name != m_wantedMachine && domain->uuid.value != m_wantedMachine)
            continue;
        m_wantedUri.clear();
        m_wantedMachine.clear();
        return m_machines->setCurrent(connection, domain->uuid);
    }
    return false;
}

// A machine that is gone, or a host that was removed, must not keep another from being chosen.
void MainWindow::giveUpWanted(const Connection *read)
{
    const bool isHere = m_connections->find(m_wantedUri);
    if (isHere && (read->uri() != m_wantedUri || read->inventory()->generation == 0))
        return;
    m_wantedUri.clear();
    m_wantedMachine.clear();
}

bool MainWindow::selectSnapshot(const QString &name)
{
    return m_snapshots->setCurrentSnapshot(name);
}

void MainWindow::showBottom(bool on)
{
    m_showBottom->setChecked(on);
}

void MainWindow::showBottom(Bottom tab)
{
    showBottom(true);
    m_bottom->setCurrentIndex(int(tab));
}

void MainWindow::showAbout()
{
    QMessageBox::about(this, tr("About Treewarden"),
        tr("Treewarden %1\n\nTakes, reverts and deletes snapshots of libvirt machines, and says before what that does "
           "to every file.\n\n"
           "Free software under the GNU General Public License, version 3 or later.")
            .arg(QStringLiteral(TREEWARDEN_VERSION)));
}

bool MainWindow::event(QEvent *event)
{
    if (event->type() == QEvent::WindowActivate)
        refreshAll();
    return QMainWindow::event(event);
}

// Whoever comes back may have changed something elsewhere.
void MainWindow::refreshAll()
{
    if (m_sinceRefresh.isValid() && m_sinceRefresh.elapsed() < RefreshMilliseconds)
        return;
    for (Connection *connection : m_connections->all()) {
        if (connection->status() != Connection::Status::Open)
            continue;
        connection->refresh();
        m_sinceRefresh.start();
    }
}

// With the window ends the program, and with it what is under way.
void MainWindow::closeEvent(QCloseEvent *event)
{
    if (const int underWay = m_tasks->underWay(); underWay > 0 && !m_mayEndTasks) {
        event->ignore();
        ask(this,
            {tr("Close Treewarden"), tr("%n task(s) are under way.", nullptr, underWay),
                tr("Closing now stops what is under way in the middle; the next start offers to put back what was "
                   "done."),
                tr("Close all the same")},
            [this] {
                m_mayEndTasks = true;
                close();
            });
        return;
    }
    save();
    QMainWindow::closeEvent(event);
}

} // namespace treewarden
