// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs on a host in memory, whose calls fail, lie and lose the connection one after another. Whatever happens: the
// history says what was done, and nobody has lost what the plan did not declare.
#include "tests/unit/jobworld.h"

using namespace treewarden;
using namespace treewarden::test;

class TestJobRunner : public QObject
{
    Q_OBJECT

private:
    // The host shows the last step that was done; what later steps of the plan have done to an earlier one's result is
    // not in question then. A commit shows in nothing but the contents.
    static void checkLastDone(World &world, const JournalEntry &entry, const QByteArray &context)
    {
        const auto last = std::find_if(entry.steps.rbegin(), entry.steps.rend(),
            [](const JournalStep &step) { return step.isDone && !step.isPutBack(); });
        if (last == entry.steps.rend())
            return;
        // A copy that nobody was told of may lie where a file was removed.
        if (const auto next = last.base(); next != entry.steps.end() && next->isBegun
            && next->step.kind == StepKind::CopyFile && next->step.path == last->step.path)
            return;
        // Nor does a machine stand still that was turned off, though that was not reported.
        if (last->step.kind == StepKind::Pause && last != entry.steps.rbegin() && last.base()->isBegun
            && last.base()->step.kind == StepKind::ForceOff)
            return;
        const bool isThere = last->step.kind == StepKind::CommitOffline
            ? world.fake->shows(last->step.path) == world.fake->shows(last->step.base)
            : isDone(last->step, *std::make_unique<JobHost>(connectTo(*world.fake))).value_or(false);
        QVERIFY2(isThere, QByteArray(stepName(last->step.kind).toUtf8() + " in " + context).constData());
        // None before it was left out.
        for (auto earlier = last; earlier != entry.steps.rend(); ++earlier)
            QVERIFY2(earlier->isDone, context.constData());
    }

    // libvirt would make an empty one at the next start.
    static bool hasNvram(const World &world)
    {
        const auto definition = world.fake->definition(machine);
        return !definition.contains("<nvram>") || world.fake->has(folder + u"vars.fd"_s);
    }

private Q_SLOTS:
    void succeeds_data()
    {
        QTest::addColumn<QString>("name");
        for (const Scenario &each : scenarios())
            QTest::newRow(qPrintable(each.name)) << each.name;
    }

    void succeeds()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        ReadyWorld world(what);
        QStringList points;
        bool isNeverWithout = true;
        world.options.passed = [&](const QString &point) {
            points += point;
            isNeverWithout = isNeverWithout && hasNvram(world);
        };
        const Task task = world.run(world.plan);
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QCOMPARE(lost(world, world.before, world.plan.plan()), QStringList());
        QVERIFY(isNeverWithout);
        const JournalEntry entry = world.entries().back();
        QCOMPARE(entry.entry, task.entry);
        QVERIFY(entry.outcome == Outcome::Succeeded);
        for (const JournalStep &step : entry.steps)
            QVERIFY(step.isBegun && step.isDone);
        QCOMPARE(entry.hash, QString::fromLatin1(world.plan.plan().hash()));
        QStringList expected{u"intent"_s};
        for (size_t i = 0; i < entry.steps.size(); ++i)
            expected += {u"step-begun"_s, u"step-ran"_s, u"step-done"_s};
        expected += u"outcome"_s;
        QCOMPARE(points, expected);
    }

    void undoPutsBackAllStates_data() { succeeds_data(); }

    // Where it is offered.
    void undoPutsBackAllStates()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        World world(worldFor(what));
        const auto before = world.states();
        const QString current = world.current();
        const QStringList files = world.files();
        const Task task = world.run(what.what, what.way);
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        const auto after = world.states();
        const HistoryEntry history = toHistory(world.entries().back(), *world.host);
        const auto undone = world.undo(task.entry);
        if (history.undo == HistoryEntry::Undo::No) {
            QVERIFY(!undone);
            QCOMPARE(undone.error().code, ErrorCode::Unsupported);
            QCOMPARE(world.states(), after);
            return;
        }
        QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject + u" / " + undone.error().detail));
        QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
        QVERIFY(undone->isUndo);
        QCOMPARE(world.states(), before);
        QCOMPARE(world.current(), current);
        QCOMPARE(world.files(), files);
        const auto entries = world.entries();
        QVERIFY(entries[entries.size() - 2].isUndone);
        QCOMPARE(entries.back().undoes, task.entry);
        QCOMPARE(toHistory(entries[entries.size() - 2], *world.host).pinned, Bytes(0));
        // Once.
        const auto again = world.undo(task.entry);
        QVERIFY(!again);
        QCOMPARE(again.error().subject, u"undone-already"_s);
    }

    void faults_data()
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

    // Each change of the host goes wrong in turn.
    void faults()
    {
        QFETCH(QString, name);
        QFETCH(int, kind);
        const Scenario &what = scenario(name);
        const auto fault = FakeHost::Fault::Kind(kind);
        using Kind = FakeHost::Fault::Kind;
        const bool isAllUndoable = isUndoable(what, Undoing::No);
        for (int n = 1; n < 80; ++n) {
            ReadyWorld world(what);
            const qsizetype done = world.fake->changes().size();
            world.fake->setFault(u"*"_s, {fault}, n);
            const Task task = world.run(world.plan);
            QVERIFY(task.outcome);
            const QStringList changes = world.fake->changes().mid(done);
            const QByteArray context
                = QByteArray::number(n) + ". " + changes.join(u' ').toUtf8() + " -> " + describe(task);
            // The host may be anything, but nobody lost anything that he did not agree to.
            const QStringList gone = lost(world, world.before, world.plan.plan());
            QVERIFY2(gone.isEmpty(), QByteArray(gone.join(u' ').toUtf8() + " after " + context).constData());
            QVERIFY2(hasNvram(world), context.constData());
            const JournalEntry entry = world.entries().back();
            QCOMPARE(entry.entry, task.entry);
            QVERIFY2(entry.outcome == task.outcome, context.constData());
            const HistoryEntry history = toHistory(entry);
            QVERIFY(history.outcome == task.outcome);
            if (changes.size() < n) { // nothing went wrong any more
                QVERIFY2(task.outcome == Outcome::Succeeded, context.constData());
                QVERIFY(n > 1);
                return;
            }
            if ((changes.value(n - 1) == "pin"_L1 || changes.value(n - 1) == "unpin"_L1)
                && task.outcome == Outcome::Succeeded) {
                // What libvirt removes and could not be kept is said, and what could not be given up is kept; nothing
                // else is wrong.
                QVERIFY2(changes.value(n - 1) == "unpin"_L1 || (fault != Kind::Lose && fault != Kind::LoseAfterwards),
                    context.constData());
                continue;
            }
            // A file is kept before its step begins: where that is the first one, nothing was done.
            const bool isBegun = std::any_of(
                entry.steps.begin(), entry.steps.end(), [](const JournalStep &step) { return step.isBegun; });
            if (isBegun && (fault == Kind::Lose || fault == Kind::LoseAfterwards))
                QVERIFY2(task.outcome == Outcome::Indeterminate, context.constData());
            else
                QVERIFY2(task.outcome == Outcome::Failed, context.constData());
            // Half of a renaming would leave two names for one state.
            if (name == "rename"_L1 && (fault == Kind::Fail || fault == Kind::FailAfterwards)) {
                QVERIFY2(world.states() == world.before, context.constData());
                QCOMPARE(world.current(), world.currentBefore);
            }
            if (isAllUndoable && task.outcome == Outcome::Failed && task.error.subject != "outcome-differs"_L1) {
                QVERIFY2(world.states() == world.before, context.constData());
                QCOMPARE(world.current(), world.currentBefore);
                if (changes.value(n - 1) != "pin"_L1) // which fails and has made a name all the same
                    QCOMPARE(world.pins(), 0);
            }
            if (!entry.isPutBack)
                checkLastDone(world, entry, context);
            if (QTest::currentTestFailed())
                return;
            if (entry.isPutBack) {
                QCOMPARE(world.states(), world.before);
                for (const auto &step : history.steps)
                    QVERIFY(step.isDone == false);
            }
        }
        QFAIL("the plan has no end");
    }

    // The memory of a machine that was forced off is in the safety snapshot alone.
    void failureKeepsTheMemoryOfAStoppedMachine()
    {
        int stopped = 0;
        for (int n = 1; n < 80; ++n) {
            World world(worldFor(scenario(u"revert-external-running"_s)));
            RevertIntent what{u"e1"_s};
            what.safetySnapshot = u"safe"_s;
            const auto plan = world.confirm(what, u"branch"_s);
            QVERIFY(plan);
            const qsizetype done = world.fake->changes().size();
            world.fake->setFault(u"*"_s, {FakeHost::Fault::Kind::Fail}, n);
            const Task task = world.run(*plan);
            const QStringList changes = world.fake->changes().mid(done);
            if (changes.size() < n) {
                QVERIFY(stopped > 0);
                return;
            }
            const JournalEntry entry = world.entries().back();
            const bool isStopped = std::any_of(entry.steps.begin(), entry.steps.end(),
                [](const JournalStep &each) { return each.step.kind == StepKind::ForceOff && each.isDone; });
            if (!isStopped)
                continue;
            ++stopped;
            const QByteArray context = changes.join(u' ').toUtf8() + " -> " + describe(task);
            QVERIFY2(world.states().contains(u"safe"_s), context.constData());
            QVERIFY(!entry.isPutBack);
        }
        QFAIL("the plan has no end");
    }

    void stalePlanDoesNothing_data()
    {
        QTest::addColumn<QString>("change");
        for (const char *change : {"snapshot", "gone", "started", "written-by-another"})
            QTest::newRow(change) << QString::fromLatin1(change);
    }

    void stalePlanDoesNothing()
    {
        QFETCH(QString, change);
        // Which ends in a file that is committed while the machine is off; a running one is asked to do it itself.
        World world(worldFor(scenario(u"delete-below-internal"_s)));
        const auto plan = world.confirm(DeleteIntent{u"e2"_s});
        QVERIFY(plan);
        if (change == "snapshot"_L1) {
            world.make(u"e3"_s, CreateIntent::Kind::External);
        } else if (change == "gone"_L1) {
            QVERIFY(world.host->hypervisor->forgetSnapshot(machine, u"e2"_s));
        } else if (change == "started"_L1) {
            QVERIFY(world.host->hypervisor->start(machine));
        } else {
            // Another machine has come to rely on what would be written.
            const auto frozen = world.read()->domain(machine)->definition->disks.front().source.location.name;
            const QString base = world.fake->backing(frozen);
            QString xml = domainXml(u"clone.qcow2"_s);
            xml.replace(machine.value, u"0e9bd0a8-1c5e-4c0f-9d0a-0000000000bb"_s).replace(u"web"_s, u"clone"_s);
            world.fake->addImage(folder + u"clone.qcow2"_s, qcow2Bytes({20 * GiB, base, u"qcow2"_s, {}}), MiB);
            world.fake->addDomain(xml.toUtf8());
        }
        const auto before = world.states();
        const qsizetype changes = world.fake->changes().size();
        const Task task = world.run(*plan);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(task.error.code, ErrorCode::Busy);
        QCOMPARE(task.error.subject, u"stale-plan"_s);
        QCOMPARE(world.fake->changes().size(), changes);
        QCOMPARE(world.states(), before);
        const JournalEntry entry = world.entries().back();
        QVERIFY(entry.outcome == Outcome::Failed);
        for (const JournalStep &step : entry.steps)
            QVERIFY(!step.isBegun);
    }

    void cancelAtEachMoment_data() { succeeds_data(); }

    void cancelAtEachMoment()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        for (int at = 0; at < 60; ++at) {
            ReadyWorld world(what);
            int passed = 0;
            Runner *running = nullptr;
            world.options.passed = [&](const QString &) {
                if (passed++ == at)
                    running->cancel();
            };
            Runner runner(*world.host, world.journal, world.options);
            running = &runner;
            const Task task = runner.run(orderOf(world.plan, {now, true}));
            QVERIFY(task.outcome);
            QVERIFY(*task.outcome == Outcome::Cancelled || *task.outcome == Outcome::Succeeded);
            QCOMPARE(lost(world, world.before, world.plan.plan()), QStringList());
            const JournalEntry entry = world.entries().back();
            QVERIFY(entry.outcome == task.outcome);
            if (entry.isPutBack) {
                QCOMPARE(world.states(), world.before);
                QCOMPARE(world.current(), world.currentBefore);
            }
            if (passed <= at)
                return;
        }
        QFAIL("the plan has no end");
    }

    void anotherJobKeepsOut()
    {
        World world;
        const auto plan = world.confirm(CreateIntent{u"new"_s, {}, CreateIntent::Kind::Internal});
        QVERIFY(plan);
        const auto lock = world.journal->lock({machine}, u"of-another"_s);
        QVERIFY(lock);
        const Task task = world.run(*plan);
        QVERIFY(task.outcome == Outcome::Failed);
        QCOMPARE(task.error.code, ErrorCode::Busy);
        QCOMPARE(task.error.detail, u"of-another"_s);
        QVERIFY(task.entry.isEmpty());
        QVERIFY(world.entries().empty());
        QVERIFY(world.fake->changes().isEmpty());
    }

    void guestThatDoesNotShutDownIsLeftAlone()
    {
        World world;
        world.fake->setState(machine, DomainState::Running);
        const auto plan = world.confirm(PowerIntent{PowerIntent::To::ShutDown});
        QVERIFY(plan);
        world.fake->setFault(u"stop"_s, {FakeHost::Fault::Kind::Lie}, 1);
        const Task task = world.run(*plan);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(task.error.code, ErrorCode::TimedOut);
        QCOMPARE(world.fake->state(machine), DomainState::Running);
    }

    void undoIsRefusedWhereTheMachineWentOn()
    {
        World world(worldFor(scenario(u"revert-external"_s)));
        const Task task = world.run(RevertIntent{u"e1"_s});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        world.write("a day's work");
        const auto after = world.states();
        const auto undone = world.undo(task.entry);
        QVERIFY(!undone);
        QCOMPARE(undone.error().code, ErrorCode::Unsupported);
        QCOMPARE(world.states(), after);
    }

    void interruptedJobIsFoundAndPutBack_data() { succeeds_data(); }

    // As if the program had been killed: the runner's thread never comes back from that moment.
    void interruptedJobIsFoundAndPutBack()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        struct Killed
        {
        };
        for (int at = 0; at < 60; ++at) {
            ReadyWorld world(what);
            int passed = 0;
            bool wasKilled = false;
            world.options.passed = [&](const QString &point) {
                if (passed++ == at && point != "outcome"_L1)
                    throw Killed();
            };
            try {
                world.run(world.plan);
            } catch (const Killed &) {
                wasKilled = true;
            }
            const auto found = findInterrupted(*world.journal, *world.host);
            QVERIFY(found);
            QCOMPARE(lost(world, world.before, world.plan.plan()), QStringList());
            QVERIFY(hasNvram(world));
            if (!wasKilled) {
                QVERIFY(found->empty());
                return;
            }
            QCOMPARE(found->size(), size_t(1));
            const RecoveryItem &item = found->front();
            QVERIFY(!item.entry.outcome);
            auto settled = world.journal->find(item.entry.entry);
            QVERIFY(settled);
            JobHost looked = connectTo(*world.fake);
            QVERIFY(settleInterrupted(*settled, looked));
            checkLastDone(world, *settled, QByteArray::number(at));
            if (QTest::currentTestFailed())
                return;
            const QString entry = item.entry.entry;
            if (item.canPutBack) {
                world.options.passed = {};
                const auto undone = world.undo(entry);
                QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject + u" / " + undone.error().detail));
                QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
                QCOMPARE(world.states(), world.before);
                QCOMPARE(world.current(), world.currentBefore);
            } else {
                QVERIFY(!item.whyNot.subject.isEmpty());
                QVERIFY(leaveAsItIs(*world.journal, *world.host, entry));
                QVERIFY(
                    world.journal->find(entry)->outcome == (item.isComplete ? Outcome::Succeeded : Outcome::Failed));
            }
            QCOMPARE(lost(world, world.before, world.plan.plan()), QStringList());
            const auto again = findInterrupted(*world.journal, *world.host);
            QVERIFY(again && again->empty());
        }
        QFAIL("the plan has no end");
    }

    void interruptedJobIsToldAsItIs_data() { succeeds_data(); }

    // What the history says of a job that was killed: a step that ran and was not noted any more was done all the same.
    void interruptedJobIsToldAsItIs()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        struct Killed
        {
        };
        for (int at = 0; at < 60; ++at) {
            World world(worldFor(what));
            QStringList passed;
            world.options.passed = [&](const QString &point) {
                passed << point;
                if (passed.size() > at && point != "outcome"_L1)
                    throw Killed();
            };
            try {
                world.run(what.what, what.way);
                return;
            } catch (const Killed &) {
            }
            const auto history = historyOf(*world.journal, *world.host);
            QVERIFY(history);
            const HistoryEntry &told = history->front();
            QVERIFY(!told.outcome);
            const qsizetype begun = passed.count(u"step-begun"_s);
            const qsizetype ran = passed.count(u"step-ran"_s);
            const qsizetype done = passed.count(u"step-done"_s);
            for (qsizetype i = 0; i < qsizetype(told.steps.size()); ++i) {
                const HistoryEntry::Done &step = told.steps[size_t(i)];
                const bool isOpen = i >= done && i < begun && !isKnowable(step.step.kind);
                const QByteArray context = QByteArray::number(at) + ", step " + QByteArray::number(i);
                if (isOpen)
                    QVERIFY2(!step.isDone.isKnown() || step.isDone == (i < ran), context.constData());
                else
                    QVERIFY2(step.isDone == (i < ran), context.constData());
            }
            // Nobody could look: what was begun is unknown, and never "not done".
            const auto blind = historyOf(*world.journal, {});
            QVERIFY(blind);
            for (qsizetype i = 0; i < qsizetype(told.steps.size()); ++i)
                QVERIFY(blind->front().steps[size_t(i)].isDone
                    == (i < done        ? Fact<bool>(true)
                            : i < begun ? Fact<bool>()
                                        : Fact<bool>(false)));
            const auto found = findInterrupted(*world.journal, *world.host);
            QVERIFY(found && found->size() == 1);
            if (found->front().canPutBack)
                QVERIFY(told.undo != HistoryEntry::Undo::No);
        }
        QFAIL("the plan has no end");
    }

    // One who has libvirt's volumes alone is told before, and not by a step that fails.
    void withoutFilesOnlyLibvirtsOwn()
    {
        World world(worldFor(scenario(u"delete-below-internal"_s)));
        const auto proposal = [&](const Intent::What &what) {
            return propose({machine, what}, world.read(), {now, false});
        };
        const auto blocks = [](const Plan &plan, const QString &id) {
            return std::any_of(plan.findings.begin(), plan.findings.end(),
                [&](const Finding &finding) { return finding.id == id && finding.severity == Verdict::Block; });
        };
        QVERIFY(proposal(CreateIntent{u"new"_s, {}, CreateIntent::Kind::External}).plan.verdict != Verdict::Block);
        for (const Intent::What &what : {Intent::What(DeleteIntent{u"e2"_s}), Intent::What(RevertIntent{u"i1"_s})}) {
            const Proposal found = proposal(what);
            QVERIFY(std::any_of(found.alternatives.begin(), found.alternatives.end(),
                [&](const Plan &plan) { return blocks(plan, u"files-out-of-reach"_s); }));
            for (const Plan &plan : found.alternatives) {
                const bool edits = std::any_of(plan.steps.begin(), plan.steps.end(), [](const PlannedStep &each) {
                    return each.step.kind == StepKind::CommitOffline || each.step.kind == StepKind::ExtractTag;
                });
                QCOMPARE(blocks(plan, u"files-out-of-reach"_s), edits);
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestJobRunner)
#include "tst_jobrunner.moc"
