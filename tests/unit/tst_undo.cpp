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
};

QTEST_GUILESS_MAIN(TestUndo)
#include "tst_undo.moc"
