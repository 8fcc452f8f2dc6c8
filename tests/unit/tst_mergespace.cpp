// SPDX-License-Identifier: GPL-3.0-or-later
// Putting a snapshot back merges what came after it: where that certainly does not fit, it is not begun.
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
