// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs whose QEMU or daemon ends in the middle, whose disk is full, or that are cancelled. In every case the
// history says what was done, every image opens, and all that the machine and its snapshots show is still there.
#include "tests/live/jobmachine.h"
#include "tests/support/ownmounts.h"
#include "tests/support/sandboxfixture.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <csignal>

#include <sys/prctl.h>
#include <unistd.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Kind = CreateIntent::Kind;

// What came of a job whose disk was full from each of its steps on.
struct Figures
{
    QString job;
    int steps = 0;
    int putBack = 0; // or nothing was done
    int left = 0;
    int succeeded = 0;
};

} // namespace

class tst_JobFaults : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<JobMachine> m_machine;
    std::optional<SmallDisk> m_disk; // below its images
    QString m_way; // of the merge
    std::vector<Figures> m_figures;

    void prepare(const QStringList &tree)
    {
        int value = 1;
        for (const QString &word : tree) {
            const Task task
                = m_machine->execute(CreateIntent{word, {}, word.startsWith(u'e') ? Kind::External : Kind::Internal});
            QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
            QVERIFY(m_machine->write(++value));
        }
    }
    bool start() { return m_machine->execute(PowerIntent{PowerIntent::To::Start}).outcome == Outcome::Succeeded; }
    void off() { (void)run(u"virsh"_s, m_machine->virsh({u"destroy"_s, u"one"_s})); }

    // A merge on a running machine that does not end: as soon as it runs it is made as slow as can be. Its task; 0: it
    // was too fast for us.
    quint64 beginSlowMerge()
    {
        const auto host = m_machine->host();
        const auto plan = m_machine->confirm(DeleteIntent{u"e2"_s});
        if (!plan || !host.hypervisor)
            return 0;
        m_way = plan->plan().way;
        const quint64 task = m_machine->connection().run(*plan);
        const auto blockJob = [&] {
            const auto reply = host.hypervisor->qmp(m_machine->id(), R"({"execute":"query-block-jobs"})");
            const QJsonArray jobs
                = QJsonDocument::fromJson(reply.value_or(QByteArray())).object()["return"_L1].toArray();
            return jobs.at(0).toObject(); // empty: there is none
        };
        while (!m_machine->connection().task(task)->outcome) {
            QCoreApplication::processEvents();
            const QJsonObject job = blockJob();
            if (job.isEmpty())
                continue;
            const auto limit = [&](int speed) {
                const QJsonObject arguments{{u"device"_s, job["device"_L1]}, {u"speed"_s, speed}};
                const QJsonObject command{{u"execute"_s, u"block-job-set-speed"_s}, {u"arguments"_s, arguments}};
                (void)host.hypervisor->qmp(m_machine->id(), QJsonDocument(command).toJson(QJsonDocument::Compact));
            };
            limit(1024);
            // It may have come to its end meanwhile, or be so near that what is under way takes it there.
            const QJsonObject now = blockJob();
            if (now["len"_L1].toDouble() - now["offset"_L1].toDouble() > 32 << 20)
                return task;
            limit(0);
        }
        return 0;
    }
    // The same on a machine that is ready for it, with what it shows before. On a busy computer a merge may be over
    // before it is slowed down: then there is another one.
    void beginSlowMerge(quint64 &task, QMap<QString, int> &before)
    {
        for (int tries = 0; tries < 10 && !task; ++tries) {
            if (tries > 0) {
                off();
                QVERIFY(m_machine->renew(192));
            }
            prepareMerge();
            if (QTest::currentTestFailed())
                return;
            before = kept();
            task = beginSlowMerge();
        }
        QVERIFY(task);
    }
    // All but the snapshot that was to be deleted, into whose file the merge has written.
    QMap<QString, int> kept()
    {
        auto states = m_machine->states();
        states.remove(u"e2"_s);
        return states;
    }
    // A machine that runs on an overlay with much in it, above a snapshot whose state is inside the file below.
    void prepareMerge()
    {
        prepare({u"i1"_s, u"e2"_s});
        if (QTest::currentTestFailed())
            return;
        QVERIFY(JobMachine::put(m_machine->disk(), 7, u"2M 190M"_s));
        QVERIFY(start());
    }

private Q_SLOTS:
    void initTestCase()
    {
        prctl(PR_SET_CHILD_SUBREAPER, 0);
        m_machine = std::make_unique<JobMachine>();
        QVERIFY(m_machine->daemon.start());
        QVERIFY(m_machine->connect());
    }
    void cleanupTestCase()
    {
        m_machine.reset();
        QVERIFY(waitForWorkers(10s));
        qInfo("%-28s %5s %8s %4s %9s", "disk full", "steps", "put back", "left", "succeeded");
        for (const Figures &row : m_figures)
            qInfo("%-28s %5d %8d %4d %9d", qPrintable(row.job), row.steps, row.putBack, row.left, row.succeeded);
    }
    void init() { QVERIFY(m_machine->renew(192)); }
    void cleanup()
    {
        off();
        m_disk.reset();
    }

    void cancelledMerge()
    {
        quint64 task = 0;
        QMap<QString, int> before;
        beginSlowMerge(task, before);
        if (QTest::currentTestFailed())
            return;
        QTRY_VERIFY_WITH_TIMEOUT(m_machine->connection().task(task)->canCancel, JobMachine::Patience);
        QVERIFY(!m_machine->connection().task(task)->outcome);
        m_machine->connection().cancel(task);
        const Task ended = m_machine->wait(task);
        QVERIFY2(ended.outcome == Outcome::Cancelled, describe(ended).constData());
        QCOMPARE(ended.error.subject, u"partly-merged"_s);
        for (const JournalStep &step : m_machine->entry(ended.entry).steps)
            QVERIFY(!step.isDone);
        QCOMPARE(m_machine->power(), DomainState::Running);
        QCOMPARE(kept(), before);
        const Task again = m_machine->execute(DeleteIntent{u"e2"_s});
        QVERIFY2(again.outcome == Outcome::Succeeded, describe(again).constData());
        off();
        QCOMPARE(m_machine->broken(), QByteArray());
        QCOMPARE(m_machine->states().value(u"now"_s), before.value(u"now"_s));
    }

    void qemuIsKilled()
    {
        quint64 task = 0;
        QMap<QString, int> before;
        beginSlowMerge(task, before);
        if (QTest::currentTestFailed())
            return;
        QCOMPARE(run(u"sh"_s,
                     {u"-c"_s, u"kill -9 $(cat '%1')"_s.arg(m_machine->daemon.path(u"run/libvirt/qemu/run/one.pid"_s))})
                     .exitCode,
            0);
        const Task ended = m_machine->wait(task);
        QVERIFY2(
            ended.outcome == Outcome::Failed || ended.outcome == Outcome::Indeterminate, describe(ended).constData());
        const JournalEntry entry = m_machine->entry(ended.entry);
        QVERIFY(entry.outcome == ended.outcome);
        QVERIFY(!entry.steps.front().isDone);
        QTRY_COMPARE_WITH_TIMEOUT(m_machine->power(), DomainState::ShutOff, JobMachine::Patience);
        QCOMPARE(kept(), before);
        QCOMPARE(m_machine->broken(), QByteArray());
        const Task again = m_machine->execute(DeleteIntent{u"e2"_s});
        QVERIFY2(again.outcome == Outcome::Succeeded, describe(again).constData());
        QCOMPARE(m_machine->states().value(u"now"_s), before.value(u"now"_s));
        QCOMPARE(m_machine->broken(), QByteArray());
    }

    void daemonIsStartedAgain()
    {
        quint64 task = 0;
        QMap<QString, int> before;
        beginSlowMerge(task, before);
        if (QTest::currentTestFailed())
            return;
        m_machine->daemon.end(SIGKILL);
        const Task ended = m_machine->wait(task);
        QVERIFY2(ended.outcome == Outcome::Indeterminate, describe(ended).constData());
        QVERIFY(m_machine->daemon.start());
        QTRY_VERIFY_WITH_TIMEOUT(
            m_machine->connection().status() == Connection::Status::Open, 2 * JobMachine::Patience);
        QVERIFY(m_machine->entry(ended.entry).outcome == Outcome::Indeterminate);
        QCOMPARE(m_machine->power(), DomainState::Running);
        QCOMPARE(kept(), before);
        // QEMU goes on with the merge, and while it does the guard lets nobody else at the machine as it runs.
        QVERIFY(!m_machine->confirm(DeleteIntent{u"e2"_s}, m_way));
        QCOMPARE(run(u"virsh"_s, m_machine->virsh({u"blockjob"_s, u"one"_s, u"vda"_s, u"--abort"_s})).exitCode, 0);
        const Task again = m_machine->execute(DeleteIntent{u"e2"_s});
        QVERIFY2(again.outcome == Outcome::Succeeded, describe(again).constData());
        off();
        QCOMPARE(m_machine->states().value(u"now"_s), before.value(u"now"_s));
        QCOMPARE(m_machine->broken(), QByteArray());
    }

    void diskIsFull_data()
    {
        QTest::addColumn<QStringList>("tree");
        QTest::addColumn<QString>("snapshot");
        QTest::addColumn<QString>("way");
        QTest::newRow("extraction") << QStringList{u"i1"_s, u"e2"_s} << u"i1"_s << u"extract"_s;
        QTest::newRow("merge") << QStringList{u"i1"_s, u"e2"_s} << u"e2"_s << QString();
    }

    // At each step in turn. It is not when the job begins: else the guard would have said so.
    void diskIsFull()
    {
        QFETCH(QStringList, tree);
        QFETCH(QString, snapshot);
        QFETCH(QString, way);
        const bool isMerge = way.isEmpty();
        const Intent::What what = isMerge ? Intent::What(DeleteIntent{snapshot}) : RevertIntent{snapshot};
        Figures figures{QString::fromLatin1(QTest::currentDataTag())};
        for (;; ++figures.steps) {
            m_disk.reset();
            QVERIFY(m_disk.emplace(m_machine->path({}), "96m").isMounted());
            QVERIFY(m_machine->renew(64));
            QVERIFY(JobMachine::put(m_machine->path(u"one.qcow2"_s), 5, u"8M 20M"_s));
            prepare(tree);
            if (QTest::currentTestFailed())
                return;
            QVERIFY(JobMachine::put(m_machine->disk(), 7, u"32M 20M"_s));
            const auto before = isMerge ? kept() : m_machine->states();
            const QStringList files = QDir(m_machine->path({})).entryList(QDir::Files);
            const auto plan = m_machine->confirm(what, way);
            QVERIFY(plan);
            QFile ballast(m_machine->path(u"ballast"_s));
            int begun = 0;
            const Runner::Options options{250ms, 30s, [&](const QString &point) {
                                              if (point != "step-begun"_L1 || begun++ != figures.steps)
                                                  return;
                                              if (!ballast.open(QIODevice::WriteOnly | QIODevice::Unbuffered))
                                                  return;
                                              const QByteArray piece(1 << 20, 'x');
                                              while (ballast.write(piece) > 0) { }
                                          }};
            Runner runner(m_machine->host(), m_machine->journal(), options);
            const Task task = runner.run(orderOf(*plan, m_machine->connection().surroundings()));
            const QByteArray context = QByteArray::number(figures.steps) + ": " + describe(task);
            if (begun <= figures.steps) {
                QVERIFY2(task.outcome == Outcome::Succeeded, context.constData());
                break;
            }
            QVERIFY(ballast.remove());
            QCOMPARE(m_machine->broken(), QByteArray());
            const JournalEntry entry = m_machine->entry(task.entry);
            QVERIFY(entry.outcome == task.outcome);
            auto expected = before;
            if (task.outcome == Outcome::Succeeded) {
                expected[u"now"_s] = before.value(isMerge ? u"now"_s : snapshot);
                ++figures.succeeded; // what it still had to do needs no space there
            } else {
                QVERIFY2(task.outcome == Outcome::Failed, context.constData());
                const size_t full = size_t(figures.steps);
                QVERIFY2(!entry.steps[full].isDone || entry.isPutBack, context.constData());
                if (full == 0 || entry.isPutBack)
                    QCOMPARE(QDir(m_machine->path({})).entryList(QDir::Files), files);
                else
                    QVERIFY2(task.whyNotPutBack, context.constData());
                ++(full == 0 || entry.isPutBack ? figures.putBack : figures.left);
            }
            QCOMPARE(isMerge ? kept() : m_machine->states(), expected);
            if (task.outcome != Outcome::Succeeded && (!isMerge || m_machine->states().contains(snapshot))) {
                const Task again = m_machine->execute(what, entry.isPutBack ? way : QString());
                QVERIFY2(again.outcome == Outcome::Succeeded, QByteArray(context + ", then " + describe(again)));
                QCOMPARE(m_machine->broken(), QByteArray());
            }
        }
        QVERIFY(figures.putBack > 0);
        m_figures.push_back(figures);
    }
};

TREEWARDEN_LIVE_MAIN(tst_JobFaults, Mounts::Own)
#include "tst_jobfaults.moc"
