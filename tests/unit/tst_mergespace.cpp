// SPDX-License-Identifier: GPL-3.0-or-later
// Putting a snapshot back merges what came after it: where that certainly does not fit, it is not begun.
#include "tests/support/inventorybuilder.h"
#include "tests/unit/jobworld.h"

using namespace treewarden;
using namespace treewarden::test;

namespace {

QString named(const Plan &plan, const QString &id)
{
    for (const Finding &finding : plan.findings) {
        if (finding.id == id)
            return verdictName(finding.severity) + u' ' + finding.arguments.join(u' ');
    }
    return {};
}

} // namespace

class TestMergeSpace : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // Their sum is the most that they may take, of which one is asked; what cannot fit is the largest alone.
    void severalMerges_data()
    {
        QTest::addColumn<int>("free");
        QTest::addColumn<QString>("finding");
        QTest::addColumn<QString>("said");
        QTest::addRow("all of them fit") << 1000 << u"merge-may-not-fit"_s << QString();
        QTest::addRow("each of them fits") << 350 << u"merge-may-not-fit"_s << u"confirm 629145600 367001600"_s;
        QTest::addRow("one does not fit, and is forgotten")
            << 250 << u"merge-may-not-fit"_s << u"confirm 314572800 262144000"_s;
    }
    void severalMerges()
    {
        QFETCH(int, free);
        QFETCH(QString, finding);
        QFETCH(QString, said);
        const auto inventory = std::make_shared<const Inventory>(inventoryOf(
            u"libvirt 12.8.0\nfree %1\nimage d allocated=10 size=9000\nimage d.A on=d allocated=300 size=9000\n"
            "image d.B on=d.A allocated=300 size=9000\nmachine m\ndisk vda d.B\nexternal A vda=d>d.A\n"
            "external B parent=A vda=d.A>d.B\ncurrent B"_s.arg(free)));
        const Proposal proposal = propose(
            {DomainId(u"m"_s), DeleteIntent{u"A"_s, DeleteIntent::Scope::WithChildren}}, inventory, {now, true});
        QCOMPARE(named(proposal.plan, finding), said);
        QVERIFY(proposal.plan.verdict != Verdict::Block);
    }

    // What a merge has emptied is not kept until the job ends: the next one may need the space.
    void mergedOverlaysGiveTheirSpaceBack_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addRow("by libvirt") << u"delete-all"_s;
        QTest::addRow("by ourselves") << u"uniform-internal"_s;
    }
    void mergedOverlaysGiveTheirSpaceBack()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        ReadyWorld world(what);
        qsizetype most = 0;
        qsizetype left = 0;
        world.options.passed = [&](const QString &point) {
            most = std::max(most, world.pins());
            if (point == "step-done"_L1)
                left = std::max(left, world.pins());
        };
        const Task task = world.run(world.plan);
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QVERIFY(world.fake->changes().count(u"pin"_s) > 1);
        QCOMPARE(most, 1);
        QCOMPARE(left, 0);
        QCOMPARE(lost(world, world.before, world.plan.plan()), QStringList());
    }

    void undo_data()
    {
        QTest::addColumn<Bytes>("base");
        QTest::addColumn<Bytes>("overlay");
        QTest::addColumn<Bytes>("free");
        QTest::addColumn<QString>("finding");
        QTest::addColumn<QString>("said");
        const auto row
            = [](const char *name, Bytes base, Bytes overlay, Bytes free, const char *finding, const char *said) {
                  QTest::addRow("%s", name) << base * MiB << overlay * MiB << free * MiB << QString::fromLatin1(finding)
                                            << QString::fromLatin1(said);
              };
        row("it cannot fit", 10, 300, 100, "no-space", "block 303038464 104857600");
        row("it may not fit", 250, 300, 100, "merge-may-not-fit", "warn 314572800 104857600");
        row("it fits", 250, 300, 1000, "little-space", "");
    }
    void undo()
    {
        QFETCH(Bytes, base);
        QFETCH(Bytes, overlay);
        QFETCH(Bytes, free);
        QFETCH(QString, finding);
        QFETCH(QString, said);
        for (const DomainState state : {DomainState::ShutOff, DomainState::Running}) {
            World world;
            const Task task = world.run(CreateIntent{u"new"_s, {}, CreateIntent::Kind::External});
            QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
            world.write("more");
            world.fake->setState(machine, state);
            auto inventory = std::make_shared<Inventory>(*world.read());
            std::vector<Image> images = inventory->images->images();
            for (Image &image : images)
                image.allocated = image.backing.isEmpty() ? base : overlay;
            inventory->images = std::make_shared<ImageGraph>(std::move(images));
            inventory->fileSystems = {{u"fs"_s, {folder.chopped(1)}, free}};
            const Plan plan = planUndo(*world.journal->find(task.entry), inventory, *world.host);
            QVERIFY(!plan.steps.empty());
            QCOMPARE(plan.space, (std::vector<std::pair<QString, Bytes>>{{folder.chopped(1), overlay}}));
            QCOMPARE(named(plan, finding), said);
            QCOMPARE(plan.verdict == Verdict::Block, said.startsWith("block"_L1));
        }
    }
};

QTEST_GUILESS_MAIN(TestMergeSpace)
#include "tst_mergespace.moc"
