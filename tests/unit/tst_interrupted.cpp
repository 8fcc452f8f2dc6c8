// SPDX-License-Identifier: GPL-3.0-or-later
// What a program leaves that was killed in the middle of a job, and what recovery makes of it.
#include "tests/unit/jobworld.h"

using namespace treewarden;
using namespace treewarden::test;

namespace {

struct Killed
{
};

// Runs the order until `isThere` says so; false: it came to its end.
bool killWhere(World &world, const JobOrder &order, const std::function<bool(const QString &, size_t)> &isThere)
{
    size_t begun = 0;
    world.options.passed = [&](const QString &point) {
        begun += point == "step-begun"_L1;
        if (isThere(point, begun))
            throw Killed();
    };
    bool wasKilled = false;
    try {
        world.run(order);
    } catch (const Killed &) {
        wasKilled = true;
    }
    world.options.passed = {};
    return wasKilled;
}

} // namespace

class TestInterrupted : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // A tag that was copied into a file is still there, and shows the same: the snapshot can be pointed to either.
    void copiesOfTagsArePutBack_data()
    {
        QTest::addColumn<bool>("hasMemory");
        QTest::addRow("made external") << false;
        QTest::addRow("extracted with its memory") << true;
    }

    void copiesOfTagsArePutBack()
    {
        QFETCH(bool, hasMemory);
        for (int at = 0; at < 60; ++at) {
            World world(hasMemory ? World() : worldFor(scenario(u"uniform-external"_s)));
            if (hasMemory) {
                world.fake->setState(machine, DomainState::Running);
                world.make(u"i1"_s, CreateIntent::Kind::Internal);
                world.fake->setState(machine, DomainState::ShutOff);
                world.write("second");
                world.make(u"e2"_s, CreateIntent::Kind::External);
                world.write("third");
            }
            const auto before = world.states();
            const QStringList files = world.files();
            const auto plan = hasMemory ? world.confirm(RevertIntent{u"i1"_s}, u"extract"_s)
                                        : world.confirm(UniformIntent{SnapshotKind::External});
            QVERIFY(plan);
            // From the removal of tags on there is no way back, and a revert of libvirt's own starts the machine.
            const auto &steps = plan->plan().steps;
            const auto end = size_t(std::find_if(steps.begin(), steps.end(), [](const PlannedStep &planned) {
                return planned.step.kind == StepKind::RemoveTag || planned.step.kind == StepKind::RevertToSnapshot;
            }) - steps.begin());
            QVERIFY(end > 1 && end < steps.size());
            int passed = 0;
            bool isOver = false;
            QVERIFY(killWhere(world, orderOf(*plan, {now, true}), [&](const QString &, size_t begun) {
                isOver = begun > end;
                return isOver || passed++ == at;
            }));
            if (isOver)
                return;
            const auto found = findInterrupted(*world.journal, *world.host);
            QVERIFY(found && found->size() == 1);
            const RecoveryItem &item = found->front();
            const QString entry = item.entry.entry;
            if (!item.canPutBack) {
                QVERIFY2(item.whyNot.subject == "nothing-to-undo"_L1,
                    QByteArray(
                        QByteArray::number(at) + ' ' + item.whyNot.subject.toUtf8() + ' ' + item.whyNot.detail.toUtf8())
                        .constData());
                QVERIFY(leaveAsItIs(*world.journal, *world.host, entry));
            } else {
                const auto undone = world.undo(entry);
                QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject + u" / " + undone.error().detail));
                QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
            }
            QCOMPARE(world.states(), before);
            QCOMPARE(world.files(), files);
        }
        QFAIL("the plan has no end");
    }

    // Another copy than the job's, or none of the tag any more: then the snapshot would be lost.
    void whatIsNoCopyIsNotPutBack_data()
    {
        QTest::addColumn<QString>("change");
        QTest::addRow("the copy was written to") << u"copy"_s;
        QTest::addRow("the tag is gone") << u"tag"_s;
    }

    void whatIsNoCopyIsNotPutBack()
    {
        QFETCH(QString, change);
        World world(worldFor(scenario(u"uniform-external"_s)));
        const auto plan = world.confirm(UniformIntent{SnapshotKind::External});
        QVERIFY(plan);
        const auto &steps = plan->plan().steps;
        const auto isKind
            = [](StepKind kind) { return [kind](const PlannedStep &planned) { return planned.step.kind == kind; }; };
        const auto tags = size_t(std::find_if(steps.begin(), steps.end(), isKind(StepKind::RemoveTag)) - steps.begin());
        QVERIFY(killWhere(world, orderOf(*plan, {now, true}),
            [&](const QString &point, size_t begun) { return point == "step-done"_L1 && begun == tags; }));
        const Step &copy = std::find_if(steps.begin(), steps.end(), isKind(StepKind::ExtractTag))->step;
        if (change == "copy"_L1)
            world.fake->setContents(copy.path, "written to since");
        else
            QVERIFY(world.host->editor->removeTag(copy.base, copy.name));
        const auto before = world.states();
        const auto found = findInterrupted(*world.journal, *world.host);
        QVERIFY(found && found->size() == 1);
        QVERIFY(!found->front().canPutBack);
        QVERIFY(!world.undo(found->front().entry.entry));
        QCOMPARE(world.states(), before);
    }

    void unknownSecondNamesGo_data()
    {
        QTest::addColumn<bool>("isPutBack");
        QTest::addRow("left as it is") << false;
        QTest::addRow("put back") << true;
    }

    // Killed after a file was kept, and before the journal had it: nobody knows the name, and the file has its own.
    void unknownSecondNamesGo()
    {
        QFETCH(bool, isPutBack);
        World world(worldFor(scenario(u"revert-external"_s)));
        // Of another job, which can be undone.
        const auto first = world.run(RevertIntent{u"e2"_s});
        QVERIFY2(first.outcome == Outcome::Succeeded, describe(first).constData());
        world.write("fourth");
        QCOMPARE(world.pins(), 1);
        const auto plan = world.confirm(RevertIntent{u"e1"_s}, u"branch"_s);
        QVERIFY(plan && plan->plan().steps.back().step.kind == StepKind::RemoveFile);
        const size_t last = plan->plan().steps.size() - 1;
        QVERIFY(killWhere(world, orderOf(*plan, {now, true}),
            [&](const QString &point, size_t begun) { return point == "step-done"_L1 && begun == last; }));
        const QString file = plan->plan().steps.back().step.path;
        QVERIFY(world.host->editor->pin(file));
        QCOMPARE(world.pins(), 2);
        const auto found = findInterrupted(*world.journal, *world.host);
        QVERIFY(found && found->size() == 1);
        QCOMPARE(world.pins(), 2); // whoever looks changes nothing
        const QString entry = found->front().entry.entry;
        if (isPutBack) {
            const auto undone = world.undo(entry);
            QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject + u" / " + undone.error().detail));
            QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
        } else {
            QVERIFY(leaveAsItIs(*world.journal, *world.host, entry));
        }
        QVERIFY(world.fake->has(file));
        QCOMPARE(world.pins(), 1);
        QVERIFY(toHistory(*world.journal->find(first.entry), *world.host).undo != HistoryEntry::Undo::No);
    }
};

QTEST_GUILESS_MAIN(TestInterrupted)
#include "tst_interrupted.moc"
