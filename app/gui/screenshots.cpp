// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/screenshots.h"

#include "app/backend.h"
#include "app/gui/palettes.h"
#include "app/gui/walk.h"
#include "views/detailspanel.h"
#include "views/machineview.h"
#include "views/snapshotview.h"

#include <QApplication>
#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QThread>

#include <algorithm>
#include <cstdio>

namespace treewarden {

namespace {

// The first time, the sandbox makes its machines.
constexpr int OpeningSeconds = 240;

} // namespace

bool Walk::waitFor(const char *what, int seconds, const std::function<bool()> &done)
{
    QDeadlineTimer deadline(seconds * 1000);
    while (!done()) {
        if (deadline.hasExpired()) {
            std::fprintf(stderr, "treewarden: timed out waiting for %s\n", what);
            return false;
        }
        QCoreApplication::processEvents(QEventLoop::AllEvents, 50);
        QThread::msleep(5);
    }
    return true;
}

bool Walk::waitForHost(const Connection *connection)
{
    const bool opened = waitFor("the host to be read", OpeningSeconds, [connection] {
        return connection->status() == Connection::Status::Failed
            || (connection->status() == Connection::Status::Open && connection->inventory()->generation > 0);
    });
    if (opened && connection->status() == Connection::Status::Failed)
        std::fprintf(stderr, "treewarden: %s: %s\n", qUtf8Printable(connection->uri()),
            qUtf8Printable(connection->error().detail));
    return opened && connection->status() == Connection::Status::Open;
}

bool Walk::settle()
{
    QDeadlineTimer quiet(400);
    return waitFor("the view to settle", SettlingSeconds, [&] {
        for (const Connection *connection : m_connections.all()) {
            if (connection->activity() || m_window.details()->isReading())
                quiet = QDeadlineTimer(400);
        }
        return quiet.hasExpired();
    });
}

bool Walk::shoot(const QString &name)
{
    return settle() && save(name, m_window);
}

bool Walk::save(const QString &name, QWidget &widget) const
{
    const QString path = QDir(m_directory).filePath(name + QLatin1String(".png"));
    if (!widget.grab().save(path)) {
        std::fprintf(stderr, "treewarden: %s could not be written\n", qUtf8Printable(path));
        return false;
    }
    std::printf("%s\n", qUtf8Printable(path));
    std::fflush(stdout);
    return true;
}

namespace {

// The snapshot that shows most: a current external one has two files, an internal one a tag.
QString snapshotToShow(const Domain &domain)
{
    if (!domain.snapshots.isKnown() || domain.snapshots->size() == 0)
        return {};
    const SnapshotTree &tree = *domain.snapshots;
    for (int node = 0; node < tree.size(); ++node) {
        if (tree.at(node).kind() == SnapshotKind::External)
            return tree.at(node).name;
    }
    return tree.at(tree.current() >= 0 ? tree.current() : 0).name;
}

} // namespace

bool Walk::shootHost(const Connection &host)
{
    const auto inventory = host.inventory();
    const Domain *mixed = nullptr;
    for (const auto &domain : inventory->domains) {
        m_window.selectMachine(host.uri(), domain->name);
        if (!shoot(QLatin1String("machine-") + domain->name))
            return false;
        if (const QString snapshot = snapshotToShow(*domain); m_window.selectSnapshot(snapshot)) {
            if (!shoot(QLatin1String("snapshot-") + domain->name))
                return false;
        }
        if (domain->snapshots.isKnown() && treeKind(*domain->snapshots) == TreeKind::Mixed)
            mixed = domain.get();
    }
    if (!mixed && !inventory->domains.empty())
        mixed = inventory->domains.front().get();
    if (!mixed)
        return true;
    m_window.selectMachine(host.uri(), mixed->name);
    m_window.selectSnapshot(snapshotToShow(*mixed));
    for (const auto &[name, palette] : {std::pair(QStringLiteral("main-dark"), darkPalette()),
             std::pair(QStringLiteral("main-light"), lightPalette())}) {
        QApplication::setPalette(palette);
        if (!shoot(name))
            return false;
    }
    return true;
}

// Only ever in the sandbox: a machine is started and forced off, so that there is something to log.
bool Walk::shootEvents(Connection &sandbox)
{
    const auto inventory = sandbox.inventory();
    const auto off = std::find_if(inventory->domains.begin(), inventory->domains.end(),
        [](const auto &domain) { return domain->state == DomainState::ShutOff; });
    if (off == inventory->domains.end())
        return true;
    const DomainId machine = (*off)->uuid;
    m_window.selectMachine(sandbox.uri(), (*off)->name);
    m_window.showBottom(MainWindow::Bottom::Events);
    const auto waitForState = [&](bool active) {
        return waitFor("a machine to change its state", SettlingSeconds, [&] {
            const auto domain = sandbox.inventory()->domain(machine);
            return domain && isActive(domain->state) == active;
        });
    };
    sandbox.start(machine);
    if (!waitForState(true))
        return false;
    sandbox.stop(machine, Hypervisor::StopKind::ForceOff);
    return waitForState(false) && shoot(QStringLiteral("events"));
}

// libvirt's own test driver, told of a host without machines.
bool Walk::shootEmptyHost()
{
    QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("empty.xml")));
    if (!file.open(QIODevice::WriteOnly))
        return false;
    file.write("<node><cpu><mhz>2000</mhz><model>x86_64</model></cpu><memory>1048576</memory></node>");
    file.close();
    Connection *empty = m_connections.add(QLatin1String("test://") + file.fileName());
    empty->open();
    m_window.machines()->setCurrent(empty, {});
    const bool done = waitForHost(empty) && shoot(QStringLiteral("empty-host"));
    m_connections.remove(empty);
    return done;
}

bool Walk::shootFailure()
{
    Connection *failing
        = m_connections.add(QStringLiteral("qemu+unix:///system?socket=/run/treewarden-nowhere/libvirt-sock"));
    failing->open();
    m_window.machines()->setCurrent(failing, {});
    const bool done = waitFor("the connection to fail", SettlingSeconds, [failing] {
        return failing->status() == Connection::Status::Failed;
    }) && shoot(QStringLiteral("failed-connection"));
    m_connections.remove(failing);
    return done;
}

bool Walk::run(const QString &uri)
{
    QApplication::setPalette(lightPalette());
    Connection *host = m_connections.add(uri);
    host->open();
    if (!waitForHost(host) || !shootHost(*host))
        return false;
    if (uri == SandboxName && (!shootDialogs(*host) || !shootTask(*host) || !shootEvents(*host)))
        return false;
    if (!shootEmptyHost() || !shootFailure())
        return false;
    m_connections.remove(host);
    return shoot(QStringLiteral("start-page"));
}

int takeScreenshots(MainWindow &window, Connections &connections, const QString &uri, const QString &directory)
{
    if (!QDir().mkpath(directory)) {
        std::fprintf(stderr, "treewarden: %s could not be made\n", qUtf8Printable(directory));
        return 1;
    }
    return Walk(window, connections, QDir(directory).absolutePath()).run(uri) ? 0 : 1;
}

} // namespace treewarden
