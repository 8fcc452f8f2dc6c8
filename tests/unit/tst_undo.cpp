// SPDX-License-Identifier: GPL-3.0-or-later
// What undoing must not do: give back a machine that reads nonsense, or take away what came after the job.
#include "tests/unit/jobworld.h"

using namespace treewarden;
using namespace treewarden::test;

namespace {

// A machine whose overlay went when it was reverted: the file is kept, and lies over what e1 froze.
struct Reverted
{
    World world;
    QMap<QString, QByteArray> before;
    Task task;
    Pin pin;

    Reverted()
    {
        scenario(u"revert-external"_s).prepare(world);
        before = world.states();
        task = world.run(RevertIntent{u"e1"_s});
        const JournalEntry entry = world.entries().back();
        for (const JournalStep &step : entry.steps) {
            if (!step.pins.empty())
                pin = step.pins.front();
        }
    }
    bool isReady() const { return task.outcome == Outcome::Succeeded && !pin.below.empty(); }
};

} // namespace

class TestUndo : public QObject
{
    Q_OBJECT

private:
    static void checkRefused(World &world, const QString &entry, const QString &finding, const QString &subject)
    {
        const auto before = world.states();
        const qsizetype changes = world.fake->changes().size();
        const auto undone = world.undo(entry);
        QVERIFY(!undone);
        QCOMPARE(undone.error().code, ErrorCode::Unsupported);
        QCOMPARE(undone.error().subject, finding);
        QCOMPARE(undone.error().detail, subject);
        QCOMPARE(world.fake->changes().size(), changes);
        QCOMPARE(world.states(), before);
    }

private Q_SLOTS:
    void baseOfAKeptFileIsMarked()
    {
        Reverted reverted;
        QVERIFY2(reverted.isReady(), describe(reverted.task).constData());
        const auto undone = reverted.world.undo(reverted.task.entry);
        QVERIFY(undone && undone->outcome == Outcome::Succeeded);
        QCOMPARE(reverted.world.states(), reverted.before);
    }

    // Each layer below it, not the next one alone.
    void changedBaseIsRefused_data()
    {
        QTest::addColumn<int>("layer");
        QTest::addRow("the next") << 0;
        QTest::addRow("the lowest") << -1;
    }

    void changedBaseIsRefused()
    {
        QFETCH(int, layer);
        Reverted reverted;
        QVERIFY2(reverted.isReady(), describe(reverted.task).constData());
        const QString path = layer < 0 ? reverted.pin.below.back().path : reverted.pin.below.front().path;
        reverted.world.fake->setContents(path, "written to since");
        checkRefused(reverted.world, reverted.task.entry, u"backing-changed"_s, path);
    }

    // What nobody can compare is not taken for equal.
    void unknownBaseIsRefused()
    {
        Reverted reverted;
        QVERIFY2(reverted.isReady(), describe(reverted.task).constData());
        JournalEntry entry = *reverted.world.journal->find(reverted.task.entry);
        for (JournalStep &step : entry.steps) {
            for (Pin &pin : step.pins)
                pin.below.clear();
        }
        const Plan plan = planUndo(entry, reverted.world.read(), *reverted.world.host);
        QCOMPARE(plan.verdict, Verdict::Block);
        QCOMPARE(plan.findings.front().id, u"backing-changed"_s);
    }

    // A device's node has no time that says anything: that is said before somebody tries.
    void overADeviceNoUndoIsOffered()
    {
        Reverted reverted;
        QVERIFY2(reverted.isReady(), describe(reverted.task).constData());
        JournalEntry entry = *reverted.world.journal->find(reverted.task.entry);
        QVERIFY(toHistory(entry, *reverted.world.host).undo != HistoryEntry::Undo::No);
        QString below;
        for (JournalStep &step : entry.steps) {
            for (Pin &pin : step.pins) {
                below = pin.below.back().path;
                pin.below.back() = FileMark{below};
            }
        }
        const HistoryEntry history = toHistory(entry, *reverted.world.host);
        QVERIFY(history.undo == HistoryEntry::Undo::No);
        QCOMPARE(history.whyNoUndo, u"base-not-compared"_s);
        QCOMPARE(history.whyNoUndoSubject, below);
        QVERIFY(history.pinned > 0);
        const Plan plan = planUndo(entry, reverted.world.read(), *reverted.world.host);
        QCOMPARE(plan.verdict, Verdict::Block);
        QCOMPARE(plan.findings.front().id, u"base-not-compared"_s);
        QCOMPARE(plan.findings.front().subject, below);
    }

    void keptFileThatIsGoneIsRefused()
    {
        Reverted reverted;
        QVERIFY2(reverted.isReady(), describe(reverted.task).constData());
        reverted.world.fake->removeImage(reverted.pin.pinned);
        checkRefused(reverted.world, reverted.task.entry, u"step-impossible"_s, reverted.pin.path);
    }

    void changedDefinitionIsNotWrittenOver()
    {
        Reverted reverted;
        QVERIFY2(reverted.isReady(), describe(reverted.task).constData());
        const QByteArray left = reverted.world.fake->definition(machine);
        reverted.world.fake->setDefinition(machine, QByteArray(left).replace(">64<", ">128<"));
        checkRefused(reverted.world, reverted.task.entry, u"document-changed"_s, u"web"_s);
        reverted.world.fake->setDefinition(machine, left);
        const auto undone = reverted.world.undo(reverted.task.entry);
        QVERIFY(undone && undone->outcome == Outcome::Succeeded);
    }

    // Its memory would meet what the overlay is merged into.
    void savedMemoryMeetsNoOtherDisks()
    {
        World world;
        world.make(u"new"_s, CreateIntent::Kind::External);
        const QString entry = world.entries().back().entry;
        world.write("a day's work");
        world.fake->setManagedSave(machine, true);
        checkRefused(world, entry, u"managed-save"_s, u"web"_s);
        world.fake->setManagedSave(machine, false);
        const auto undone = world.undo(entry);
        QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject));
        QCOMPARE(world.states().value(u"now"_s), QByteArray("a day's work"));
    }

    // Which changes no disk.
    void aWordIsTakenBackBesideSavedMemory()
    {
        World world;
        scenario(u"describe"_s).prepare(world);
        const Task task = world.run(DescribeIntent{u"i1"_s, u"a word"_s});
        world.fake->setManagedSave(machine, true);
        const auto undone = world.undo(task.entry);
        QVERIFY2(undone && undone->outcome == Outcome::Succeeded, undone ? describe(*undone).constData() : "");
    }

    void nothingIsPutBackOfAMachineThatIsNotReady()
    {
        World world;
        world.make(u"new"_s, CreateIntent::Kind::External);
        const QString entry = world.entries().back().entry;
        world.fake->setState(machine, DomainState::Crashed);
        checkRefused(world, entry, u"machine-not-ready"_s, u"web"_s);
    }

    // It would write as raw to what others have as qcow2, which a plan to start it is not allowed either.
    void noMachineIsStartedOnADisputedDisk()
    {
        World world;
        world.fake->setDefinition(machine, world.fake->definition(machine).replace("type='qcow2'", "type='raw'"));
        world.fake->setState(machine, DomainState::Running);
        const Task off = world.run(PowerIntent{PowerIntent::To::ShutDown});
        QVERIFY2(off.outcome == Outcome::Succeeded, describe(off).constData());
        QVERIFY(planUndo(world.entries().back(), world.read(), *world.host).verdict != Verdict::Block);
        QString other = domainXml(u"a.qcow2"_s);
        other.replace(machine.value, u"0e9bd0a8-1c5e-4c0f-9d0a-0000000000bb"_s).replace(u"web"_s, u"reader"_s);
        world.fake->addDomain(other.replace(u"<target"_s, u"<readonly/><target"_s).toUtf8());
        checkRefused(world, off.entry, u"format-disputed"_s, folder + u"a.qcow2"_s);
        QVERIFY(world.fake->state(machine) == DomainState::ShutOff);
    }

    void changedSnapshotIsNotWrittenOver()
    {
        World world;
        scenario(u"describe"_s).prepare(world);
        const Task first = world.run(DescribeIntent{u"i1"_s, u"a word"_s});
        const Task second = world.run(DescribeIntent{u"i1"_s, u"another word"_s});
        QVERIFY(first.outcome == Outcome::Succeeded && second.outcome == Outcome::Succeeded);
        checkRefused(world, first.entry, u"document-changed"_s, u"i1"_s);
        // What came later first.
        for (const QString &entry : {second.entry, first.entry}) {
            const auto undone = world.undo(entry);
            QVERIFY(undone && undone->outcome == Outcome::Succeeded);
        }
        QVERIFY(!world.fake->snapshot(machine, u"i1"_s).contains("word"));
    }

    // libvirt does not keep every word of a document that it is told: of a revert of its own it forgets the overlays.
    // So what has put an undo back leaves another one than the job did, and it is nobody else's.
    void documentOfAnUndoThatWasPutBackIsItsOwn_data()
    {
        QTest::addColumn<bool>("wasKilled"); // else it failed, and has put itself back
        QTest::newRow("killed") << true;
        QTest::newRow("failed") << false;
    }
    void documentOfAnUndoThatWasPutBackIsItsOwn()
    {
        QFETCH(bool, wasKilled);
        World world(worldAfter(scenario(u"describe"_s)));
        const QString job = world.lastJob;
        const auto change = [&world](const QByteArray &word) {
            const QByteArray told = world.fake->snapshot(machine, u"i1"_s);
            const QString current = world.current();
            const auto changed = world.host->hypervisor->redefineSnapshot(
                machine, QByteArray(told).replace("<name>", QByteArray('<' + word + "/><name>")), current == u"i1"_s);
            QVERIFY(changed);
        };
        struct Killed
        {
        };
        if (wasKilled) {
            world.options.passed = [](const QString &point) {
                if (point == "step-done"_L1)
                    throw Killed();
            };
            QVERIFY_THROWS_EXCEPTION(Killed, (void)world.undo(job));
            const QString undo = world.entries().back().entry;
            world.options.passed = [&](const QString &point) {
                if (point == "step-ran"_L1)
                    change("libvirts");
            };
            const auto back = world.undo(undo);
            QVERIFY2(back, back ? "" : qPrintable(back.error().subject));
            QVERIFY2(back->outcome == Outcome::Succeeded, describe(*back).constData());
        } else {
            world.fake->setFault(u"redefineSnapshot"_s, {FakeHost::Fault::Kind::FailAfterwards});
            world.options.passed = [&](const QString &point) {
                if (point == "put-back-ran"_L1)
                    change("libvirts");
            };
            const auto failed = world.undo(job);
            QVERIFY(failed && failed->outcome == Outcome::Failed);
        }
        world.options.passed = {};
        QVERIFY(world.fake->snapshot(machine, u"i1"_s).contains("a word"));
        QVERIFY(world.fake->snapshot(machine, u"i1"_s).contains("<libvirts/>"));
        {
            World other(world);
            const QByteArray told = other.fake->snapshot(machine, u"i1"_s);
            QVERIFY(other.host->hypervisor->redefineSnapshot(
                machine, QByteArray(told).replace("<name>", "<others/><name>"), false));
            checkRefused(other, job, u"document-changed"_s, u"i1"_s);
        }
        const auto again = world.undo(job);
        QVERIFY2(again, again ? "" : qPrintable(again.error().subject + u" / " + again.error().detail));
        QVERIFY2(again->outcome == Outcome::Succeeded, describe(*again).constData());
        QVERIFY(!world.fake->snapshot(machine, u"i1"_s).contains("a word"));
    }

    void snapshotOfThatNameIsNotWrittenOver()
    {
        World world;
        scenario(u"forget"_s).prepare(world);
        const QByteArray document = world.fake->snapshot(machine, u"e2"_s);
        const Task task = world.run(DeleteIntent{u"e2"_s, DeleteIntent::Scope::One, true});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        world.fake->addSnapshot(machine, QByteArray(document).replace("<name>", "<description>x</description><name>"));
        checkRefused(world, task.entry, u"document-changed"_s, u"e2"_s);
    }

    // Also of a job that did not come to its end.
    void changeAfterAFailureIsNotWrittenOver()
    {
        World world;
        scenario(u"revert-external"_s).prepare(world);
        // Nothing can be put back at once.
        world.fake->setFault(u"remove"_s, {FakeHost::Fault::Kind::LoseAfterwards});
        const Task task = world.run(RevertIntent{u"e1"_s});
        QVERIFY2(task.outcome == Outcome::Indeterminate, describe(task).constData());
        world.host = std::make_unique<JobHost>(connectTo(*world.fake));
        const QByteArray left = world.fake->definition(machine);
        world.fake->setDefinition(machine, QByteArray(left).replace(">64<", ">128<"));
        checkRefused(world, task.entry, u"document-changed"_s, u"web"_s);
    }

    // A step that ended in the middle leaves open what it changes itself, and nothing that others changed before it.
    void changeAfterAnInterruptionIsNotWrittenOver_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addRow("start") << int(StepKind::Start);
        QTest::addRow("make-current") << int(StepKind::MakeCurrent);
    }

    void changeAfterAnInterruptionIsNotWrittenOver()
    {
        QFETCH(int, kind);
        World world;
        scenario(u"revert-external"_s).prepare(world);
        const auto before = world.states();
        const auto plan = world.confirm(RevertIntent{u"e1"_s, RevertIntent::Then::Start}, u"branch"_s);
        QVERIFY(plan);
        const auto &steps = plan->plan().steps;
        const auto isDefinition = [](const PlannedStep &planned) {
            return planned.step.kind == StepKind::PointDisks || planned.step.kind == StepKind::DefineAsThen;
        };
        const auto defining = std::find_if(steps.begin(), steps.end(), isDefinition);
        const auto last = std::find_if(
            defining, steps.end(), [&](const PlannedStep &planned) { return planned.step.kind == StepKind(kind); });
        QVERIFY(defining != steps.end() && last != steps.end());
        struct Killed
        {
        };
        auto begun = steps.begin();
        world.options.passed = [&](const QString &point) {
            if (point == "step-begun"_L1 && begun++ == last)
                throw Killed();
        };
        QVERIFY_THROWS_EXCEPTION(Killed, world.run(*plan));
        world.options.passed = {};
        const QString entry = world.entries().back().entry;
        const QByteArray left = world.fake->definition(machine);
        world.fake->setDefinition(machine, QByteArray(left).replace(">64<", ">128<"));
        checkRefused(world, entry, u"document-changed"_s, u"web"_s);
        world.fake->setDefinition(machine, left);
        const auto undone = world.undo(entry);
        QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject + u" / " + undone.error().detail));
        QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
        QCOMPARE(world.states(), before);
    }

    // What the journal does not know as done, and is.
    void vanishedFileIsPutBack()
    {
        Reverted reverted;
        QVERIFY2(reverted.isReady(), describe(reverted.task).constData());
        JournalEntry entry = *reverted.world.journal->find(reverted.task.entry);
        for (JournalStep &step : entry.steps) {
            if (!step.pins.empty())
                step.isDone = false;
        }
        const Plan plan = planUndo(entry, reverted.world.read(), *reverted.world.host);
        QVERIFY(std::any_of(plan.steps.begin(), plan.steps.end(),
            [&](const PlannedStep &planned) { return planned.step.path == reverted.pin.path; }));
    }

    void unclaimedTagsAreNotRemoved()
    {
        World world;
        world.make(u"e1"_s, CreateIntent::Kind::External);
        const QString overlay = world.read()->domain(machine)->definition->disks.front().source.location.name;
        QVERIFY(world.host->editor->addTag(overlay, u"by hand"_s));
        const QString entry = world.entries().back().entry;
        checkRefused(world, entry, u"unclaimed-tags"_s, overlay);
        QVERIFY(world.host->editor->removeTag(overlay, u"by hand"_s));
        const auto undone = world.undo(entry);
        QVERIFY(undone && undone->outcome == Outcome::Succeeded);
    }

    void fileThatCannotBeKeptIsNotRemoved_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addRow("fails") << int(FakeHost::Fault::Kind::Fail);
        QTest::addRow("fails late") << int(FakeHost::Fault::Kind::FailAfterwards);
        QTest::addRow("lies") << int(FakeHost::Fault::Kind::Lie);
    }

    void fileThatCannotBeKeptIsNotRemoved()
    {
        QFETCH(int, kind);
        World world;
        scenario(u"revert-external"_s).prepare(world);
        const auto before = world.states();
        const QStringList files = world.files();
        world.fake->setFault(u"pin"_s, {FakeHost::Fault::Kind(kind)});
        const Task task = world.run(RevertIntent{u"e1"_s});
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QVERIFY(!world.fake->changes().contains(u"remove"_s) || world.entries().back().isPutBack);
        QCOMPARE(world.states(), before);
        QCOMPARE(world.files(), files);
    }

    // What is kept of a file that is still there is no use to anybody.
    void nothingIsKeptOfAFileThatWasNotRemoved()
    {
        World world;
        scenario(u"revert-external"_s).prepare(world);
        world.fake->setFault(u"remove"_s, {FakeHost::Fault::Kind::Fail});
        const Task task = world.run(RevertIntent{u"e1"_s});
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(world.pins(), 0);
    }

    // Where no file can be kept at all, that is said, and the job goes on.
    void whereNothingCanBeKeptItIsSaid()
    {
        World world;
        scenario(u"revert-external"_s).prepare(world);
        world.fake->setTakesLinks(false);
        world.fake->setFault(u"pin"_s, {FakeHost::Fault::Kind::Fail, {ErrorCode::Unsupported, {}, {}}});
        const Task task = world.run(RevertIntent{u"e1"_s});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QVERIFY(toHistory(world.entries().back(), *world.host).undo == HistoryEntry::Undo::No);
    }

    // That it can be undone was said before, so it is not run where the kernel then refuses the link.
    void whatWasToBeKeptIsNotRemovedUnkept()
    {
        World world;
        scenario(u"revert-external"_s).prepare(world);
        const auto before = world.states();
        const QStringList files = world.files();
        world.fake->setFault(u"pin"_s, {FakeHost::Fault::Kind::Fail, {ErrorCode::Unsupported, {}, {}}});
        const Task task = world.run(RevertIntent{u"e1"_s});
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(world.states(), before);
        QCOMPARE(world.files(), files);
    }

    // What a revert that broke off has written over is not there any more: the safety snapshot is all that is left of
    // the present, and undoing would delete it.
    void safetySnapshotOfABrokenRevertStays()
    {
        World world;
        const Scenario revert = scenario(u"revert-internal"_s);
        revert.prepare(world);
        RevertIntent what = std::get<RevertIntent>(revert.what);
        what.safetySnapshot = u"safe"_s;
        world.fake->setFault(u"revertToSnapshot"_s, {FakeHost::Fault::Kind::Fail});
        const Task task = world.run(what, u"libvirt"_s);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QVERIFY(world.names().contains(u"safe"_s));
        const JournalEntry entry = *world.journal->find(task.entry);
        QVERIFY(toHistory(entry, *world.host).undo == HistoryEntry::Undo::No);
        const Plan undo = planUndo(entry, world.read(), *world.host);
        QVERIFY(undo.verdict == Verdict::Block);
        QVERIFY(std::any_of(undo.findings.begin(), undo.findings.end(), [](const Finding &finding) {
            return finding.id == "not-undoable"_L1 && finding.severity == Verdict::Block;
        }));
    }

    // The step was never begun, so nothing of it is kept.
    void nothingIsKeptOfAStepThatCannotBeJournalled()
    {
        World world;
        scenario(u"revert-external"_s).prepare(world);
        const auto before = world.states();
        const QString path = world.journal->path();
        const auto plan = world.confirm(RevertIntent{u"e1"_s});
        QVERIFY(plan && plan->plan().steps.back().step.kind == StepKind::RemoveFile);
        size_t done = 0;
        world.options.passed = [&](const QString &point) {
            if (point == "step-done"_L1 && ++done == plan->plan().steps.size() - 1)
                QVERIFY(QFile::rename(path, path + u".old"_s) && QDir().mkdir(path));
        };
        const Task task = world.run(*plan);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(world.fake->changes().count(u"pin"_s), 1);
        QCOMPARE(world.pins(), 0);
        QCOMPARE(world.states(), before);
    }

    // Killed between two steps of putting back, and then somebody works with the machine as it is.
    void workAfterAnInterruptedPutBackIsKept()
    {
        World world;
        struct Killed
        {
        };
        world.options.passed = [](const QString &point) {
            if (point == "put-back-done"_L1)
                throw Killed();
        };
        world.fake->setFault(u"createSnapshot"_s, {FakeHost::Fault::Kind::FailAfterwards});
        QVERIFY_THROWS_EXCEPTION(Killed, world.run(CreateIntent{u"e1"_s, {}, CreateIntent::Kind::External}));
        world.options.passed = {};
        world.write("a day's work");
        const auto found = findInterrupted(*world.journal, *world.host);
        QVERIFY(found && found->size() == 1);
        const auto undone = world.undo(found->front().entry.entry);
        QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject + u" / " + undone.error().detail));
        QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
        QCOMPARE(world.states().value(u"now"_s), QByteArray("a day's work"));
    }

    void pinsExpire()
    {
        World world;
        scenario(u"revert-external"_s).prepare(world);
        const Task task = world.run(RevertIntent{u"e1"_s});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        const JournalEntry entry = world.entries().back();
        QCOMPARE(world.pins(), 1);
        QVERIFY(toHistory(entry, *world.host).pinned > 0);
        constexpr qint64 Day = 24 * 3600 * 1000;
        QCOMPARE(*expirePins(*world.journal, *world.host, {30, 0}, entry.time + 29 * Day), 0);
        QCOMPARE(world.pins(), 1);
        QCOMPARE(*expirePins(*world.journal, *world.host, {30, 0}, entry.time + 31 * Day), 1);
        QCOMPARE(world.pins(), 0);
        QCOMPARE(toHistory(world.entries().back(), *world.host).pinned, Bytes(0));
    }

    // What was merged or freed for good is not kept: its space is what was wanted.
    void nothingIsKeptThatCannotBeUndone_data()
    {
        QTest::addColumn<QString>("name");
        for (const Scenario &each : scenarios())
            QTest::newRow(qPrintable(each.name)) << each.name;
    }

    void nothingIsKeptThatCannotBeUndone()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        World world;
        what.prepare(world);
        const Task task = world.run(what.what, what.way);
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        const HistoryEntry history = toHistory(world.entries().back(), *world.host);
        if (history.undo == HistoryEntry::Undo::No) {
            QCOMPARE(world.pins(), 0);
            QCOMPARE(history.pinned, Bytes(0));
            return;
        }
        // Nor what undoing removed.
        QVERIFY(world.undo(task.entry));
        QCOMPARE(world.pins(), 0);
    }

    // The oldest go first until the rest fits.
    void pinsExpireBySize()
    {
        World world;
        scenario(u"revert-external"_s).prepare(world);
        QVERIFY(world.run(RevertIntent{u"e1"_s}).outcome == Outcome::Succeeded);
        world.write("fourth");
        QVERIFY(world.run(RevertIntent{u"e2"_s}).outcome == Outcome::Succeeded);
        QCOMPARE(world.pins(), 2);
        const auto entries = world.entries();
        const Bytes held = toHistory(entries.back(), *world.host).pinned;
        QVERIFY(held > 0);
        QCOMPARE(*expirePins(*world.journal, *world.host, {30, 2 * held}, entries.back().time), 0);
        QCOMPARE(*expirePins(*world.journal, *world.host, {30, held}, entries.back().time), 1);
        QCOMPARE(world.pins(), 1);
        QCOMPARE(toHistory(world.entries().back(), *world.host).pinned, held);
    }
};

QTEST_GUILESS_MAIN(TestUndo)
#include "tst_undo.moc"
