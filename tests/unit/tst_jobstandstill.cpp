// SPDX-License-Identifier: GPL-3.0-or-later
// A machine that a job paused for the sake of its own next step goes on where that step does not come about, also where
// all else is left as it is: whoever looks at a paused machine cannot tell that it waits for nobody.
#include "tests/unit/jobworld.h"

using namespace treewarden;
using namespace treewarden::test;

namespace {

// Running, with two snapshots below its present.
World worldOf(CreateIntent::Kind kind)
{
    World world;
    if (kind == CreateIntent::Kind::External) {
        Host host = world.read()->host;
        host.libvirt = {11, 3, 0}; // which goes back to external ones by itself
        world.fake->setHost(host);
    }
    world.make(u"s"_s, kind);
    world.write("second");
    world.make(u"t"_s, kind);
    world.write("third");
    world.fake->setState(machine, DomainState::Running);
    return world;
}

RevertIntent revertKeeping(RevertIntent::Then then = RevertIntent::Then::AsItWas)
{
    RevertIntent what{u"s"_s, then};
    what.safetySnapshot = u"kept"_s;
    return what;
}

const JournalStep &stepOf(const JournalEntry &entry, StepKind kind)
{
    return *std::find_if(
        entry.steps.begin(), entry.steps.end(), [&](const JournalStep &each) { return each.step.kind == kind; });
}

} // namespace

class TestJobStandstill : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void goesOnWhereTheRevertIsRefused_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addRow("internal") << int(CreateIntent::Kind::Internal);
        QTest::addRow("external") << int(CreateIntent::Kind::External);
    }

    void goesOnWhereTheRevertIsRefused()
    {
        QFETCH(int, kind);
        World world(worldOf(CreateIntent::Kind(kind)));
        world.fake->setFault(u"revertToSnapshot"_s, {FakeHost::Fault::Kind::Fail});
        const Task task = world.run(revertKeeping(), u"libvirt"_s);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QVERIFY(world.fake->changes().contains(u"pause"_s));
        QVERIFY(world.fake->state(machine) == DomainState::Running);
        // What the snapshot keeps stays, and it is said what became of the pause.
        QVERIFY(world.names().contains(u"kept"_s));
        QVERIFY(task.whyNotPutBack);
        QVERIFY(task.goesOn);
        const JournalEntry entry = *world.journal->find(task.entry);
        QVERIFY(entry.outcome == Outcome::Failed);
        QVERIFY(!entry.isPutBack);
        QVERIFY(stepOf(entry, StepKind::Pause).isPutBack());
        const HistoryEntry history = toHistory(entry);
        for (const HistoryEntry::Done &done : history.steps)
            QVERIFY((done.isDone == true) == (done.step.kind == StepKind::CreateSnapshot));
    }

    // What the job kept may go again then: its memory is in the machine, which was never stopped.
    void whatWasKeptCanBeTakenBack()
    {
        World world(worldOf(CreateIntent::Kind::External));
        const auto before = world.states();
        world.fake->setFault(u"revertToSnapshot"_s, {FakeHost::Fault::Kind::Fail});
        const Task task = world.run(revertKeeping(), u"libvirt"_s);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        const auto undone = world.undo(task.entry);
        QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject + u" / " + undone.error().detail));
        QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
        QCOMPARE(world.states(), before);
        QVERIFY(world.fake->state(machine) == DomainState::Running);
    }

    // The call failed, and libvirt had begun: what stands still now is another start of the machine, by libvirt's hand.
    void waitsWhereTheRevertHadBegun()
    {
        World world(worldOf(CreateIntent::Kind::Internal));
        world.fake->setFault(u"revertToSnapshot"_s, {FakeHost::Fault::Kind::FailAfterwards});
        const Task task = world.run(revertKeeping(RevertIntent::Then::Pause), u"libvirt"_s);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QVERIFY(world.fake->state(machine) == DomainState::Paused);
        QVERIFY(!task.goesOn);
        QVERIFY(!stepOf(*world.journal->find(task.entry), StepKind::Pause).isPutBackBegun());
    }

    // Nor does the job take back what somebody else did meanwhile, or what was so before it.
    void staysOffOrPausedWhereItWas_data()
    {
        QTest::addColumn<int>("state");
        QTest::addRow("paused before") << int(DomainState::Paused);
        QTest::addRow("off before") << int(DomainState::ShutOff);
    }

    void staysOffOrPausedWhereItWas()
    {
        QFETCH(int, state);
        World world(worldOf(CreateIntent::Kind::Internal));
        world.fake->setState(machine, DomainState(state));
        world.fake->setFault(u"revertToSnapshot"_s, {FakeHost::Fault::Kind::Fail});
        const Task task = world.run(revertKeeping(), u"libvirt"_s);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QVERIFY(world.fake->state(machine) == DomainState(state));
        QVERIFY(!task.goesOn);
    }

    void staysPausedWhereThatWasWanted()
    {
        World world(worldOf(CreateIntent::Kind::Internal));
        world.options.passed = [&](const QString &point) {
            if (point == "step-done"_L1)
                world.fake->removeSnapshot(machine, u"t"_s);
        };
        const Task task = world.run(PowerIntent{PowerIntent::To::Pause});
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(task.error.subject, u"outcome-differs"_s);
        QVERIFY(world.fake->state(machine) == DomainState::Paused);
    }

    // Where it cannot be made to go on that is left to the history, which shows it as begun.
    void saysWhereItDoesNotGoOn()
    {
        World world(worldOf(CreateIntent::Kind::Internal));
        world.fake->setFault(u"revertToSnapshot"_s, {FakeHost::Fault::Kind::Fail});
        world.fake->setFault(u"resume"_s, {FakeHost::Fault::Kind::Fail});
        const Task task = world.run(revertKeeping(), u"libvirt"_s);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QVERIFY(!task.goesOn);
        QVERIFY(world.fake->state(machine) == DomainState::Paused);
        QVERIFY(toHistory(*world.journal->find(task.entry)).steps[1].isDone == true);
    }
};

QTEST_GUILESS_MAIN(TestJobStandstill)
#include "tst_jobstandstill.moc"
