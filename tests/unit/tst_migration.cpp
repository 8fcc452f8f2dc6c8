// SPDX-License-Identifier: GPL-3.0-or-later
// A machine that leaves for another host, or stands still by an I/O error, after somebody has said yes to a plan.
#include "tests/unit/jobworld.h"

using namespace treewarden;
using namespace treewarden::test;

class TestMigration : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void migratesMeanwhile_data()
    {
        QTest::addColumn<Intent::What>("what");
        QTest::addRow("create") << Intent::What(CreateIntent{u"new"_s, {}, CreateIntent::Kind::External});
        QTest::addRow("revert") << Intent::What(RevertIntent{u"e1"_s});
        QTest::addRow("delete") << Intent::What(DeleteIntent{u"e1"_s});
    }
    void migratesMeanwhile()
    {
        QFETCH(Intent::What, what);
        World world;
        world.make(u"e1"_s, CreateIntent::Kind::External);
        world.write("second");
        world.fake->setState(machine, DomainState::Running);
        const auto plan = world.confirm(what);
        QVERIFY(plan);
        const auto before = world.states();
        const qsizetype changes = world.fake->changes().size();
        world.fake->setMigrating(machine, true);
        const Task refused = world.run(*plan);
        QCOMPARE(refused.outcome, Outcome::Failed);
        QCOMPARE(refused.error.subject, u"stale-plan"_s);
        QCOMPARE(world.fake->changes().size(), changes);
        QCOMPARE(world.states(), before);
        world.fake->setMigrating(machine, false);
        const Task done = world.run(*plan);
        QVERIFY2(done.outcome == Outcome::Succeeded, describe(done).constData());
    }

    // To take a snapshot of it loses nothing: that is only said.
    void anIoErrorRefusesNothing()
    {
        World world;
        world.fake->setState(machine, DomainState::Paused);
        world.fake->setPausedBy(machine, PausedBy::IoError);
        const Plan plan
            = propose({machine, CreateIntent{u"new"_s, {}, CreateIntent::Kind::External}}, world.read(), {now, true})
                  .plan;
        QVERIFY(plan.verdict < Verdict::Block);
        QVERIFY(std::any_of(plan.findings.begin(), plan.findings.end(),
            [](const Finding &finding) { return finding.id == "paused-by-io-error"_L1; }));
    }
};

QTEST_GUILESS_MAIN(TestMigration)
#include "tst_migration.moc"
