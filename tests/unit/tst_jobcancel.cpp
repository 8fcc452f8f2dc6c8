// SPDX-License-Identifier: GPL-3.0-or-later
// Until when a job can be cancelled, and what putting it back may give up.
#include "tests/unit/jobworld.h"

using namespace treewarden;
using namespace treewarden::test;

class TestJobCancel : public QObject
{
    Q_OBJECT

private:
    struct Cancelled
    {
        Task task;
        JournalEntry entry;
        bool isAsked = false;
        bool isAccepted = false;
        bool couldBeStopped = false; // as the task said after that
        bool isShown = false; // the same, that it is being cancelled
    };
    // Cancels after the n-th moment of that name, counted from 0.
    static Cancelled cancelAfter(World &world, const ConfirmedPlan &plan, const QString &moment, int at)
    {
        Cancelled result;
        Runner *running = nullptr;
        Task last;
        int passed = 0;
        world.options.passed = [&](const QString &point) {
            if (point != moment || passed++ != at)
                return;
            result.isAsked = true;
            result.isAccepted = running->cancel();
            result.isShown = last.isCancelling;
        };
        Runner runner(*world.host, world.journal, world.options);
        running = &runner;
        runner.setChanged([&](const Task &task) {
            last = task;
            result.couldBeStopped = result.couldBeStopped || (result.isAsked && task.canCancel);
        });
        result.task = runner.run(orderOf(plan, {now, true}));
        world.options.passed = {};
        result.entry = world.entries().back();
        return result;
    }

    static int stepOf(const ConfirmedPlan &plan, StepKind kind)
    {
        const auto &steps = plan.plan().steps;
        const auto found = std::find_if(
            steps.begin(), steps.end(), [&](const PlannedStep &planned) { return planned.step.kind == kind; });
        return found == steps.end() ? -1 : int(found - steps.begin());
    }

private Q_SLOTS:
    void afterNoReturnItGoesOn_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("kind");
        QTest::newRow("forced off") << u"revert-external-running"_s << int(StepKind::ForceOff);
        QTest::newRow("merged") << u"delete-below-internal"_s << int(StepKind::CommitOffline);
        QTest::newRow("tag gone") << u"delete-internal"_s << int(StepKind::DeleteSnapshot);
    }

    // From the moment on when the journal has that such a step begins; before it all is put back.
    void afterNoReturnItGoesOn()
    {
        QFETCH(const QString, name);
        QFETCH(const int, kind);
        const Scenario &what = scenario(name);
        for (const char *moment : {"step-begun", "step-ran", "step-done"}) {
            World world;
            what.prepare(world);
            const auto plan = world.confirm(what.what, what.way);
            QVERIFY(plan);
            const int step = stepOf(*plan, StepKind(kind));
            QVERIFY2(step >= 0, qPrintable(plan->plan().way));
            const Cancelled late = cancelAfter(world, *plan, QString::fromLatin1(moment), step);
            QVERIFY(late.isAsked);
            QVERIFY(!late.isAccepted);
            QVERIFY(!late.isShown);
            QVERIFY(!late.couldBeStopped);
            QVERIFY2(late.task.outcome == Outcome::Succeeded, describe(late.task).constData());
            QVERIFY(std::all_of(
                late.entry.steps.begin(), late.entry.steps.end(), [](const JournalStep &each) { return each.isDone; }));
        }
        World world;
        what.prepare(world);
        const auto before = world.states();
        const auto plan = world.confirm(what.what, what.way);
        const int step = stepOf(*plan, StepKind(kind));
        const bool isFirst = step == 0;
        const Cancelled early
            = cancelAfter(world, *plan, isFirst ? u"intent"_s : u"step-done"_s, isFirst ? 0 : step - 1);
        QVERIFY(early.isAccepted && early.isShown);
        QVERIFY2(early.task.outcome == Outcome::Cancelled, describe(early.task).constData());
        QVERIFY2(!early.task.whyNotPutBack, describe(early.task).constData());
        QCOMPARE(world.states(), before);
    }

    // It is what cannot be taken back, and can itself be stopped: before anything was called nothing began, and in its
    // middle nobody knows how far it came.
    void aMergeCanBeStopped()
    {
        for (const bool isUnderWay : {false, true}) {
            World world;
            scenario(u"delete-below-internal"_s).prepare(world);
            world.fake->setState(machine, DomainState::Running);
            const auto before = world.states();
            const auto plan = world.confirm(DeleteIntent{u"e2"_s});
            QVERIFY(plan);
            const int step = stepOf(*plan, StepKind::CommitLive);
            QVERIFY(step >= 0);
            Runner *running = nullptr;
            Task last;
            bool isAsked = false;
            bool isAccepted = false;
            const auto cancel = [&] {
                isAsked = true;
                isAccepted = running->cancel();
            };
            world.options.passed = [&](const QString &point) {
                if (!isUnderWay && point == "step-begun"_L1 && last.step == step)
                    cancel();
            };
            Runner runner(*world.host, world.journal, world.options);
            running = &runner;
            runner.setChanged([&](const Task &task) {
                last = task;
                if (isUnderWay && !isAsked && task.step == step && task.done.isKnown() && *task.done > 0)
                    cancel();
            });
            const Task task = runner.run(orderOf(*plan, {now, true}));
            QVERIFY(isAsked && isAccepted && last.isCancelling);
            QVERIFY2(task.outcome == Outcome::Cancelled, describe(task).constData());
            const JournalEntry entry = *world.journal->find(task.entry);
            QCOMPARE(toHistory(entry).undo, HistoryEntry::Undo::No);
            QCOMPARE(world.states(), before);
        }
    }

    // Nothing is left to be stopped.
    void whatHasEndedIsNotCancelled()
    {
        World world;
        const auto plan = world.confirm(CreateIntent{u"new"_s, {}, CreateIntent::Kind::Internal});
        QVERIFY(plan);
        const Cancelled late = cancelAfter(world, *plan, u"outcome"_s, 0);
        QVERIFY(late.isAsked && !late.isAccepted && !late.isShown);
        QVERIFY(late.task.outcome == Outcome::Succeeded);
    }

    // What came meanwhile is no part of what was agreed to: another program has deleted the snapshot whose state the
    // machine has come to, so that putting back the machine would lose that state. The present is in the safety
    // snapshot.
    void putsNothingBackThatWasNotAgreedTo()
    {
        World world;
        scenario(u"revert-external"_s).prepare(world);
        RevertIntent what{u"e1"_s};
        what.safetySnapshot = u"safe"_s;
        const auto plan = world.confirm(what, u"branch"_s);
        QVERIFY(plan);
        const int step = stepOf(*plan, StepKind::DefineAsThen);
        QVERIFY(step >= 0);
        int passed = 0;
        world.options.passed = [&](const QString &point) {
            if (point == "step-done"_L1 && passed++ == step)
                world.fake->removeSnapshot(machine, u"e1"_s);
        };
        const Task task = world.run(*plan);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QVERIFY2(task.whyNotPutBack, describe(task).constData());
        QCOMPARE(task.whyNotPutBack->subject, u"current-state-lost"_s);
        const JournalEntry entry = world.entries().back();
        QVERIFY(!entry.isPutBack);
        for (int i = 0; i <= step; ++i)
            QVERIFY(entry.steps[size_t(i)].isDone && !entry.steps[size_t(i)].isPutBackBegun());
        const auto states = world.states();
        QCOMPARE(states.value(u"now"_s), QByteArray("first"));
        QCOMPARE(states.value(u"safe"_s), QByteArray("third"));
    }

    // One that came while the last step ran: the task does not say for ever that it is being cancelled.
    void tooLateIsForgotten()
    {
        World world;
        const auto plan = world.confirm(CreateIntent{u"new"_s, {}, CreateIntent::Kind::Internal});
        QVERIFY(plan && plan->plan().steps.size() == 1);
        const Cancelled late = cancelAfter(world, *plan, u"step-done"_s, 0);
        QVERIFY(late.isAccepted && late.isShown);
        QVERIFY(late.task.outcome == Outcome::Succeeded);
        QVERIFY(!late.task.isCancelling);
    }
};

QTEST_GUILESS_MAIN(TestJobCancel)
#include "tst_jobcancel.moc"
