// SPDX-License-Identifier: GPL-3.0-or-later
// Removing what nothing explains, and nothing else.
#include "model/job/runner.h"
#include "model/job/undo.h"
#include "tests/support/plantexts.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

class TestPlanOrphan : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void plans_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("tag");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *name, const char *host, const QString &file, const char *expected,
                             const QString &tag = {}) {
            QTest::newRow(name) << QString::fromLatin1(host) << file << tag << QString::fromLatin1(expected);
        };
        const QString x = u"x"_s;
        row("an overlay", "image d\nimage x on=d allocated=3\nmachine m\ndisk vda d", x,
            "remove confirm: remove-file x | leftover-removed@x");
        row("an overlay on what runs",
            "image d\nimage d.A on=d\nimage x on=d\nmachine m running\ndisk vda d.A\n"
            "external A vda=d>d.A\ncurrent A",
            x, "remove confirm: remove-file x | leftover-removed@x");
        row("saved memory", "image d\nimage x save\nmachine m\ndisk vda d", x,
            "remove confirm: remove-file x | saved-memory-removed@x");
        row("what the machine runs on", "image d\nimage x on=d\nmachine m\ndisk vda x", x,
            "libvirt block:  | not-left-over@x");
        row("another machine's", "image d\nimage x on=d\nmachine m\ndisk vda d\nmachine other\ndisk vda x", x,
            "libvirt block:  | not-left-over@x");
        row("what a snapshot names", "image d\nimage x on=d\nmachine m\ndisk vda d\nexternal A vda=d>x\ncurrent A", x,
            "libvirt block:  | not-left-over@x");
        row("an overlay lies on it", "image d\nimage x on=d\nimage y on=x\nmachine m\ndisk vda d", x,
            "remove block: remove-file x | state-lost@y, leftover-removed@x");
        row("nothing there", "image d\nmachine m\ndisk vda d", x, "libvirt block:  | not-left-over@x");
        row("a machine that could not be read",
            "image d\nimage x on=d\nmachine m\ndisk vda d\nmachine other unreadable", x,
            "libvirt block:  | leftover-unknown@x");
        row("a disk on a share that is not mounted",
            "image d\nimage x on=d\nimage far absent\nmachine m\ndisk vda d\nmachine other\ndisk vda far", x,
            "libvirt block:  | leftover-unknown@x");
        row("a layer that is not there now",
            "image d\nimage x on=d\nimage far absent\nimage o on=far\nmachine m\ndisk vda d\nmachine other\ndisk vda o",
            x, "libvirt block:  | leftover-unknown@x");
        row("what only another left-over needed is gone",
            "image d\nimage x on=d\nimage gone absent\nimage y on=gone\nmachine m\ndisk vda d", x,
            "remove confirm: remove-file x | leftover-removed@x");
        row("an NVRAM that is not made yet", "image d\nimage x on=d\nimage n absent\nmachine m\ndisk vda d\nnvram n", x,
            "remove confirm: remove-file x | leftover-removed@x");
        row("saved memory that is not there",
            "image b\nimage d on=b\nimage x on=d\nimage mem absent\nmachine m\ndisk vda d\n"
            "external A memory=mem vda=b>d\ncurrent A",
            x, "remove confirm: remove-file x | leftover-removed@x");
        row("an unreadable installation disc",
            "image d\nimage x on=d\nimage iso unreadable\nmachine m\ndisk vda d\ndisk sda iso raw cdrom", x,
            "remove confirm: remove-file x | leftover-removed@x");
        row("an image that could not be read", "image d\nimage x on=d\nimage z unreadable\nmachine m\ndisk vda d", x,
            "libvirt block:  | leftover-unknown@x");
        const QString tag = u"T"_s;
        row("a tag", "image x tags=S,T\nmachine m\ndisk vda x\ninternal S vda=x\ncurrent S", x,
            "remove confirm: remove-tag T x | tag-removed@T", tag);
        row("a tag of what runs", "image x tags=T\nmachine m running\ndisk vda x", x,
            "remove block: remove-tag T x | machine-running@m, tag-removed@T\n"
            "shut-down-first confirm: shut-down, remove-tag T x, start | tag-removed@T",
            tag);
        row("a tag beside a disk that is not there",
            "image x tags=T\nimage far absent\nmachine m\ndisk vda x\nmachine other\ndisk vda far", x,
            "remove confirm: remove-tag T x | tag-removed@T", tag);
        row("a tag beside an image that could not be read",
            "image x tags=T\nimage z unreadable\nmachine m\ndisk vda x\nmachine other\ndisk vda z", x,
            "remove confirm: remove-tag T x | tag-removed@T", tag);
        row("a snapshot's tag", "image x tags=T\nmachine m\ndisk vda x\ninternal T vda=x\ncurrent T", x,
            "libvirt block:  | not-left-over@T", tag);
        row("another machine's snapshot's",
            "image x tags=T\nmachine m\ndisk vda x\nmachine other\ndisk vda x\n"
            "internal T vda=x\ncurrent T",
            x, "libvirt block:  | not-left-over@T", tag);
        row("two of one name", "image x tags=T,T\nmachine m\ndisk vda x", x,
            "remove block: remove-tag T x | tag-ambiguous@T, tag-removed@T", tag);
        row("a name that is another's id", "image x tags=2,T\nmachine m\ndisk vda x", x,
            "remove block: remove-tag 2 x | tag-ambiguous@2, tag-removed@2", u"2"_s);
        row("a tag where not all is read", "image x tags=T\nmachine m\ndisk vda x\nmachine other nosnapshots", x,
            "libvirt block:  | leftover-unknown@x", tag);
    }
    void plans()
    {
        QFETCH(const QString, host);
        QFETCH(const QString, file);
        QFETCH(const QString, tag);
        QTEST(proposalText(proposalFor(host, RemoveOrphanIntent{path(file), tag})), "expected");
    }
    void theFileIsTheLossAndCanComeBack()
    {
        const Plan plan = proposalFor(
            u"image d\nimage x on=d allocated=3\nmachine m\ndisk vda d"_s, RemoveOrphanIntent{path(u"x"_s)})
                              .plan;
        QCOMPARE(plan.losses.size(), size_t(1));
        QCOMPARE(plan.losses.front().path, path(u"x"_s));
        QCOMPARE(plan.losses.front().bytes, Fact<Bytes>(3 * MiB));
        QVERIFY(plan.steps.front().isReversible);
        QCOMPARE(commandsOf(plan).front(), QStringList{u"rm -- /images/x"_s});
    }
    void aTagDoesNotComeBack()
    {
        const Plan plan
            = proposalFor(u"image x tags=T:64\nmachine m\ndisk vda x"_s, RemoveOrphanIntent{path(u"x"_s), u"T"_s}).plan;
        QCOMPARE(plan.losses.size(), size_t(1));
        QCOMPARE(plan.losses.front().subject, u"T"_s);
        QCOMPARE(plan.losses.front().bytes, Fact<Bytes>(64 * MiB));
        QVERIFY(!plan.steps.front().isReversible);
    }
    void withoutFilesATagStays()
    {
        const Proposal proposal = propose({DomainId(u"m"_s), RemoveOrphanIntent{path(u"x"_s), u"T"_s}},
            std::make_shared<Inventory>(inventoryOf(u"image x tags=T\nmachine m\ndisk vda x"_s)), {0, false});
        QCOMPARE(findingsText(proposal.plan.findings, Verdict::Block), u"files-out-of-reach@x"_s);
    }
    // Whoever works on a machine with the same base may be making that very file.
    void machinesOnTheSameBaseWait()
    {
        const Draft draft
            = draftOf(u"image b\nimage o on=b\nimage p on=b\nimage x on=b\nimage d\nmachine m\ndisk vda d\n"
                      "machine other\ndisk vda o\nmachine third\ndisk vda p\nmachine apart\n"_s);
        const DomainId m(u"m"_s);
        QCOMPARE(sharersOf(draft, {m, PowerIntent{}}), std::vector{m});
        auto sharers = sharersOf(draft, {m, RemoveOrphanIntent{path(u"x"_s)}});
        std::sort(sharers.begin(), sharers.end());
        const std::vector<DomainId> wanted{m, DomainId(u"other"_s), DomainId(u"third"_s)};
        QCOMPARE(sharers, wanted);
    }
    void theJournalKeepsIt()
    {
        for (const RemoveOrphanIntent &what :
            {RemoveOrphanIntent{u"/a b/c"_s}, RemoveOrphanIntent{u"/a b/c"_s, u"--tag"_s}}) {
            const Intent intent{DomainId(u"m"_s), what};
            QCOMPARE(intentFromWords(intent.domain, intentWords(intent)), std::optional(intent));
        }
    }
};

QTEST_APPLESS_MAIN(TestPlanOrphan)
#include "tst_planorphan.moc"
