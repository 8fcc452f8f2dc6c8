// SPDX-License-Identifier: GPL-3.0-or-later
// treewarden-cli is killed (-9) at each record of the journal, at each call of libvirt that changes something and at
// each file that gets or loses a name; and each of these calls fails once, made or not. Each time the history says what
// was done and what was not, every image opens, and it is put back or gone on with and no state is lost.
#include "model/job/recovery.h"
#include "tests/live/cliprocess.h"
#include "tests/live/killedjob.h"
#include "tests/support/sandboxfixture.h"

#include <QElapsedTimer>

#include <sys/prctl.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Kind = CreateIntent::Kind;

struct Scenario
{
    QString name;
    QStringList tree; // "i1": internal, "e1": external; "on": started
    QStringList intent;
    QString way = {}; // empty: the first that is not refused
    QStringList mayGo = {}; // states that the job gives up
    bool isUndo = false; // the job is run, and its undo is killed
};

const std::vector<Scenario> &scenarios()
{
    const QStringList external{u"e1"_s, u"e2"_s};
    const QStringList mixed{u"i1"_s, u"e2"_s};
    const QStringList branch{u"revert"_s, u"e1"_s};
    const QStringList extract{u"revert"_s, u"i1"_s};
    static const std::vector<Scenario> all{
        {u"create internal"_s, {u"i1"_s}, {u"create"_s, u"new"_s, u"--kind"_s, u"internal"_s}},
        {u"create external with memory"_s, {u"on"_s},
            {u"create"_s, u"new"_s, u"--kind"_s, u"external"_s, u"--memory"_s}},
        {u"delete by merge"_s, mixed, {u"delete"_s, u"e2"_s}, u"merge"_s, {u"e2"_s}},
        {u"delete with children"_s, mixed, {u"delete"_s, u"i1"_s, u"--children"_s}, {}, {u"i1"_s, u"e2"_s}},
        {u"revert by branch"_s, external, branch, u"branch"_s, {u"now"_s}},
        {u"revert by extraction"_s, mixed, extract, u"extract"_s, {u"now"_s}},
        {u"make uniform"_s, {u"i1"_s, u"i2"_s}, {u"uniform"_s, u"external"_s}},
        {u"undo of branch"_s, external, branch, u"branch"_s, {u"now"_s}, true},
        {u"undo of extraction"_s, mixed, extract, u"extract"_s, {u"now"_s}, true},
    };
    return all;
}

// What came of the kills of one job.
struct Figures
{
    QString job;
    int steps = 0;
    int kills = 0;
    int fails = 0; // of calls
    int right = 0; // what the history says
    int unknown = 0; // steps of which it says that nobody knows
    int opened = 0;
    int putBack = 0;
    int goneOn = 0; // left as it was, and done then
    int untouched = 0; // nothing was done
    int whole = 0; // everything was done
    qint64 milliseconds = 0;
};

} // namespace

class tst_KilledJobs : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<JobMachine> m_machine;
    std::unique_ptr<KilledJob> m_job;
    std::vector<Figures> m_figures;

    void prepare(const Scenario &what)
    {
        QDir(m_machine->state()).removeRecursively();
        QVERIFY(m_machine->connect());
        QVERIFY(m_machine->renew());
        int value = 1;
        for (const QString &word : what.tree) {
            const Intent::What step = word == "on"_L1
                ? Intent::What(PowerIntent{PowerIntent::To::Start})
                : CreateIntent{word, {}, word.startsWith(u'e') ? Kind::External : Kind::Internal};
            const Task task = m_machine->execute(step);
            QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
            if (word != "on"_L1)
                QVERIFY(m_machine->write(++value));
        }
        m_machine->disconnect();
    }

    // The words that run it, with a yes to all that its plan asks for; none: it is refused.
    QStringList wordsFor(const Scenario &what, const QString &way) const
    {
        const QJsonObject planned = object(m_job->run(QStringList{u"plan"_s, u"one"_s} + what.intent).output);
        QList<QJsonObject> plans{planned};
        for (const QJsonValue &other : planned["alternatives"_L1].toArray())
            plans << other.toObject();
        for (qsizetype i = 0; i < plans.size(); ++i) {
            const QJsonObject &plan = plans[i];
            if (plan["verdict"_L1].toString() == "block"_L1 || (!way.isEmpty() && plan["way"_L1].toString() != way))
                continue;
            QStringList words = QStringList{u"run"_s, u"one"_s} + what.intent;
            if (i > 0)
                words << u"--alternative"_s << QString::number(i - 1);
            for (const QJsonValue &finding : plan["findings"_L1].toArray()) {
                if (finding["severity"_L1].toString() == "confirm"_L1)
                    words << u"--acknowledge"_s
                          << finding["id"_L1].toString() + u'@' + finding["subject"_L1].toString();
            }
            return words;
        }
        return {};
    }

    QMap<QString, int> states() const
    {
        const auto inventory = m_job->read();
        return inventory ? m_machine->states(*inventory) : QMap<QString, int>();
    }

    // What the history says of the job, beside what is known of it; empty: the same.
    static QByteArray differs(
        const QJsonObject &told, const std::vector<KilledJob::Far> &steps, bool hasEnded, bool isOurs)
    {
        if (told["outcome"_L1].isNull() == hasEnded)
            return "outcome: " + told["outcome"_L1].toString().toUtf8();
        const QJsonArray all = told["steps"_L1].toArray();
        for (qsizetype i = 0; i < all.size(); ++i) {
            const QJsonValue done = all[i]["done"_L1];
            const QString id = all[i]["id"_L1].toString();
            const bool hasBegun = size_t(i) < steps.size();
            const auto far = hasBegun ? steps[size_t(i)] : KilledJob::Far::NotBegun;
            const bool isKnowable
                = id != stepName(StepKind::CommitOffline) && id != stepName(StepKind::RevertToSnapshot);
            const bool isNotDone = !done.isNull() && !done.toBool();
            bool isRight = true; // whatever it says of one that was cut off between its calls
            if (!hasBegun || told["undone"_L1].toBool())
                isRight = isNotDone;
            else if (done.isNull())
                isRight = !isKnowable && !hasEnded;
            else if (!isOurs && id == stepName(StepKind::PointSnapshot) && far == KilledJob::Far::NotBegun)
                isRight = true; // what it is to say the document may say already, after a revert of libvirt's own
            else if (far != KilledJob::Far::InTheMiddle)
                isRight = isNotDone == (far == KilledJob::Far::NotBegun);
            if (!isRight)
                return id.toUtf8() + ": " + (done.isNull() ? "null" : done.toBool() ? "true" : "false");
        }
        return {};
    }

    // Second names of files that no job of the history keeps.
    QStringList unknownPins() const
    {
        QStringList found = QDir(m_machine->path(u".treewarden"_s)).entryList(QDir::Files);
        const auto contents = m_machine->journal()->read();
        for (const JournalEntry &entry : contents ? contents->entries : std::vector<JournalEntry>()) {
            for (const JournalStep &step : entry.steps) {
                for (const Pin &pin : step.pins)
                    found.removeAll(QFileInfo(pin.pinned).fileName());
            }
        }
        return found;
    }

    static QByteArray changed(const QByteArray &then, const QByteArray &now)
    {
        const QByteArrayList before = then.split('\n');
        const QByteArrayList after = now.split('\n');
        QByteArray lines;
        for (const QByteArray &line : before)
            lines += after.contains(line) ? QByteArray() : "\n-" + line;
        for (const QByteArray &line : after)
            lines += before.contains(line) ? QByteArray() : "\n+" + line;
        return lines.isEmpty() ? "another order" : lines;
    }

private Q_SLOTS:
    void initTestCase()
    {
        prctl(PR_SET_CHILD_SUBREAPER, 0); // else libvirt waits for QEMUs that nobody gathers
        m_machine = std::make_unique<JobMachine>();
        QVERIFY(m_machine->daemon.start());
        m_job = std::make_unique<KilledJob>(*m_machine);
    }

    void cleanupTestCase()
    {
        m_job.reset();
        m_machine.reset();
        QVERIFY(waitForWorkers(10s));
        qInfo("%-28s %5s %5s %5s %13s %12s %11s %8s %7s %7s %9s %6s", "job", "steps", "kills", "fails", "history right",
            "unknown step", "images open", "put back", "gone on", "nothing", "was whole", "s");
        for (const Figures &row : m_figures)
            qInfo("%-28s %5d %5d %5d %13d %12d %11d %8d %7d %7d %9d %6.1f", qPrintable(row.job), row.steps, row.kills,
                row.fails, row.right, row.unknown, row.opened, row.putBack, row.goneOn, row.untouched, row.whole,
                double(row.milliseconds) / 1000);
    }

    void killed_data()
    {
        QTest::addColumn<int>("number");
        for (size_t i = 0; i < scenarios().size(); ++i)
            QTest::newRow(qPrintable(scenarios()[i].name)) << int(i);
    }

    void killed()
    {
        QFETCH(int, number);
        const Scenario &what = scenarios()[size_t(number)];
        const bool isOn = what.tree.contains(u"on"_s);
        QElapsedTimer timer;
        timer.start();
        prepare(what);
        if (QTest::currentTestFailed())
            return;
        const auto atFirst = states();
        QStringList words = wordsFor(what, what.way);
        const bool isOurs = !words.isEmpty();
        if (!isOurs) // this libvirt needs no way of ours
            words = wordsFor(what, {});
        QVERIFY(!words.isEmpty());
        QString undone;
        if (what.isUndo) {
            const auto done = m_job->run(words);
            QVERIFY2(done.exitCode == 0, done.error.constData());
            undone = m_job->told()["entry"_L1].toString();
        }
        QVERIFY(m_job->keep());
        const auto before = states();
        const QByteArray documents = m_job->documents();
        if (what.isUndo) {
            // Which also learns what it asks for.
            QCOMPARE(m_job->undo(undone).exitCode, 0);
            words = m_job->undoWords(undone);
            QVERIFY(m_job->restore());
        }
        const auto whole = m_job->run(words);
        QVERIFY2(whole.exitCode == 0, QByteArray(whole.output + whole.error));
        const auto after = states();
        if (what.isUndo)
            QCOMPARE(after, atFirst);
        const QJsonObject wholeTold = m_job->told();
        const bool isUndoable = wholeTold["undo"_L1].toString() != "no"_L1;
        const std::vector<KilledJob::Fault> faults = m_job->faultsOf(whole);

        Figures figures{what.name};
        figures.steps = int(wholeTold["steps"_L1].toArray().size());
        for (const KilledJob::Fault &fault : faults) {
            QVERIFY(m_job->restore());
            const auto ended = m_job->run(words, fault);
            const bool isKill = fault.kind == KilledJob::Fault::Kind::Kill;
            const QString moment = whole.moments[fault.at];
            const auto context = [&](const QByteArrayList &more = {}) -> QByteArray {
                return (isKill ? "killed at " : "fails at ") + QByteArray::number(fault.at) + ", " + moment.toUtf8()
                    + ": " + more.join(' ');
            };
            QVERIFY2(ended.wasKilled == isKill, context({ended.output, ended.error}));
            QVERIFY2(ended.exitCode != 0, context({ended.output}));
            ++(isKill ? figures.kills : figures.fails);
            // What the daemon was at goes on; it lets nobody else change the machine before. It may be about to begin.
            if (isKill && moment.startsWith(u"calling")) {
                QTest::qWait(200);
                (void)m_machine->daemon.virsh({u"autostart"_s, u"one"_s, u"--disable"_s});
            }
            const std::vector<QJsonObject> records = m_job->records();
            QVERIFY(!records.empty());
            const bool hasEnded = std::any_of(records.begin(), records.end(),
                [](const QJsonObject &record) { return record["record"_L1].toString() == "outcome"_L1; });

            const QJsonObject told = m_job->told();
            const QByteArray different = differs(told, KilledJob::howFar(ended.moments, records), hasEnded, isOurs);
            QVERIFY2(different.isEmpty(), context({different}));
            ++figures.right;
            for (const QJsonValue &step : told["steps"_L1].toArray())
                figures.unknown += step["done"_L1].isNull();
            // What may go is what the job gives up; the machine itself is as it was, or as the job makes it.
            const auto middle = states();
            for (auto state = before.cbegin(); state != before.cend(); ++state) {
                if (!what.mayGo.contains(state.key()))
                    QVERIFY2(middle.value(state.key(), -1) == state.value(), context({state.key().toUtf8()}));
            }
            const QByteArray broken = m_machine->broken(isOn);
            QVERIFY2(broken.isEmpty(), context({broken}));
            ++figures.opened;

            const QString entry = told["entry"_L1].toString();
            const auto found = findInterrupted(*m_machine->journal(), m_job->host());
            QVERIFY(found);
            QCOMPARE(found->size(), size_t(hasEnded ? 0 : 1));
            bool canPutBack = hasEnded ? told["undo"_L1].toString() != "no"_L1 : found->front().canPutBack;
            if (canPutBack) {
                const auto back = m_job->undo(entry);
                // Of a job that has ended the history says what is kept; the guard looks when it is asked.
                const bool isRefused = object(back.output)["verdict"_L1].toString() == "block"_L1;
                canPutBack = !(hasEnded && !(isUndoable && isOurs) && isRefused);
                QVERIFY2(back.exitCode == 0 || !canPutBack, context({back.output, back.error}));
                figures.putBack += canPutBack;
            } else if (!hasEnded) {
                const Error &why = found->front().whyNot;
                QVERIFY2(!why.subject.isEmpty(), context());
                // What can be undone when it is whole can be put back from wherever it was cut off.
                if (isUndoable && isOurs)
                    QVERIFY2(why.subject == "nothing-to-undo"_L1, context({why.subject.toUtf8(), why.detail.toUtf8()}));
                QVERIFY(leaveAsItIs(*m_machine->journal(), m_job->host(), entry));
            }
            const auto left = states();
            const QByteArray then = m_job->documents();
            const bool wasPutBack = told["undone"_L1].toBool(); // by itself
            figures.putBack += wasPutBack;
            if (canPutBack || wasPutBack) {
                QVERIFY2(left == before, context());
                if (isOurs)
                    QVERIFY2(then == documents, context({changed(documents, then)}));
            } else if (told["outcome"_L1].toString() == "succeeded"_L1 || (!hasEnded && found->front().isComplete)) {
                QVERIFY2(left == after, context());
                ++figures.whole;
            } else if (left != before || then != documents) {
                // What was wanted can still be had.
                const QStringList again = what.isUndo ? m_job->undoWords(undone) : wordsFor(what, {});
                if (again.isEmpty()) {
                    // There is nothing left to be wanted.
                    const auto refused = m_job->run(QStringList{u"plan"_s, u"one"_s} + what.intent);
                    QVERIFY2(refused.output.contains("\"already-uniform\"")
                            || refused.output.contains("\"no-such-snapshot\""),
                        context({refused.output}));
                    QVERIFY2(left == after, context());
                    ++figures.whole;
                } else {
                    // libvirt (since 9.10) names the overlay of a revert by the second, and refuses a name that is
                    // there.
                    if (!isOurs)
                        QTest::qSleep(1100);
                    const auto goneOn = m_job->run(again);
                    QVERIFY2(goneOn.exitCode == 0, context({goneOn.output, goneOn.error}));
                    QVERIFY2(states() == after, context());
                    ++figures.goneOn;
                }
            } else {
                ++figures.untouched;
            }
            if (what.isUndo && canPutBack && !hasEnded && found->front().isComplete) {
                // It is as if it had never been undone, so it can be; of a revert of libvirt's own the guard may refuse
                // it, and then nothing is done.
                const auto again = m_job->undo(undone);
                const bool isRefused = !isOurs && object(again.output)["verdict"_L1].toString() == "block"_L1;
                QVERIFY2(isRefused || again.exitCode == 0, context({again.output, again.error}));
                if (isRefused)
                    qInfo("%s refused: %s", context().constData(), again.error.trimmed().constData());
                QVERIFY2(states() == (isRefused ? before : atFirst), context());
            }
            const auto nothing = findInterrupted(*m_machine->journal(), m_job->host());
            QVERIFY(nothing && nothing->empty());
            QVERIFY2(unknownPins().isEmpty(), context({unknownPins().join(u' ').toUtf8()}));
        }
        const QByteArray broken = m_machine->broken(isOn);
        QVERIFY2(broken.isEmpty(), broken);
        figures.milliseconds = timer.elapsed();
        m_figures.push_back(figures);
        QVERIFY(figures.kills > figures.steps);
    }

    // The guest was paused for the sake of a revert that libvirt refused at once.
    void refusedRevertLetsTheMachineGoOn()
    {
        const Scenario what{{}, {u"i1"_s, u"on"_s}, {u"revert"_s, u"i1"_s, u"--safety-snapshot"_s}, u"libvirt"_s};
        prepare(what);
        if (QTest::currentTestFailed())
            return;
        const QStringList words = wordsFor(what, what.way);
        QVERIFY(!words.isEmpty());
        QVERIFY(m_job->keep());
        const auto whole = m_job->run(words);
        QVERIFY2(whole.exitCode == 0, whole.error.constData());
        const qsizetype call = whole.moments.indexOf(u"calling virDomainRevertToSnapshot"_s);
        QVERIFY(call > whole.moments.indexOf(u"call virDomainSuspend"_s));
        QVERIFY(m_job->restore());
        const auto before = states();
        const auto refused = m_job->run(words, KilledJob::Fault{KilledJob::Fault::Kind::Fail, int(call)});
        QCOMPARE(refused.exitCode, 4);
        QVERIFY2(refused.moments.contains(u"call virDomainResume"_s), refused.error.constData());
        QCOMPARE(m_machine->daemon.virsh({u"domstate"_s, u"one"_s}).trimmed(), QByteArray("running"));
        QVERIFY2(refused.error.contains("The machine goes on"), refused.error.constData());
        const QJsonObject told = m_job->told();
        QCOMPARE(told["outcome"_L1].toString(), u"failed"_s);
        for (const QJsonValue &step : told["steps"_L1].toArray())
            QCOMPARE(step["done"_L1].toBool(), step["id"_L1].toString() == stepName(StepKind::CreateSnapshot));
        const auto after = states();
        for (auto state = before.cbegin(); state != before.cend(); ++state)
            QCOMPARE(after.value(state.key(), -1), state.value());
    }

    // By the program, where no window is at hand.
    void leftAsItIs()
    {
        prepare(scenarios().front());
        if (QTest::currentTestFailed())
            return;
        const QStringList words{u"run"_s, u"one"_s, u"create"_s, u"new"_s, u"--kind"_s, u"internal"_s};
        QVERIFY(m_job->keep());
        const auto before = states();
        const auto whole = m_job->run(words);
        QVERIFY2(whole.exitCode == 0, whole.error.constData());
        const auto ended = m_job->told()["entry"_L1].toString();
        QCOMPARE(m_job->run({u"leave"_s, ended}).exitCode, 4);
        QCOMPARE(m_job->run({u"leave"_s}).exitCode, 4);
        const qsizetype call = whole.moments.indexOf(u"calling virDomainSnapshotCreateXML"_s);
        QVERIFY(call > 0 && whole.moments[call - 1] == "record"_L1); // that the step begins
        QVERIFY(m_job->restore());
        QVERIFY(m_job->run(words, KilledJob::Fault{KilledJob::Fault::Kind::Kill, int(call) - 1}).wasKilled);
        QCOMPARE(findInterrupted(*m_machine->journal(), m_job->host())->size(), size_t(1));
        const auto told = m_job->told();
        QVERIFY(told["outcome"_L1].isNull());
        const auto left = m_job->run({u"leave"_s, told["entry"_L1].toString()});
        QVERIFY2(left.exitCode == 0, left.error.constData());
        QCOMPARE(object(left.output)["entry"_L1], told["entry"_L1]);
        QCOMPARE(object(left.output)["outcome"_L1].toString(), u"failed"_s);
        QCOMPARE(m_job->told()["outcome"_L1].toString(), u"failed"_s);
        QVERIFY(findInterrupted(*m_machine->journal(), m_job->host())->empty());
        QCOMPARE(states(), before);
        QCOMPARE(m_job->run({u"leave"_s}).exitCode, 4);
    }
};

TREEWARDEN_LIVE_MAIN(tst_KilledJobs)
#include "tst_killedjobs.moc"
