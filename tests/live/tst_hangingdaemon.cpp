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

} // namespace

// The window, while the daemon of the host that it shows hangs.
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
        QTemporaryDir folder;
        QSettings settings(folder.filePath(u"settings.ini"_s), QSettings::IniFormat);
        Connections connections(backendOf);
        MainWindow window(&connections, &settings);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        Connection *connection = connections.add(m_daemon->uri());
        connection->open();
        const auto machine = [&] {
            const auto domain = connection->inventory()->domain(window.machines()->currentMachine());
            return domain ? domain->name : QString();
        };
        QTRY_COMPARE_WITH_TIMEOUT(machine(), u"one"_s, Patience);
        const auto *waiting = window.findChild<QLabel *>(u"waiting"_s);
        QVERIFY(waiting);
        const auto snapshots = [&] {
            const auto domain = connection->inventory()->domain(window.machines()->currentMachine());
            return domain->snapshots.isKnown() ? domain->snapshots->size() : -1;
        };
        QCOMPARE(snapshots(), 2);

        m_daemon->signal(SIGSTOP);
        const auto wake = qScopeGuard([&] { m_daemon->signal(SIGCONT); });
        QElapsedTimer hangs;
        hangs.start();
        const Heartbeat heartbeat;
        int seconds = 0; // of waiting that the window told of
        int told = 0;
        QStringList shown;
        for (int round = 0; !hangs.hasExpired(std::chrono::milliseconds(Hang).count()); ++round) {
            // What a user does while nothing moves.
            window.selectMachine(connection->uri(), round % 2 ? u"one"_s : u"two"_s);
            QVERIFY(window.selectSnapshot(round % 3 ? u"first"_s : u"second"_s));
            shown << machine();
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
        QVERIFY(shown.contains(u"one"_s) && shown.contains(u"two"_s));
        QCOMPARE(connection->inventory()->domains.size(), size_t(2));

        // It goes on by itself: by the old connection, or, on a computer so busy that this took longer, by a new one.
        m_daemon->signal(SIGCONT);
        QTRY_COMPARE_WITH_TIMEOUT(waiting->text(), QString(), Patience);
        QTRY_COMPARE_WITH_TIMEOUT(connection->status(), Connection::Status::Open, Patience);
        window.selectMachine(connection->uri(), u"one"_s);
        m_daemon->virsh({u"snapshot-create-as"_s, u"one"_s, u"third"_s});
        QTRY_COMPARE_WITH_TIMEOUT(snapshots(), 3, Patience);
        QVERIFY(window.selectSnapshot(u"third"_s));
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
