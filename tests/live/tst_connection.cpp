// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/backend/localfiles/localfiles.h"
#include "model/connection/connection.h"
#include "model/connection/worker.h"
#include "tests/support/process.h"
#include "tests/support/sandboxfixture.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <csignal>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

Backend backendOf(const QString &uri)
{
    return {[uri](const Announce &) { return libvirt::openHypervisor(uri); },
        [](const std::shared_ptr<Hypervisor> &) {
            return std::vector<std::shared_ptr<ImageStore>>{std::make_shared<LocalFiles>()};
        }};
}

// Nanoseconds for which this thread could have run and the kernel gave it no processor.
qint64 starved()
{
    QFile file(u"/proc/thread-self/schedstat"_s);
    return file.open(QIODevice::ReadOnly) ? file.readAll().split(' ').value(1).toLongLong() : 0;
}

// The longest time for which this thread's event loop did not turn, in milliseconds. What a busy computer took from the
// thread is not counted: it says nothing of a call that blocks.
class Heartbeat : public QObject
{
public:
    Heartbeat()
    {
        m_since.start();
        startTimer(5, Qt::PreciseTimer);
    }
    qint64 longestStall() const { return m_longest; }
    QByteArray report() const
    {
        return QByteArray::number(m_longest) + " ms, " + QByteArray::number(m_longestOnTheClock) + " ms on the clock";
    }

protected:
    void timerEvent(QTimerEvent *) override
    {
        const qint64 elapsed = m_since.restart();
        const qint64 now = starved();
        m_longest = std::max(m_longest, elapsed - (now - m_starved) / 1'000'000);
        m_longestOnTheClock = std::max(m_longestOnTheClock, elapsed);
        m_starved = now;
    }

private:
    QElapsedTimer m_since;
    qint64 m_starved = starved();
    qint64 m_longest = 0;
    qint64 m_longestOnTheClock = 0;
};

// Unprivileged also when root runs the tests: libvirt's session daemons do not mind, but QEMU should not be root's.
class PrivateDaemon
{
public:
    PrivateDaemon()
    {
        for (const char *folder : {"config/libvirt", "cache", "run/libvirt", "data", "state", "images"})
            QDir(m_folder.path()).mkpath(QString::fromLatin1(folder));
        QFile file(path(u"config/libvirt/qemu.conf"_s));
        if (file.open(QIODevice::WriteOnly))
            file.write("stdio_handler = \"file\"\nsecurity_driver = \"none\"\n");
        file.close();
        if (geteuid() == 0)
            run(u"chown"_s, {u"-R"_s, u"65534:65534"_s, m_folder.path()});
    }
    ~PrivateDaemon()
    {
        for (const QString &machine : {u"one"_s, u"two"_s})
            virsh({u"destroy"_s, machine});
        end(SIGTERM);
    }

    QString path(const QString &name) const { return m_folder.filePath(name); }
    QString uri() const { return u"qemu+unix:///session?socket="_s + path(u"run/libvirt/libvirt-sock"_s); }

    bool start()
    {
        QProcessEnvironment environment;
        environment.insert(u"PATH"_s, u"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"_s);
        environment.insert(u"HOME"_s, m_folder.path());
        for (const char *folder : {"config", "cache", "data", "state"})
            environment.insert(
                u"XDG_%1_HOME"_s.arg(QString::fromLatin1(folder).toUpper()), path(QString::fromLatin1(folder)));
        environment.insert(u"XDG_RUNTIME_DIR"_s, path(u"run"_s));
        m_process = std::make_unique<QProcess>();
        m_process->setProcessEnvironment(environment);
        m_process->setChildProcessModifier([] {
            if (geteuid() == 0 && (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0))
                _exit(126);
        });
        m_process->setStandardErrorFile(path(u"log"_s));
        m_process->start(u"libvirtd"_s, {});
        for (int tries = 0; tries < 200; ++tries) {
            if (run(u"virsh"_s, {u"-c"_s, uri(), u"version"_s}).exitCode == 0)
                return true;
            QTest::qWait(100);
        }
        return false;
    }
    void signal(int number) const { ::kill(pid_t(m_process->processId()), number); }
    void end(int number)
    {
        signal(number);
        m_process->waitForFinished();
    }
    QByteArray virsh(const QStringList &arguments) const
    {
        return run(u"virsh"_s, QStringList{u"-q"_s, u"-c"_s, uri()} + arguments).output;
    }
    bool define(const QString &name) const
    {
        const QString disk = path(u"images/%1.qcow2"_s.arg(name));
        if (run(u"qemu-img"_s, {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, disk, u"4M"_s}).exitCode != 0)
            return false;
        chmod(qPrintable(disk), 0666);
        QFile file(path(u"machine.xml"_s));
        if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate))
            return false;
        file.write(u"<domain type='qemu'><name>%1</name><memory unit='MiB'>16</memory>"
                   "<os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'>"
                   "<driver name='qemu' type='qcow2'/><source file='%2'/><target dev='vda' bus='virtio'/></disk>"
                   "<memballoon model='none'/></devices></domain>"_s.arg(name, disk)
                       .toUtf8());
        file.close();
        return run(u"virsh"_s, {u"-c"_s, uri(), u"define"_s, file.fileName()}).exitCode == 0;
    }

private:
    QTemporaryDir m_folder{u"/tmp/tw-XXXXXX"_s};
    std::unique_ptr<QProcess> m_process;
};

} // namespace

class tst_Connection : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<PrivateDaemon> m_daemon;
    std::unique_ptr<Connection> m_connection;

    DomainId idOf(const QString &name) const
    {
        for (const auto &domain : m_connection->inventory()->domains) {
            if (domain->name == name)
                return domain->uuid;
        }
        return {};
    }
    int snapshotsOf(const QString &name) const
    {
        const auto domain = m_connection->inventory()->domain(idOf(name));
        return domain && domain->snapshots.isKnown() ? domain->snapshots->size() : -1;
    }
    DomainState stateOf(const QString &name) const
    {
        const auto domain = m_connection->inventory()->domain(idOf(name));
        return domain ? domain->state : DomainState::Unknown;
    }

private Q_SLOTS:
    void initTestCase()
    {
        // Nobody here gathers QEMU's processes while a test waits for libvirt, which waits for their end.
        prctl(PR_SET_CHILD_SUBREAPER, 0);
        m_daemon = std::make_unique<PrivateDaemon>();
        QVERIFY(m_daemon->start());
        QVERIFY(m_daemon->define(u"one"_s));
        QVERIFY(m_daemon->define(u"two"_s));
    }
    void cleanupTestCase()
    {
        m_daemon.reset();
        QVERIFY(waitForWorkers(10s));
    }
    void init()
    {
        m_connection = std::make_unique<Connection>(m_daemon->uri(), backendOf(m_daemon->uri()));
        m_connection->open();
        QTRY_COMPARE(m_connection->status(), Connection::Status::Open);
        QTRY_COMPARE(m_connection->inventory()->domains.size(), size_t(2));
    }
    void cleanup()
    {
        m_daemon->signal(SIGCONT); // also when a test failed half-way
        m_connection.reset();
    }

    void seesASnapshotOfAnotherProgram()
    {
        m_connection->setInView(idOf(u"one"_s));
        const int before = snapshotsOf(u"one"_s);
        m_daemon->virsh({u"snapshot-create-as"_s, u"one"_s, u"s1"_s});
        QTRY_COMPARE_WITH_TIMEOUT(snapshotsOf(u"one"_s), before + 1, 2000);
        m_daemon->virsh({u"snapshot-delete"_s, u"one"_s, u"s1"_s});
        QTRY_COMPARE_WITH_TIMEOUT(snapshotsOf(u"one"_s), before, 2000);
    }

    void seesASnapshotOfAMachineOutOfView()
    {
        m_connection->setInView(idOf(u"one"_s));
        m_daemon->virsh({u"snapshot-create-as"_s, u"two"_s, u"s1"_s});
        QTRY_COMPARE_WITH_TIMEOUT(snapshotsOf(u"two"_s), 1, 15'000);
        m_daemon->virsh({u"snapshot-delete"_s, u"two"_s, u"s1"_s});
        m_connection->refresh();
        QTRY_COMPARE(snapshotsOf(u"two"_s), 0);
    }

    void nothingNewIsNoNews()
    {
        m_connection->setInView(idOf(u"one"_s));
        QTest::qWait(1500);
        const auto inventory = m_connection->inventory();
        QSignalSpy changed(m_connection.get(), &Connection::inventoryChanged);
        QTest::qWait(3500); // several looks
        QCOMPARE(m_connection->inventory(), inventory);
        QCOMPARE(changed.size(), 0);
        // No child of this process but the daemon, running or waited for.
        QFile children(u"/proc/self/task/%1/children"_s.arg(getpid()));
        QVERIFY(children.open(QIODevice::ReadOnly));
        QCOMPARE(children.readAll().simplified().split(' ').size(), qsizetype(1));
    }

    void startsAndStops()
    {
        qRegisterMetaType<Event>();
        const DomainId one = idOf(u"one"_s);
        QStringList seen;
        connect(m_connection.get(), &Connection::eventReceived, this, [&](const Event &event) {
            if (event.name == "lifecycle"_L1 && event.domain == one)
                seen << event.data.value("event"_L1).toString();
        });
        QSignalSpy failed(m_connection.get(), &Connection::operationFailed);
        m_connection->start(one);
        QTRY_COMPARE_WITH_TIMEOUT(stateOf(u"one"_s), DomainState::Running, 10'000);
        QTRY_VERIFY(seen.contains(u"started"_s));
        m_connection->stop(one, Hypervisor::StopKind::ForceOff);
        QTRY_COMPARE_WITH_TIMEOUT(stateOf(u"one"_s), DomainState::ShutOff, 10'000);
        QTRY_VERIFY(seen.contains(u"stopped"_s));
        QCOMPARE(failed.size(), 0);
        // It is off: there is nothing to shut down, and forced off it is already.
        m_connection->stop(one, Hypervisor::StopKind::Shutdown);
        QTRY_COMPARE(failed.size(), 1);
        m_connection->stop(one, Hypervisor::StopKind::ForceOff);
        QTest::qWait(500);
        QCOMPARE(failed.size(), 1);
    }

    void hangingDaemonStallsNobody()
    {
        const DomainId one = idOf(u"one"_s);
        m_connection->setInView(one);
        Heartbeat heartbeat;
        m_daemon->signal(SIGSTOP);
        QTest::qWait(2500);
        const auto activity = m_connection->activity();
        QVERIFY(activity);
        QVERIFY(!activity->what.isEmpty());
        const qint64 waited = QDateTime::currentMSecsSinceEpoch() - activity->since;
        QVERIFY2(waited > 1000 && waited < 10'000, qPrintable(QString::number(waited)));
        m_connection->start(one);
        m_connection->refresh();
        QElapsedTimer closing;
        {
            Connection other(m_daemon->uri(), backendOf(m_daemon->uri()));
            other.open();
            QTest::qWait(2500);
            QCOMPARE(other.status(), Connection::Status::Connecting);
            QCOMPARE(other.activity()->what, u"open"_s);
            closing.start();
        }
        QVERIFY(closing.elapsed() < 100);
        QTest::qWait(1000);
        qInfo("longest stall: %s", heartbeat.report().constData());
        QVERIFY2(heartbeat.longestStall() < 100, heartbeat.report().constData());
        QCOMPARE(m_connection->status(), Connection::Status::Open);
        QVERIFY(!m_connection->inventory()->domains.empty());

        m_daemon->signal(SIGCONT);
        QTRY_COMPARE_WITH_TIMEOUT(stateOf(u"one"_s), DomainState::Running, 10'000);
        m_connection->stop(one, Hypervisor::StopKind::ForceOff);
        QTRY_COMPARE_WITH_TIMEOUT(stateOf(u"one"_s), DomainState::ShutOff, 10'000);
        QTRY_VERIFY(!m_connection->activity());
        QCOMPARE(m_connection->status(), Connection::Status::Open);
    }

    void closesWhileTheDaemonHangs()
    {
        m_connection->setInView(idOf(u"one"_s));
        m_daemon->signal(SIGSTOP);
        QTest::qWait(1500);
        QElapsedTimer closing;
        closing.start();
        m_connection->close();
        m_connection.reset();
        const qint64 took = closing.elapsed();
        m_daemon->signal(SIGCONT);
        QVERIFY2(took < 100, qPrintable(QString::number(took)));
    }

    void reconnectsByItself()
    {
        QList<Connection::Status> statuses;
        connect(m_connection.get(), &Connection::statusChanged, this, [&] { statuses << m_connection->status(); });
        m_daemon->end(SIGKILL);
        QTRY_COMPARE_WITH_TIMEOUT(m_connection->status(), Connection::Status::Lost, 5000);
        QVERIFY(!m_connection->error().detail.isEmpty());
        QVERIFY(m_connection->retryAt() > QDateTime::currentMSecsSinceEpoch());
        QCOMPARE(m_connection->inventory()->domains.size(), size_t(2)); // still to be looked at
        QVERIFY(m_daemon->start());
        QTRY_COMPARE_WITH_TIMEOUT(m_connection->status(), Connection::Status::Open, 20'000);
        QVERIFY(statuses.contains(Connection::Status::Connecting));
        QCOMPARE(m_connection->error(), Error());
        // And looks again.
        m_connection->setInView(idOf(u"one"_s));
        m_daemon->virsh({u"snapshot-create-as"_s, u"one"_s, u"after"_s});
        QTRY_COMPARE_WITH_TIMEOUT(snapshotsOf(u"one"_s), 1, 2000);
        m_daemon->virsh({u"snapshot-delete"_s, u"one"_s, u"after"_s});
    }

    void wrongUri_data()
    {
        QTest::addColumn<QString>("uri");
        QTest::newRow("no such driver") << u"nonsense://nowhere/"_s;
        QTest::newRow("no such socket") << u"qemu+unix:///session?socket=/tmp/treewarden-no-such-socket"_s;
        QTest::newRow("not a URI") << u"&<>"_s;
    }
    void wrongUri()
    {
        QFETCH(const QString, uri);
        Connection connection(uri, backendOf(uri));
        connection.open();
        QTRY_COMPARE(connection.status(), Connection::Status::Failed);
        QVERIFY(!connection.error().detail.isEmpty());
        const qint64 left = connection.retryAt() - QDateTime::currentMSecsSinceEpoch();
        QVERIFY2(left > 0 && left < 60'000, qPrintable(QString::number(left)));
        QVERIFY(connection.inventory()->domains.empty());
    }
};

TREEWARDEN_LIVE_MAIN(tst_Connection)
#include "tst_connection.moc"
