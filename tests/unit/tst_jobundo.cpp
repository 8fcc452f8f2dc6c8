// SPDX-License-Identifier: GPL-3.0-or-later
// Undoing and putting back on a host in memory, whose calls fail, lie and lose the connection one after another: as
// safe as the jobs themselves are.
#include "tests/unit/jobworld.h"

using namespace treewarden;
using namespace treewarden::test;

class TestJobUndo : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void undoFaults_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("kind");
        using Kind = FakeHost::Fault::Kind;
        for (const Scenario &each : scenarios()) {
            for (const auto &[kind, word] : {std::pair(Kind::Fail, "fails"),
                     std::pair(Kind::FailAfterwards, "fails late"), std::pair(Kind::Lie, "lies"),
                     std::pair(Kind::Lose, "is lost"), std::pair(Kind::LoseAfterwards, "is lost late")})
                QTest::addRow("%s, %s", qPrintable(each.name), word) << each.name << int(kind);
        }
    }

    // Each change that undoing makes goes wrong in turn.
    void undoFaults()
    {
        QFETCH(QString, name);
        QFETCH(int, kind);
        const Scenario &what = scenario(name);
        const auto fault = FakeHost::Fault::Kind(kind);
        const bool isAllUndoable = isUndoable(what, Undoing::Yes);
        for (int n = 1; n < 80; ++n) {
            World world(worldAfter(what));
            const QString job = world.lastJob;
            const auto before = world.states();
            const QString current = world.current();
            const auto order = undoOrder(*world.journal, *world.host, job);
            if (!order) {
                QVERIFY(toHistory(world.entries().back(), *world.host).undo == HistoryEntry::Undo::No);
                return;
            }
            const qsizetype done = world.fake->changes().size();
            world.fake->setFault(u"*"_s, {fault}, n);
            const Task undone = world.run(*order);
            QVERIFY(undone.outcome);
            const QStringList changes = world.fake->changes().mid(done);
            const QByteArray context
                = QByteArray::number(n) + ". " + changes.join(u' ').toUtf8() + " -> " + describe(undone);
            const QStringList gone = lost(world, before, order->plan.plan());
            QVERIFY2(gone.isEmpty(), QByteArray(gone.join(u' ').toUtf8() + " after " + context).constData());
            const JournalEntry entry = world.entries().back();
            QVERIFY2(entry.outcome == undone.outcome, context.constData());
            QCOMPARE(world.journal->find(job)->isUndone, undone.outcome == Outcome::Succeeded);
            if (changes.size() < n) {
                QVERIFY2(undone.outcome == Outcome::Succeeded, context.constData());
                QVERIFY(n > 1);
                return;
            }
            // What could not be given up is kept, and merging what nobody has written to changes nothing.
            const bool isNeedless = changes.value(n - 1) == "unpin"_L1
                || (changes.value(n - 1) == "commit"_L1 && fault == FakeHost::Fault::Kind::Lie);
            if (isNeedless && undone.outcome == Outcome::Succeeded)
                continue;
            QVERIFY2(undone.outcome != Outcome::Succeeded, context.constData());
            const bool isStopped = undone.outcome == Outcome::Failed && undone.error.subject != "outcome-differs"_L1;
            if (entry.isPutBack || (isAllUndoable && isStopped)) {
                QVERIFY2(world.states() == before, context.constData());
                QCOMPARE(world.current(), current);
                // So it can be tried again.
                const auto again = world.undo(job);
                QVERIFY2(again && again->outcome == Outcome::Succeeded, context.constData());
            }
        }
        QFAIL("the plan has no end");
    }

    void cancelUndoAtEachMoment_data()
    {
        QTest::addColumn<QString>("name");
        for (const Scenario &each : scenarios())
            QTest::newRow(qPrintable(each.name)) << each.name;
    }

    void cancelUndoAtEachMoment()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        const bool isAllUndoable = isUndoable(what, Undoing::Yes);
        for (int at = 0; at < 60; ++at) {
            World world(worldAfter(what));
            const QString job = world.lastJob;
            const auto before = world.states();
            const QString current = world.current();
            const auto order = undoOrder(*world.journal, *world.host, job);
            if (!order)
                return;
            int passed = 0;
            Runner *running = nullptr;
            world.options.passed = [&](const QString &) {
                if (passed++ == at)
                    running->cancel();
            };
            Runner runner(*world.host, world.journal, world.options);
            running = &runner;
            const Task undone = runner.run(*order);
            QVERIFY(undone.outcome == Outcome::Cancelled || undone.outcome == Outcome::Succeeded);
            QCOMPARE(lost(world, before, order->plan.plan()), QStringList());
            if (undone.outcome == Outcome::Cancelled && (isAllUndoable || world.entries().back().isPutBack)) {
                QCOMPARE(world.states(), before);
                QCOMPARE(world.current(), current);
            }
            if (passed <= at)
                return;
        }
        QFAIL("the plan has no end");
    }

    void interruptedUndoIsFound_data() { cancelUndoAtEachMoment_data(); }

    // The program is killed while it undoes: what it did can be put back, and undone anew, or it is left as it is.
    void interruptedUndoIsFound()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        const auto atFirst = worldFor(what).states();
        struct Killed
        {
        };
        for (int at = 0; at < 60; ++at) {
            World world(worldAfter(what));
            const QString job = world.lastJob;
            const auto before = world.states();
            const QString current = world.current();
            const auto order = undoOrder(*world.journal, *world.host, job);
            if (!order)
                return;
            int passed = 0;
            world.options.passed = [&](const QString &point) {
                if (passed++ == at && point != "outcome"_L1)
                    throw Killed();
            };
            bool wasKilled = false;
            try {
                world.run(*order);
            } catch (const Killed &) {
                wasKilled = true;
            }
            world.options.passed = {};
            QCOMPARE(lost(world, before, order->plan.plan()), QStringList());
            if (!wasKilled)
                return;
            const auto found = findInterrupted(*world.journal, *world.host);
            QVERIFY(found);
            QCOMPARE(found->size(), size_t(1));
            const QString entry = found->front().entry.entry;
            if (found->front().canPutBack) {
                const auto undone = world.undo(entry);
                QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject + u" / " + undone.error().detail));
                QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
                QCOMPARE(world.states(), before);
                QCOMPARE(world.current(), current);
                const auto again = world.undo(job);
                // The merge had begun: what lies below the overlay that the job kept shows the same, and was written
                // all the same. Nobody can tell that from a change, so that it is refused, and all stays as it was.
                if (!again && name == "revert-running-kept"_L1 && again.error().detail == QString(folder + u"a.e2")) {
                    QCOMPARE(again.error().subject, u"backing-changed"_s);
                    QCOMPARE(world.states(), before);
                    continue;
                }
                QVERIFY2(again, again ? "" : qPrintable(again.error().subject + u" / " + again.error().detail));
                QVERIFY2(again->outcome == Outcome::Succeeded, describe(*again).constData());
                QCOMPARE(world.states(), atFirst);
            } else {
                QVERIFY(leaveAsItIs(*world.journal, *world.host, entry));
            }
            QCOMPARE(lost(world, before, order->plan.plan()), QStringList());
        }
        QFAIL("undoing has no end");
    }

    void undoneWithItsOutcome_data() { cancelUndoAtEachMoment_data(); }

    // The program is killed after all that undoing does, before any of the last records: what was undone is so exactly
    // if the undo has ended.
    void undoneWithItsOutcome()
    {
        QFETCH(QString, name);
        for (int missing = 1;; ++missing) {
            World world(worldAfter(scenario(name)));
            const QString job = world.lastJob;
            const auto before = world.states();
            const QString current = world.current();
            const auto undone = world.undo(job);
            if (!undone || undone->outcome != Outcome::Succeeded)
                return;
            QFile journal(world.journal->path());
            QVERIFY(journal.open(QIODevice::ReadWrite));
            QList<QByteArray> records = journal.readAll().trimmed().split('\n');
            for (int i = 0; i < missing; ++i) {
                if (records.takeLast().contains("\"step-done\""))
                    return;
            }
            QVERIFY(journal.resize(records.join('\n').size() + 1));
            const auto ended = world.journal->find(undone->entry);
            QVERIFY(ended);
            QCOMPARE(world.journal->find(job)->isUndone, ended->outcome.has_value());
            if (ended->outcome)
                continue;
            auto found = findInterrupted(*world.journal, *world.host);
            QVERIFY(found);
            QCOMPARE(found->size(), size_t(1));
            QVERIFY(found->front().isComplete);
            const QString entry = found->front().entry.entry;
            if (!found->front().canPutBack) {
                // All that is left is to say so.
                QVERIFY(leaveAsItIs(*world.journal, *world.host, entry));
                QVERIFY(world.journal->find(job)->isUndone);
                continue;
            }
            const auto back = world.undo(entry);
            QVERIFY(back && back->outcome == Outcome::Succeeded);
            QCOMPARE(world.states(), before);
            QCOMPARE(world.current(), current);
            QVERIFY(!world.journal->find(job)->isUndone);
            const auto again = world.undo(job);
            if (!again && again.error().subject == "backing-changed"_L1)
                continue; // as of interruptedUndoIsFound()
            QVERIFY2(again, again ? "" : qPrintable(again.error().subject + u" / " + again.error().detail));
            QVERIFY2(again->outcome == Outcome::Succeeded, describe(*again).constData());
            QVERIFY(world.journal->find(job)->isUndone);
        }
    }

    void interruptedPutBackIsGoneOnWith_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("kind");
        using Kind = FakeHost::Fault::Kind;
        for (const Scenario &each : scenarios()) {
            QTest::addRow("%s, fails", qPrintable(each.name)) << each.name << int(Kind::Fail);
            QTest::addRow("%s, fails late", qPrintable(each.name)) << each.name << int(Kind::FailAfterwards);
        }
    }

    // The last change of a job fails, so that all before it is put back, and the program is killed in the middle of
    // that.
    void interruptedPutBackIsGoneOnWith()
    {
        QFETCH(QString, name);
        QFETCH(int, kind);
        const Scenario &what = scenario(name);
        int last = 0;
        {
            World world(worldFor(what));
            const qsizetype done = world.fake->changes().size();
            QVERIFY(world.run(what.what, what.way).outcome == Outcome::Succeeded);
            const QStringList changes = world.fake->changes().mid(done);
            for (qsizetype i = 0; i < changes.size(); ++i) {
                if (changes[i] != "pin"_L1 && changes[i] != "unpin"_L1)
                    last = int(i) + 1;
            }
        }
        struct Killed
        {
        };
        for (int at = 0; at < 60; ++at) {
            World world(worldFor(what));
            const auto before = world.states();
            const QString current = world.current();
            const QStringList files = world.files();
            int passed = 0;
            world.options.passed = [&](const QString &point) {
                if (point.startsWith(u"put-back"_s) && passed++ == at)
                    throw Killed();
            };
            world.fake->setFault(u"*"_s, {FakeHost::Fault::Kind(kind)}, last);
            try {
                const Task task = world.run(what.what, what.way);
                QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
                return;
            } catch (const Killed &) {
            }
            world.options.passed = {};
            const auto found = findInterrupted(*world.journal, *world.host);
            QVERIFY(found);
            QCOMPARE(found->size(), size_t(1));
            const RecoveryItem &item = found->front();
            QVERIFY(!item.isComplete);
            const QString entry = item.entry.entry;
            if (item.canPutBack) {
                const auto undone = world.undo(entry);
                QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject + u" / " + undone.error().detail));
                QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
            } else {
                // It was killed when there was nothing left to do but to say so.
                QCOMPARE(item.whyNot.subject, u"nothing-to-undo"_s);
                QVERIFY(leaveAsItIs(*world.journal, *world.host, entry));
            }
            QCOMPARE(world.states(), before);
            QCOMPARE(world.current(), current);
            QCOMPARE(world.files(), files);
            // What was forced off stays off.
            const auto ended = world.journal->find(entry);
            const bool isOff = std::any_of(ended->steps.begin(), ended->steps.end(),
                [](const JournalStep &step) { return step.isDone && step.step.kind == StepKind::ForceOff; });
            QVERIFY(isOff || ended->isPutBack);
            const auto again = findInterrupted(*world.journal, *world.host);
            QVERIFY(again && again->empty());
        }
        QFAIL("putting back has no end");
    }
};

QTEST_GUILESS_MAIN(TestJobUndo)
#include "tst_jobundo.moc"
