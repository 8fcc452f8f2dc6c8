// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/testwindow.h"

#include "app/backend.h"
#include "views/machineview.h"
#include "views/snapshotview.h"

#include <QLineEdit>
#include <QTest>
#include <QToolBar>

using namespace Qt::StringLiterals;

namespace treewarden::bench {

namespace {

constexpr int QuietMilliseconds = 300;

using Moment = std::shared_ptr<std::atomic<qint64>>;

// A host that notes when it has said all it knows of a machine's snapshots.
class Noting : public Hypervisor
{
public:
    Noting(std::shared_ptr<Hypervisor> host, Moment lastAnswer)
        : m_host(std::move(host))
        , m_lastAnswer(std::move(lastAnswer))
    {
    }

    Result<Host> host() override { return m_host->host(); }
    Result<std::vector<DomainSummary>> domains() override { return m_host->domains(); }
    Result<QByteArray> domainXml(const DomainId &domain, Definition definition, Secrets secrets) override
    {
        return m_host->domainXml(domain, definition, secrets);
    }
    Result<SnapshotNames> snapshotNames(const DomainId &domain) override { return m_host->snapshotNames(domain); }
    Result<> readSnapshots(
        const DomainId &domain, const std::function<void(const QByteArray &)> &each, Secrets secrets) override
    {
        const Result<> done = m_host->readSnapshots(domain, each, secrets);
        *m_lastAnswer = Clock::now().time_since_epoch().count();
        return done;
    }
    Result<> readSnapshots(const DomainId &domain, const QStringList &names,
        const std::function<bool(const QString &, const QByteArray &)> &each) override
    {
        return m_host->readSnapshots(domain, names, each);
    }
    Result<QByteArray> snapshotXml(const DomainId &domain, const QString &name, Secrets secrets) override
    {
        return m_host->snapshotXml(domain, name, secrets);
    }
    Result<std::vector<QByteArray>> checkpointXml(const DomainId &domain) override
    {
        return m_host->checkpointXml(domain);
    }
    Result<QByteArray> qmp(const DomainId &domain, const QByteArray &command) override
    {
        return m_host->qmp(domain, command);
    }
    Result<Volumes> volumes() override { return m_host->volumes(); }
    Result<Volume> volume(const QString &path) override { return m_host->volume(path); }
    Result<QString> volumePath(const QString &pool, const QString &name) override
    {
        return m_host->volumePath(pool, name);
    }
    Result<std::unique_ptr<ByteSource>> openVolume(const QString &path) override { return m_host->openVolume(path); }
    Result<> start(const DomainId &domain) override { return m_host->start(domain); }
    Result<> stop(const DomainId &domain, StopKind kind) override { return m_host->stop(domain, kind); }
    Result<> subscribe(std::function<void(const Event &)> onEvent, std::function<void(const Error &)> onClosed) override
    {
        return m_host->subscribe(std::move(onEvent), std::move(onClosed));
    }

private:
    std::shared_ptr<Hypervisor> m_host;
    Moment m_lastAnswer;
};

Backend notingBackend(const QString &uri, const Moment &lastAnswer)
{
    Backend backend = backendFor(uri);
    backend.open = [plain = backend.open, lastAnswer](const auto &progress) {
        return plain(progress).map([&](const std::shared_ptr<Hypervisor> &host) -> std::shared_ptr<Hypervisor> {
            return std::make_shared<Noting>(host, lastAnswer);
        });
    };
    return backend;
}

} // namespace

TestWindow::TestWindow(const QString &uri)
    : m_settings(m_folder.filePath(u"settings.ini"_s), QSettings::IniFormat)
    , m_lastAnswer(std::make_shared<std::atomic<qint64>>(0))
    , m_connections([moment = m_lastAnswer](const QString &name) { return notingBackend(name, moment); })
    , m_connection(m_connections.add(uri))
    , m_window(&m_connections, &m_settings)
{
    QObject::connect(m_connection, &Connection::inventoryChanged, &m_window, [this] {
        if (m_connection->inventory()->generation == 1)
            m_firstAnswered = *m_lastAnswer;
    });
    m_window.show();
    Application::instance()->watch(m_window.snapshots()->viewport());
    spin(300);
}

TestWindow::~TestWindow()
{
    Application::instance()->watch(nullptr);
}

Clock::time_point TestWindow::firstAnswered() const
{
    return Clock::time_point(Clock::duration(m_firstAnswered));
}

bool TestWindow::open(const QString &machine, int rows, int patience)
{
    const auto start = Clock::now();
    m_window.selectMachine(m_connection->uri(), machine);
    m_connection->open();
    return untilDrawn(rows, start, patience);
}

void TestWindow::click(const QString &machine)
{
    MachineView *view = m_window.machines();
    const QModelIndexList found = view->model()->match(
        view->model()->index(0, 0), Qt::DisplayRole, machine, 1, Qt::MatchExactly | Qt::MatchRecursive);
    if (found.isEmpty())
        qFatal("there is no machine %s", qUtf8Printable(machine));
    view->scrollTo(found.front());
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, view->visualRect(found.front()).center());
}

bool TestWindow::untilDrawn(int rows, Clock::time_point since, int patience)
{
    const auto drawn = [&] {
        const auto painted = Application::instance()->lastPaint();
        return m_window.snapshots()->model()->rowCount() == rows && painted > since
            && millisecondsBetween(painted, Clock::now()) > QuietMilliseconds;
    };
    return spinUntil(drawn, patience);
}

void TestWindow::type(const QString &text)
{
    m_window.findChild<QToolBar *>()->findChild<QLineEdit *>()->setText(text);
}

} // namespace treewarden::bench
