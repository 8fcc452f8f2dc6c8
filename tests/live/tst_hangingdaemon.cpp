// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/backend/localfiles/localfiles.h"
#include "model/connection/worker.h"
#include "tests/support/heartbeat.h"
#include "tests/support/privatedaemon.h"
#include "tests/support/process.h"
#include "views/detailspanel.h"
#include "views/machineview.h"
#include "views/mainwindow.h"
#include "views/noticebar.h"
#include "views/snapshotview.h"

#include <QAction>
#include <QApplication>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QSettings>
#include <QTest>

#include <csignal>
#include <cstdio>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr int Patience = 60'000;
// For so long the daemon does nothing. Both sides ask each other every 5 s whether they are there; ours gives up after
// 45 s, and the daemon, which slept, only counts from when it wakes.
constexpr auto Hang = 30s;

Backend backendOf(const QString &uri)
{
    return {[uri](const Announce &) { return libvirt::openHypervisor(uri); },
        [](const std::shared_ptr<Hypervisor> &) {
            return std::vector<std::shared_ptr<ImageStore>>{std::make_shared<LocalFiles>()};
        }};
}

// The window with one host.
struct Shown
{
    explicit Shown(const QString &uri)
        : connection(connections.add(uri))
    {
        window.show();
        connection->open();
    }

    std::shared_ptr<const Domain> domain() const
    {
        return connection->inventory()->domain(window.machines()->currentMachine());
    }
    QString machine() const { return domain() ? domain()->name : QString(); }
    int snapshots() const { return domain() && domain()->snapshots.isKnown() ? domain()->snapshots->size() : -1; }

    QTemporaryDir folder;
    QSettings settings{folder.filePath(u"settings.ini"_s), QSettings::IniFormat};
    Connections connections{backendOf};
    MainWindow window{&connections, &settings};
    Connection *connection;
};

} // namespace

// The window, while the daemon of the host that it shows hangs, or is stopped for a while.
class tst_HangingDaemon : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<PrivateDaemon> m_daemon;

private Q_SLOTS:
    void initTestCase()
    {
        m_daemon = std::make_unique<PrivateDaemon>();
        QVERIFY(m_daemon->start());
        for (const QString &machine : {u"one"_s, u"two"_s}) {
            QVERIFY(m_daemon->define(machine));
            for (const QString &snapshot : {u"first"_s, u"second"_s})
                m_daemon->virsh({u"snapshot-create-as"_s, machine, snapshot});
        }
    }

    void theWindowGoesOn()
    {
        Shown shown(m_daemon->uri());
        MainWindow &window = shown.window;
        Connection *connection = shown.connection;
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QTRY_COMPARE_WITH_TIMEOUT(shown.machine(), u"one"_s, Patience);
        const auto *waiting = window.findChild<QLabel *>(u"waiting"_s);
        QVERIFY(waiting);
        QCOMPARE(shown.snapshots(), 2);

        m_daemon->signal(SIGSTOP);
        const auto wake = qScopeGuard([&] { m_daemon->signal(SIGCONT); });
        QElapsedTimer hangs;
        hangs.start();
        const Heartbeat heartbeat;
        int seconds = 0; // of waiting that the window told of
        int told = 0;
        QStringList seen;
        for (int round = 0; !hangs.hasExpired(std::chrono::milliseconds(Hang).count()); ++round) {
            // What a user does while nothing moves.
            window.selectMachine(connection->uri(), round % 2 ? u"one"_s : u"two"_s);
            QVERIFY(window.selectSnapshot(round % 3 ? u"first"_s : u"second"_s));
            seen << shown.machine();
            QVERIFY(window.details()->plainText().contains(round % 3 ? u"first"_s : u"second"_s));
            if (round == 3)
                window.machines()->refreshAction()->trigger();
            QTest::qWait(250);
            static const QRegularExpression sentence(u"^Waiting for libvirt on .*: .+, (\\d+) s"_s);
            if (const auto match = sentence.match(waiting->text()); match.hasMatch()) {
                ++told;
                seconds = std::max(seconds, match.captured(1).toInt());
            }
        }
        qInfo("%d ticks in %lld ms, %d at most between two; told of %d s", heartbeat.ticks(), hangs.elapsed(),
            heartbeat.longestGap(), seconds);
        QVERIFY2(heartbeat.longestGap() < 100, qPrintable(QString::number(heartbeat.longestGap())));
        QVERIFY(told > 0);
        // It began within the first seconds, when the machine in view was looked at.
        QVERIFY2(seconds >= 20, qPrintable(QString::number(seconds)));
        QVERIFY(seen.contains(u"one"_s) && seen.contains(u"two"_s));
        QCOMPARE(connection->inventory()->domains.size(), size_t(2));

        // It goes on by itself: by the old connection, or, on a computer so busy that this took longer, by a new one.
        m_daemon->signal(SIGCONT);
        QTRY_COMPARE_WITH_TIMEOUT(waiting->text(), QString(), Patience);
        QTRY_COMPARE_WITH_TIMEOUT(connection->status(), Connection::Status::Open, Patience);
        window.selectMachine(connection->uri(), u"one"_s);
        m_daemon->virsh({u"snapshot-create-as"_s, u"one"_s, u"third"_s});
        QTRY_COMPARE_WITH_TIMEOUT(shown.snapshots(), 3, Patience);
        QVERIFY(window.selectSnapshot(u"third"_s));
    }

    // As where libvirt is updated: it is stopped, and some time later it is there again.
    void theWindowComesBack()
    {
        for (const QStringList &command : {QStringList{u"snapshot-revert"_s, u"two"_s, u"first"_s},
                 QStringList{u"snapshot-create-as"_s, u"two"_s, u"branch"_s}, QStringList{u"start"_s, u"one"_s}})
            m_daemon->virsh(command);
        const auto processOfOne = [this] {
            QFile file(m_daemon->path(u"run/libvirt/qemu/run/one.pid"_s));
            return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed().toInt() : 0;
        };
        const pid_t process = processOfOne();
        QVERIFY(process > 0);

        Shown shown(m_daemon->uri());
        MainWindow &window = shown.window;
        Connection *connection = shown.connection;
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        const auto stateOfOne = [connection] {
            for (const auto &domain : connection->inventory()->domains) {
                if (domain->name == "one"_L1)
                    return domain->state;
            }
            return DomainState::Unknown;
        };
        const auto rows = [&window] { return window.snapshots()->model()->rowCount(); };
        QTRY_COMPARE_WITH_TIMEOUT(stateOfOne(), DomainState::Running, Patience);
        window.selectMachine(connection->uri(), u"two"_s);
        QTRY_COMPARE_WITH_TIMEOUT(shown.snapshots(), 3, Patience);
        const int unfolded = rows();
        QVERIFY(window.selectSnapshot(u"first"_s));
        window.snapshots()->foldAction()->trigger();
        const int folded = rows();
        QVERIFY(folded < unfolded);
        const QModelIndex host = window.machines()->model()->index(0, 0);
        QVERIFY(window.machines()->isExpanded(host));
        // What the user chose and folded.
        const auto isKept = [&] {
            const auto item = window.snapshots()->currentItem();
            return shown.machine() == "two"_L1 && item && item->name == "first"_L1 && rows() == folded
                && window.machines()->isExpanded(host);
        };
        QVERIFY(isKept());

        const QString key = u"status "_s + connection->uri();
        const auto notice = [&] { return window.notices()->textOf(key); };
        const auto inTheList = [&] { return host.data(Qt::AccessibleTextRole).toString(); };
        const Heartbeat heartbeat;
        m_daemon->signal(SIGTERM);
        const QString why = u"the host closed it, or libvirt there was stopped"_s;
        QTRY_VERIFY_WITH_TIMEOUT(notice().contains(u"was lost: "_s + why), Patience);
        QVERIFY2(notice().contains(u"connects again by itself"_s), qPrintable(notice()));
        QVERIFY2(
            inTheList().contains(u"Connection lost: "_s + why + u", connecting again in "_s), qPrintable(inTheList()));
        QVERIFY(isKept());
        // Tries that fail say that, and what is seen stays.
        QTRY_VERIFY_WITH_TIMEOUT(notice().contains(u"Cannot connect to"_s), Patience);
        QVERIFY2(notice().contains(u"not running"_s), qPrintable(notice()));
        QVERIFY2(notice().contains(u"What you see is what was read last"_s), qPrintable(notice()));
        QVERIFY2(inTheList().contains(u"Failed: libvirt does not answer"_s), qPrintable(inTheList()));
        for (int round = 0; round < 8; ++round) {
            window.selectMachine(connection->uri(), round % 2 ? u"two"_s : u"one"_s);
            QCOMPARE(shown.machine(), round % 2 ? u"two"_s : u"one"_s);
            QTest::qWait(100);
        }
        QVERIFY(isKept());
        QCOMPARE(::kill(process, 0), 0);

        // Nobody asks for a try.
        m_daemon->launch();
        QTRY_COMPARE_WITH_TIMEOUT(connection->status(), Connection::Status::Open, Patience);
        QTRY_VERIFY_WITH_TIMEOUT(notice().isEmpty(), Patience);
        m_daemon->virsh({u"snapshot-create-as"_s, u"two"_s, u"later"_s});
        QTRY_COMPARE_WITH_TIMEOUT(shown.snapshots(), 4, Patience);
        qInfo("%d ticks, %d at most between two", heartbeat.ticks(), heartbeat.longestGap());
        QVERIFY2(heartbeat.longestGap() < 100, qPrintable(QString::number(heartbeat.longestGap())));
        QVERIFY(isKept());
        QCOMPARE(stateOfOne(), DomainState::Running);
        QCOMPARE(processOfOne(), process);
        QCOMPARE(m_daemon->virsh({u"domstate"_s, u"one"_s}).trimmed(), QByteArray("running"));
    }

    void cleanupTestCase()
    {
        m_daemon.reset();
        QVERIFY(waitForWorkers(30s));
    }
};

int main(int argc, char **argv)
{
    for (const QString &tool : {u"libvirtd"_s, u"virsh"_s, u"qemu-img"_s, u"qemu-system-x86_64"_s}) {
        if (const QByteArray missing = missingTool(tool); !missing.isEmpty()) {
            std::fprintf(stderr, "FAIL! : %s\n", missing.constData());
            return 1;
        }
    }
    const QApplication application(argc, argv);
    tst_HangingDaemon test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_hangingdaemon.moc"
