// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/assessment.h"
#include "tests/support/inventorybuilder.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;

namespace {

// "KIND FILE NAME DOMAIN", "-" for no domain, "?KIND" where it is not certain.
QStringList orphansOf(const Assessment &assessment)
{
    QStringList lines;
    for (const Orphan &orphan : assessment.orphans) {
        const char *kind = nullptr;
        switch (orphan.kind) {
        case OrphanKind::Tag:
            kind = "tag";
            break;
        case OrphanKind::Overlay:
            kind = "overlay";
            break;
        case OrphanKind::Memory:
            kind = "memory";
            break;
        case OrphanKind::Metadata:
            kind = "metadata";
            break;
        case OrphanKind::Nvram:
            kind = "nvram";
            break;
        }
        lines.append(
            QStringLiteral("%1%2 %3 %4 %5")
                .arg(QLatin1String(orphan.isCertain ? "" : "?"), QLatin1String(kind), orphan.path.section(u'/', -1),
                    orphan.name, orphan.domain.isEmpty() ? QStringLiteral("-") : orphan.domain.value));
    }
    lines.sort();
    return lines;
}

} // namespace

class TestOrphans : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void found_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QStringList>("expected");
        const auto row = [](const char *name, const char *host, const char *expected = "") {
            QTest::newRow(name) << QString::fromLatin1(host)
                                << QString::fromLatin1(expected).split(QStringLiteral(", "), Qt::SkipEmptyParts);
        };

        row("tag that libvirt does not know", "image a tags=S1,lost\nmachine vm\ndisk vda a\ninternal S1 vda=a",
            "tag a lost vm");
        row("no snapshots at all", "image a tags=lost\nmachine vm\ndisk vda a", "tag a lost vm");
        row("tag below an overlay", "image a tags=lost\nimage b on=a\nmachine vm\ndisk vda b", "tag a lost vm");
        row("tag in what came after",
            "image a\nimage b on=a tags=lost\nimage c on=a\nmachine vm\ndisk vda c\n"
            "external E1 vda=a>b",
            "tag b lost vm");
        row("tag named as an external snapshot",
            "image a tags=E1\nimage b on=a\nmachine vm\ndisk vda b\n"
            "external E1 vda=a>b",
            "tag a E1 vm");
        row("tag of a disk that has moved", "image new tags=S1\nmachine vm\ndisk vda new\ninternal S1 vda=old");
        row("tag while the snapshots are unknown", "image a tags=S1\nmachine vm nosnapshots\ndisk vda a");
        row("tag that another machine's snapshot explains",
            "image a tags=S1\nmachine one\ndisk vda a\nmachine two\ndisk vda a\ninternal S1 vda=a");
        row("tag in a base belongs to the machine that has it as a disk",
            "image base tags=lost\nimage c on=base\nmachine clone\ndisk vda c\nmachine golden\ndisk vda base",
            "tag base lost golden");
        row("tag in a base that several share",
            "image base tags=lost\nimage b on=base\nimage c on=base\nmachine one\ndisk vda b\nmachine two\ndisk vda c",
            "tag base lost -");
        row("tag in an image of no machine", "image a tags=S1 pool=p\nimage b\nmachine vm\ndisk vda b");

        row("overlay of nobody", "image a\nimage b on=a\nmachine vm\ndisk vda a", "overlay b b vm");
        row("overlay left behind by a delete after a revert",
            "image disk tags=I1\nimage E2 on=disk\nmachine vm\ndisk vda disk\ninternal I1 vda=disk\ncurrent I1",
            "overlay E2 E2 vm");
        row("overlays of nobody on each other", "image a\nimage b on=a\nimage c on=b\nmachine vm\ndisk vda a",
            "overlay b b vm, overlay c c vm");
        row("overlay on what came after",
            "image a\nimage b on=a\nimage c on=b\nimage d on=a\nmachine vm\ndisk vda d\n"
            "external E1 vda=a>b",
            "overlay c c vm");
        row("overlay on a shared base",
            "image base\nimage b on=base\nimage c on=base\nimage d on=base\nmachine one\ndisk vda b\nmachine two\n"
            "disk vda c",
            "overlay d d -");
        row("what came after is no orphan",
            "image disk tags=I1\nimage E2 on=disk\nmachine vm\ndisk vda disk\ninternal I1 vda=disk\n"
            "external E2 parent=I1 vda=disk>E2\ncurrent I1");
        row("made on reverting is no orphan",
            "image a\nimage r on=a\nimage c on=a\nmachine vm\ndisk vda c\n"
            "external E1 reverted=vda:r vda=a>gone");
        row("a block job's target is no orphan", "image a\nimage m on=a\nmachine vm running\ndisk vda a mirror=m");
        row("a chain that only the definition tells is no orphan",
            "image a\nimage b on=a\nimage top unreadable\nimage o on=a\nmachine vm\ndisk vda top chain=b,a",
            "overlay o o vm");
        row("overlays of a chain that is not known",
            "image a\nimage b on=a\nimage top unreadable\nmachine vm\ndisk vda top\nmachine two\ndisk vda a",
            "?overlay b b two");
        row("overlays while a disk has not been looked at", "image a\nimage b on=a\nmachine vm\ndisk vda a\ndisk vdb x",
            "?overlay b b vm");
        row("overlays beside an unreadable raw disk",
            "image a\nimage b on=a\nimage iso unreadable\nmachine vm\ndisk vda a\ndisk sda iso raw cdrom",
            "overlay b b vm");
        row("overlays beside a data file", "image a data=a.raw\nimage b on=a\nmachine vm\ndisk vda a",
            "overlay b b vm");
        row("overlays while a machine is unknown",
            "image a tags=t\nimage b on=a\nmachine vm\ndisk vda a\nmachine dark unreadable",
            "?overlay b b vm, ?tag a t vm");
        row("overlays while snapshots are unknown",
            "image a\nimage b on=a\nmachine vm\ndisk vda a\nmachine dark nosnapshots", "?overlay b b vm");
        row("memory and tags while an image is unknown",
            "image a tags=t\nimage top unreadable\nimage vm.mem save\nmachine vm\ndisk vda a\nmachine two\ndisk vda "
            "top",
            "?memory vm.mem vm.mem vm, tag a t vm");
        row("overlay on an image of no machine", "image a\nimage b on=a", "overlay b b -");
        row("a chain of no machine", "image a\nimage b on=a\nimage c on=b\nimage d\nmachine vm\ndisk vda d",
            "overlay b b -, overlay c c -");
        row("overlays that loop", "image a on=b\nimage b on=a\nmachine vm", "overlay a a -, overlay b b -");

        row("memory", "image vm-S1.mem save pool=p\nmachine vm\nmachine v", "memory vm-S1.mem vm-S1.mem vm");
        row("memory of nobody's", "image other.mem save pool=p\nmachine vm", "memory other.mem other.mem -");
        row("a longer name is another machine's", "image vm10.mem save pool=p\nmachine vm1",
            "memory vm10.mem vm10.mem -");
        row("memory of a snapshot",
            "image m save pool=p\nimage a\nmachine vm\ndisk vda a\nexternal E1 memory=m vda=a>b");
        row("managed save", "image vm.save save pool=p\nmachine vm managedsave");
        row("memory outside a pool", "image vm-S1.mem save\nmachine vm", "memory vm-S1.mem vm-S1.mem vm");

        row("metadata without tag", "image a\nmachine vm\ndisk vda a\ninternal S1 vda=a", "metadata a S1 vm");
        row("metadata, a tag is left",
            "image a tags=S1\nimage b\nmachine vm\ndisk vda a\ndisk vdb b\n"
            "internal S1 vda=a vdb=b");
        row("metadata, a disk is not known",
            "image a\nimage b unreadable\nmachine vm\ndisk vda a\ndisk vdb b\ninternal S1 vda=a vdb=b");
        row("metadata without file", "image a absent\nimage b on=a\nmachine vm\ndisk vda b\nexternal E1 vda=a>b",
            "metadata a E1 vm");
        row("metadata, file not looked for", "image b\nmachine vm\ndisk vda b\nexternal E1 vda=a>b");
        row("metadata of memory alone", "image a\nimage m absent\nmachine vm\ndisk vda a\nexternal E1 memory=m",
            "metadata m E1 vm");
        row("metadata, memory gone but disk there",
            "image a\nimage b on=a\nimage m absent\nmachine vm\ndisk vda b\nexternal E1 memory=m vda=a>b");
    }
    void found()
    {
        QFETCH(QString, host);
        QFETCH(QStringList, expected);
        expected.sort();
        QCOMPARE(orphansOf(assess(inventoryOf(host))), expected);
    }

    void sizesAndTimes()
    {
        const Assessment assessment = assess(inventoryOf(QStringLiteral(R"(
            image a tags=memory:64,disk
            image b on=a allocated=3
            machine vm
            disk vda a
        )")));
        QCOMPARE(assessment.orphans.size(), size_t(3));
        QCOMPARE(assessment.orphans.at(0).bytes, Fact<Bytes>(64 * MiB));
        QCOMPARE(assessment.orphans.at(0).created, Fact<qint64>(500));
        QVERIFY(assessment.orphans.at(1).bytes.isAbsent());
        QCOMPARE(assessment.orphans.at(2).bytes, Fact<Bytes>(3 * MiB));
        QCOMPARE(assessment.orphans.at(2).created, Fact<qint64>(1000));
    }

    void byDomain()
    {
        const Assessment assessment = assess(inventoryOf(
            QStringLiteral("image a tags=x\nimage b tags=y,z\nmachine one\ndisk vda a\nmachine two\ndisk vda b")));
        QCOMPARE(assessment.orphansOf(DomainId(QStringLiteral("one"))).size(), size_t(1));
        QCOMPARE(assessment.orphansOf(DomainId(QStringLiteral("two"))).size(), size_t(2));
        QVERIFY(assessment.orphansOf(DomainId(QStringLiteral("three"))).empty());
    }
    void saysWhatItCouldNotRead()
    {
        const auto unread
            = [](const char *host) { return assess(inventoryOf(QString::fromLatin1(host))).mayRelyOnAnything; };
        QCOMPARE(unread("image a\nmachine vm\ndisk vda a"), QStringList());
        QCOMPARE(unread("image a\nmachine vm nosnapshots\ndisk vda a"), QStringList{QStringLiteral("vm")});
        QCOMPARE(unread("image a folder\nmachine vm\ndisk vda a"), QStringList());
        // Whatever hides most comes first.
        QStringList paths = unread("image a\nimage s unreadable\nimage t unreadable\nmachine one\ndisk vda a\n"
                                   "machine two\ndisk vda t\nmachine dark unreadable");
        for (QString &path : paths)
            path = path.section(u'/', -1);
        QCOMPARE(paths, (QStringList{QStringLiteral("dark"), QStringLiteral("t"), QStringLiteral("s")}));

        Inventory inventory = inventoryOf(QStringLiteral("image a\nimage b on=a\nmachine vm\ndisk vda a"));
        inventory.unknown.push_back(
            {QStringLiteral("pool"), QStringLiteral("attic"), {ErrorCode::PermissionDenied, {}, {}}});
        const Assessment assessment = assess(inventory);
        QCOMPARE(assessment.mayRelyOnAnything, QStringList{QStringLiteral("attic")});
        QCOMPARE(orphansOf(assessment), QStringList{QStringLiteral("overlay b b vm")}); // what was found stays true
    }

    void whatIsNotCertainIsNotCounted()
    {
        const auto leftOver = [](const char *host) {
            return assess(inventoryOf(QString::fromLatin1(host)))
                .attention()
                .value(DomainId(QStringLiteral("vm")))
                .leftOver;
        };
        QCOMPARE(leftOver("image a\nimage b on=a\nmachine vm\ndisk vda a"), 1);
        QCOMPARE(leftOver("image a\nimage b on=a\nmachine vm\ndisk vda a\nmachine dark unreadable"), 0);
    }
};

QTEST_APPLESS_MAIN(TestOrphans)
#include "tst_orphans.moc"
