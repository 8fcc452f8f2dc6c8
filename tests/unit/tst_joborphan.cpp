// SPDX-License-Identifier: GPL-3.0-or-later
// What one job makes or keeps is not left over for another.
#include "tests/unit/jobworld.h"

using namespace treewarden;
using namespace treewarden::test;

class TestJobOrphan : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatAnUnfinishedJobNamesStays_data()
    {
        QTest::addColumn<QString>("where");
        for (const char *where : {"step", "undo", "pin", "made"})
            QTest::newRow(where) << QString::fromLatin1(where);
    }

    void whatAnUnfinishedJobNamesStays()
    {
        QFETCH(const QString, where);
        World world;
        scenario(u"remove-orphan"_s).prepare(world);
        const QString stray = folder + u"stray"_s;
        JournalEntry other;
        other.entry = Journal::newName();
        other.domain = DomainId(u"0e9bd0a8-1c5e-4c0f-9d0a-0000000000bb"_s);
        other.domainName = u"another"_s;
        other.steps.push_back({});
        JournalStep &step = other.steps.front();
        if (where == "step"_L1) {
            step.step.kind = StepKind::ExtractTag;
            step.step.path = stray;
        }
        QVERIFY(world.journal->begin(other, {}));
        if (where == "undo"_L1)
            step.undo.push_back({.kind = StepKind::RemoveFile, .path = stray});
        else if (where == "pin"_L1)
            step.pins.push_back({stray, folder + u".treewarden/1-stray"_s, u"qcow2"_s, {}});
        QVERIFY(world.journal->stepBegun(other.entry, 0, step));
        if (where == "made"_L1) {
            step.made.push_back({stray, 1, 1});
            QVERIFY(world.journal->stepDone(other.entry, 0, step));
        }

        // The plan says so, and where it was made before the job of whom that is, the runner does.
        const auto planned = [&] {
            const auto named = filesOfUnfinishedJobs(*world.journal);
            return propose(
                {machine, RemoveOrphanIntent{stray}}, world.read(), {now, true, named ? *named : QSet<QString>()})
                .plan;
        };
        QCOMPARE(planned().verdict, Verdict::Block);
        QCOMPARE(planned().findings.front(), (Finding{u"leftover-of-job"_s, Verdict::Block, stray}));
        const Task refused = world.run(RemoveOrphanIntent{stray});
        QVERIFY2(refused.outcome == Outcome::Failed, describe(refused).constData());
        QCOMPARE(refused.error.subject, u"leftover-of-job"_s);
        QCOMPARE(refused.error.detail, stray);
        QVERIFY(world.fake->has(stray));
        QVERIFY(!world.fake->changes().contains(u"remove"_s));

        QVERIFY(world.journal->end(other.entry, Outcome::Failed, {ErrorCode::Cancelled, {}, {}}, true));
        QVERIFY(planned().verdict != Verdict::Block);
        const Task removed = world.run(RemoveOrphanIntent{stray});
        QVERIFY2(removed.outcome == Outcome::Succeeded, describe(removed).constData());
        QVERIFY(!world.fake->has(stray));
    }
};

QTEST_GUILESS_MAIN(TestJobOrphan)
#include "tst_joborphan.moc"
