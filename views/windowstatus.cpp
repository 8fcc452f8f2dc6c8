// SPDX-License-Identifier: GPL-3.0-or-later
// What the main window says of its hosts: trouble, what is waited for, what failed.
#include "model/base/visible.h"
#include "views/detailspanel.h"
#include "views/machineview.h"
#include "views/mainwindow.h"
#include "views/noticebar.h"
#include "views/pooloffer.h"
#include "views/snapshotview.h"
#include "views/text/connectiontext.h"
#include "views/text/errortext.h"
#include "views/text/snapshottext.h"

#include <QDateTime>
#include <QLabel>
#include <QLineEdit>

#include <algorithm>

namespace treewarden {

namespace {

// A call that takes longer is named to the user.
constexpr qint64 PatienceMilliseconds = 2000;

const QString Sandbox = QStringLiteral("sandbox");

QString statusKey(const Connection *connection)
{
    return QLatin1String("status ") + connection->uri();
}

bool isFailing(const Connection *connection)
{
    return connection->status() == Connection::Status::Failed || connection->status() == Connection::Status::Lost;
}

} // namespace

void MainWindow::showStatus(Connection *connection)
{
    showNoMachine();
    if (connection->status() == Connection::Status::Connecting)
        return; // what was said stays until it is known how this try ends
    const auto [title, text] = ErrorText::connection(*connection);
    // What the user closed stays closed through the tries that end alike.
    if (!isFailing(connection) || m_dismissed.value(statusKey(connection)) != title + u'\n' + text)
        m_dismissed.remove(statusKey(connection));
    showTrouble();
}

// In the middle, as long as no machine is there to be looked at.
void MainWindow::showNoMachine()
{
    const auto &all = m_connections->all();
    const Connection *shown = shownConnection();
    const auto hasMachines = [](const Connection *connection) { return !connection->inventory()->domains.empty(); };
    if (!shown && !all.empty() && std::none_of(all.begin(), all.end(), hasMachines))
        shown = all.front();
    m_snapshots->setNoMachine(m_machines->matchesNothing() ? SnapshotText::noMatchingMachine(m_filter->text())
                                                           : SnapshotText::noMachine(shown));
}

void MainWindow::showTrouble()
{
    // One at a time, that of the chosen host first: the others stand in the left pane, and the content stays where it
    // is.
    bool isShown = false;
    const QStringList standing = m_notices->keys();
    std::vector<Connection *> connections = m_connections->all();
    std::stable_partition(connections.begin(), connections.end(),
        [chosen = shownConnection()](const Connection *connection) { return connection == chosen; });
    for (Connection *connection : connections) {
        const QString key = statusKey(connection);
        const bool tries = connection->status() == Connection::Status::Connecting && standing.contains(key);
        if (isShown || m_dismissed.contains(key) || !(tries || isFailing(connection))) {
            m_notices->withdraw(key);
            continue;
        }
        isShown = true;
        if (tries)
            continue;
        const auto [title, text] = ErrorText::connection(*connection);
        std::vector<Notice::Button> buttons{{tr("Retry now"), [connection] { connection->retry(); }}};
        if (!m_connections->find(Sandbox) && connection->status() == Connection::Status::Failed)
            buttons.push_back({tr("Try in the sandbox"), [this] { openSandbox(); }});
        m_notices->post({key, Notice::Kind::Warning, title, text, connection->error().detail, std::move(buttons)});
    }
}

void MainWindow::showActivities()
{
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    QStringList waits;
    for (const Connection *connection : m_connections->all()) {
        const auto activity = connection->activity();
        if (activity && now - activity->since >= PatienceMilliseconds)
            waits += ConnectionText::waiting(*connection, *activity, now);
    }
    m_waiting->setText(waits.join(QStringLiteral(" · ")));
}

void MainWindow::showDifferences(const DomainId &domain, const QString &snapshot, const Result<ThenAndNow> &xml)
{
    auto differences
        = xml.and_then([](const ThenAndNow &machine) { return definitionDifferences(machine.then, machine.now); });
    for (size_t i = 0; differences && i < differences->size(); ++i) {
        DefinitionDifference &each = (*differences)[i];
        each = {visible(each.path), visible(each.then), visible(each.now)};
    }
    m_details->setDifferences(domain, snapshot,
        differences ? Fact<std::vector<DefinitionDifference>>(*differences)
                    : Fact<std::vector<DefinitionDifference>>::unknown(differences.error()));
}

void MainWindow::showFailure(Connection *connection, const QString &what, const DomainId &domain, const Error &error)
{
    if (what == QLatin1String("pool")) {
        m_poolOffer->showFailure(error);
        return;
    }
    const auto machine = connection->inventory()->domain(domain);
    const auto [title, text] = ErrorText::operation(what, machine ? machine->name : domain.value, error);
    m_notices->post(
        {QLatin1String("operation ") + what + domain.value, Notice::Kind::Failure, title, text, error.detail, {}});
}

void MainWindow::forgetTrouble(const Connection *connection)
{
    m_notices->withdraw(statusKey(connection));
    m_dismissed.remove(statusKey(connection));
}

void MainWindow::openSandbox()
{
    connectTo(Sandbox);
}

} // namespace treewarden
