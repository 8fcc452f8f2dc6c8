// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/assessment.h"
#include "tests/support/inventorybuilder.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;

namespace {

// "SEVERITY ID SUBJECT(ARGUMENTS) DOMAIN" with the folder taken off paths.
QStringList problemsOf(const Assessment &assessment)
{
    QStringList lines;
    for (const Problem &problem : assessment.problems) {
        static const char *const severities[] = {"note", "warning", "danger"};
        QStringList arguments = problem.arguments;
        arguments.replaceInStrings(path(QStringLiteral("/")).chopped(1), QString());
        const QString also = problem.alsoAt.isEmpty() ? QString() : u'+' + problem.alsoAt.join(u',');
        lines.append(QStringLiteral("%1 %2 %3(%4)%5 %6")
                         .arg(QLatin1String(severities[int(problem.severity)]), problem.id,
                             problem.subject.section(u'/', -1), arguments.join(u','), also, problem.domain.value));
    }
    lines.sort();
    return lines;
}

QString chain(int layers, const char *options = "")
{
    QString host = QStringLiteral("image l1\n");
    for (int layer = 2; layer <= layers; ++layer)
        host += QStringLiteral("image l%1 on=l%2\n").arg(layer).arg(layer - 1);
    return host + QLatin1String(options) + QStringLiteral("\nmachine vm\ndisk vda l%1\n").arg(layers);
}

} // namespace

class TestProblems : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void found_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QStringList>("expected");
        const auto textRow = [](const char *name, const QString &host, const char *expected) {
            QTest::newRow(name) << host
                                << QString::fromLatin1(expected).split(QStringLiteral("; "), Qt::SkipEmptyParts);
        };
        const auto row = [&](const char *name, const char *host, const char *expected = "") {
            textRow(name, QString::fromLatin1(host), expected);
        };

        // Nothing is wrong with these.
        row("healthy: plain", "image a\nmachine vm\ndisk vda a");
        row("healthy: internal",
            "image a tags=S1,S2:64,S3\nmachine vm running\ndisk vda a\ninternal S1 vda=a\n"
            "internal S2 parent=S1 memory vda=a\ninternal S3 parent=S2 vda=a\ncurrent S3");
        row("healthy: external with a branch and two disks",
            "image a\nimage b\nimage a.E1 on=a\nimage b.E1 on=b\nimage a.E2 on=a.E1\nimage b.E2 on=b.E1\n"
            "image a.x on=a.E1\nimage b.x on=b.E1\nimage m save\nmachine vm\ndisk vda a.x\ndisk vdb b.x\n"
            "external E1 memory=m vda=a>a.E1 vdb=b>b.E1\nexternal E2 parent=E1 vda=a.E1>a.E2 vdb=b.E1>b.E2\n"
            "current E1");
        row("healthy: clones of a base",
            "image base\nimage b on=base\nimage c on=base\nmachine one running\n"
            "disk vda b\nmachine two running\ndisk vda c");
        row("healthy: a shared read-only disk",
            "image base\nimage b on=base\nmachine one\ndisk vda base readonly\nmachine two\ndisk vda b");
        row("healthy: a disk that two machines take turns with",
            "image a tags=S1\nmachine one\ndisk vda a\nmachine two\ndisk vda a\ninternal S1 vda=a");
        row("healthy: an overlay of nobody", "image a\nimage b on=a\nmachine vm running\ndisk vda a");
        row("healthy: old overlay removed by a revert",
            "image a\nimage a.E1 absent\nimage a.x on=a\nmachine vm\ndisk vda a.x\n"
            "external E1 reverted=vda:a.x vda=a>a.E1\ncurrent E1");

        row("image-missing", "image a absent\nmachine vm\ndisk vda a", "danger image-missing a(vda) vm");
        row("image-missing: cdrom", "image a absent\nmachine vm\ndisk sda a cdrom", "warning image-missing a(sda) vm");
        row("image-missing: next start", "image a\nimage b absent\nmachine vm running\ndisk vda a\nnext vda b",
            "danger image-missing b(vda) vm");
        row("missing-backing-image", "image a absent\nimage b on=a\nmachine vm\ndisk vda b",
            "danger missing-backing-image a(b) vm");
        row("backing-chain-loop", "image a on=c\nimage b on=a\nimage c on=b\nimage d on=c\nmachine vm\ndisk vda d",
            "danger backing-chain-loop c(b) vm");
        textRow("not deep", chain(14), "");
        textRow("backing-chain-deep", chain(15), "warning backing-chain-deep l15(15) vm");
        textRow("backing-chain-deep: before the JSON limit", chain(60, "libvirt 10.7.0"),
            "warning backing-chain-deep l60(60) vm");
        textRow("backing-chain-deep: within the JSON limit", chain(24, "libvirt 10.8.0"),
            "warning backing-chain-deep l24(24) vm");
        textRow("backing-chain-deep: over the JSON limit", chain(25, "libvirt 11.3.0"),
            "danger backing-chain-deep l25(25) vm");
        textRow(
            "backing-chain-deep: limit lifted", chain(60, "libvirt 12.0.0"), "warning backing-chain-deep l60(60) vm");
        textRow("backing-chain-deep: libvirt's own limit", chain(200, "libvirt 12.0.0"),
            "danger backing-chain-deep l200(200) vm");
        row("backing-format-missing", "image a\nimage b on=a noformat\nmachine vm\ndisk vda b",
            "warning backing-format-missing b(a) vm");
        row("backing-outside",
            "image shadow malformed\nimage a on=shadow outside=/images/shadow\nmachine vm\ndisk vda a",
            "warning backing-outside a(shadow) vm; warning image-unreadable shadow() vm");
        row("image-unreadable", "image a unreadable\nmachine vm\ndisk vda a", "note image-unreadable a() vm");
        row("image-unreadable: no valid image", "image a malformed\nmachine vm\ndisk vda a",
            "warning image-unreadable a() vm");
        row("image-unreadable: nothing that could be an image", "image a folder\nmachine vm\ndisk vda a",
            "warning image-unreadable a() vm");
        row("of no machine",
            "image v\nimage a corrupt\nimage b malformed\nimage c unreadable\nimage d on=gone\nimage gone absent\n"
            "image e on=shadow outside=/images/shadow data=e.raw\nimage shadow\nmachine vm\ndisk vda v",
            "danger image-corrupt a() ; danger missing-backing-image gone(d) ; warning backing-outside e(shadow) ; "
            "warning image-unreadable b() ");
        row("of no machine: a loop", "image v\nimage a on=b\nimage b on=a\nmachine vm\ndisk vda v",
            "danger backing-chain-loop a(b) ");
        row("of no machine: others may have it open", "image v\nimage a dirty bitmaps=busy?\nmachine vm\ndisk vda v");
        row("that only a snapshot names",
            "image a\nimage a.E1 on=a corrupt\nimage a.x on=a\nmachine vm\ndisk vda a.x\n"
            "external E1 reverted=vda:a.x vda=a>a.E1\ncurrent E1",
            "danger image-corrupt a.E1() vm");
        row("not looked at yet", "image a notread\nmachine vm\ndisk vda a");
        row("image-corrupt", "image a corrupt\nmachine vm\ndisk vda a", "danger image-corrupt a() vm");
        row("image-dirty", "image a dirty\nmachine vm\ndisk vda a", "warning image-dirty a() vm");
        row("dirty because it runs", "image a dirty\nmachine vm running\ndisk vda a");
        row("data-file", "image a data=a.raw\nmachine vm\ndisk vda a", "note data-file a(a.raw) vm");
        row("data-file-missing", "image a data=a.raw\nimage a.raw absent\nmachine vm\ndisk vda a",
            "danger data-file-missing a.raw(a) vm; note data-file a(a.raw) vm");
        row("duplicate-tag", "image a tags=S1,S1,S1\nmachine vm\ndisk vda a\ninternal S1 vda=a",
            "warning duplicate-tag S1(a) vm");
        row("bitmap-inconsistent", "image a bitmaps=good,bad!\nmachine vm running\ndisk vda a",
            "warning bitmap-inconsistent bad(a) vm");
        row("bitmap-inconsistent: left by a crash", "image a bitmaps=bad?\nmachine vm\ndisk vda a",
            "warning bitmap-inconsistent bad(a) vm");
        row("bitmap in use", "image a bitmaps=busy?\nmachine vm running\ndisk vda a");
        row("format-disputed",
            "image a tags=S1 disputed=qcow2,raw\nmachine aa\ndisk vda a raw\n"
            "machine bb\ndisk vda a\ninternal S1 vda=a",
            "danger format-disputed a(aa,raw,bb,qcow2) aa; danger format-disputed a(aa,raw,bb,qcow2) bb");
        row("format-disputed: nobody writes to it",
            "image a disputed=qcow2,raw\nmachine aa\ndisk vda a raw readonly\nmachine bb\ndisk vda a",
            "warning format-disputed a(aa,raw,bb,qcow2) aa; warning format-disputed a(aa,raw,bb,qcow2) bb");
        row("format-disputed: it is none of them",
            "image a malformed disputed=qcow2,raw\nmachine aa\ndisk vda a raw\nmachine bb\n"
            "disk vda a\ninternal S1 vda=a",
            "danger format-disputed a(aa,raw,bb,qcow2) aa; danger format-disputed a(aa,raw,bb,qcow2) bb; "
            "warning image-unreadable a() aa; warning image-unreadable a() bb");
        row("shared-base-writable",
            "image base\nimage b on=base\nimage c on=base\nmachine golden\ndisk vda base\n"
            "machine one running\ndisk vda b\nmachine two\ndisk vda c",
            "warning shared-base-writable base(one,two) golden");
        row("shared-base-writable: it runs",
            "image base\nimage b on=base\nmachine golden running\ndisk vda base\n"
            "machine one\ndisk vda b",
            "danger shared-base-writable base(one) golden");
        row("shared-base-writable: another machine's frozen file",
            "image a\nimage b\nmachine one\ndisk vda a\nmachine two\ndisk vda b\nexternal E1 vda=a>gone",
            "warning shared-base-writable a(two) one");

        row("paused-by-io-error", "image a\nmachine vm paused ioerror\ndisk vda a",
            "warning paused-by-io-error vm() vm");
        row("healthy: paused", "image a\nmachine vm paused\ndisk vda a");
        row("mixed-tree",
            "image a tags=I1\nimage b on=a\nmachine vm\ndisk vda b\ninternal I1 vda=a\n"
            "external E2 parent=I1 vda=a>b\ncurrent E2",
            "warning mixed-tree vm() vm");
        row("frozen-file-in-use and mixed-tree: virt-manager 811",
            "image disk tags=I1\nimage E2 on=disk\nmachine vm\ndisk vda disk\ninternal I1 vda=disk\n"
            "external E2 parent=I1 vda=disk>E2\ncurrent I1",
            "warning mixed-tree vm() vm; danger frozen-file-in-use E2(disk,vda) vm");
        row("frozen-file-in-use: and what lies on top of it",
            "image disk tags=I1\nimage E2 on=disk\nimage E3 on=E2\nmachine vm\ndisk vda disk\n"
            "internal I1 vda=disk\nexternal E2 parent=I1 vda=disk>E2\nexternal E3 parent=E2 vda=E2>E3\ncurrent I1",
            "warning mixed-tree vm() vm; danger frozen-file-in-use E2(disk,vda)+E3 vm");
        row("frozen-file-in-use: committed behind libvirt's back",
            "image a\nimage b absent\nmachine vm running\ndisk vda a\nexternal E1 vda=a>b",
            "danger frozen-file-in-use E1(a,vda) vm");
        row("frozen-file-changed",
            "image d changed=vm/E1,d.E1\nimage d.E1 on=d\nmachine vm\ndisk vda d.E1\nexternal E1 vda=d>d.E1",
            "danger frozen-file-changed E1(d) vm");
        row("frozen-file-changed: a linked clone's base, perhaps",
            "image base touched=c\nimage c on=base\nmachine vm\ndisk vda c", "warning frozen-file-changed c(base) vm");
        row("frozen-file-changed: at all that lies on top",
            "image d changed=vm/E1,d.E1\nimage d.E1 on=d\nimage d.E2 on=d.E1\nimage d.x on=d tags=I4\nimage o\n"
            "machine vm\ndisk vda d.E2\ndisk vdb o\nexternal E1 vda=d>d.E1\nexternal E2 parent=E1 vda=d.E1>d.E2\n"
            "internal I3 parent=E2 vdb=o\ninternal I4 parent=E1 vda=d.x\ncurrent E2",
            "danger frozen-file-changed E1(d)+E2,I4 vm; danger tag-missing I3(o,vdb) vm; warning mixed-tree vm() vm");
        row("frozen-file-changed: a tag in it keeps its own",
            "image d tags=I1 changed=vm/E2,d.E2\nimage d.E2 on=d\nmachine vm\ndisk vda d.E2\ninternal I1 vda=d\n"
            "external E2 parent=I1 vda=d>d.E2\ncurrent E2",
            "danger frozen-file-changed E2(d) vm; warning mixed-tree vm() vm");
        row("frozen-file-changed: a linked clone with snapshots",
            "image base changed=c\nimage c on=base\nimage c.E1 on=c\nmachine vm\ndisk vda c.E1\n"
            "external E1 vda=c>c.E1\ncurrent E1",
            "danger frozen-file-changed c(base)+E1 vm");
        row("tag-missing", "image a tags=S1\nimage b\nmachine vm\ndisk vda a\ndisk vdb b\ninternal S1 vda=a vdb=b",
            "danger tag-missing S1(b,vdb) vm");
        row("tag not known", "image a unreadable\nmachine vm\ndisk vda a\ninternal S1 vda=a",
            "note image-unreadable a() vm");
        row("snapshot-file-missing", "image a absent\nimage b\nmachine vm\ndisk vda b\nexternal E1 vda=a>gone",
            "danger snapshot-file-missing E1(a,vda) vm");
        row("memory-file-missing",
            "image a\nimage b on=a\nimage m absent\nmachine vm\ndisk vda b\n"
            "external E1 memory=m vda=a>b",
            "warning memory-file-missing E1(m) vm");
        row("delete-in-progress", "image a\nimage b on=a\nmachine vm\ndisk vda b\nexternal E1 deleting vda=a>b",
            "danger delete-in-progress E1(vda) vm");
        row("snapshot-parent-missing", "image a tags=S2\nmachine vm\ndisk vda a\ninternal S2 parent=S1 vda=a",
            "warning snapshot-parent-missing S2(S1) vm");
        row("snapshot-parent-loop",
            "image a tags=S1,S2\nmachine vm\ndisk vda a\ninternal S1 parent=S2 vda=a\n"
            "internal S2 parent=S1 vda=a",
            "warning snapshot-parent-loop S1(S2) vm");
    }
    void found()
    {
        QFETCH(QString, host);
        QFETCH(QStringList, expected);
        expected.sort();
        QCOMPARE(problemsOf(assess(inventoryOf(host))), expected);
    }

    void anUnreadableImageSaysWhy()
    {
        const Assessment assessment = assess(inventoryOf(QStringLiteral("image a unreadable\nmachine vm\ndisk vda a")));
        QCOMPARE(assessment.problems.size(), size_t(1));
        QVERIFY(assessment.problems.front().why);
        QCOMPARE(assessment.problems.front().why->code, ErrorCode::PermissionDenied);
    }

    void countedByDomain()
    {
        const Assessment assessment = assess(inventoryOf(QStringLiteral(
            "image base corrupt\nimage b on=base\nimage c on=base dirty\nmachine one\ndisk vda b\nmachine two\n"
            "disk vda c\nmachine three")));
        QCOMPARE(assessment.problemsOf(DomainId(QStringLiteral("one"))).size(), size_t(1));
        QCOMPARE(assessment.problemsOf(DomainId(QStringLiteral("two"))).size(), size_t(2));
        QVERIFY(assessment.problemsOf(DomainId(QStringLiteral("three"))).empty());
    }

    void treeKinds()
    {
        const auto kindOf = [](const char *snapshots) {
            const QString host = QStringLiteral("image a\nmachine vm\ndisk vda a\n") + QLatin1String(snapshots);
            return treeKind(*inventoryOf(host).domains.front()->snapshots);
        };
        QCOMPARE(kindOf(""), TreeKind::None);
        QCOMPARE(kindOf("internal I1 vda=a\ninternal I2 memory vda=a"), TreeKind::Internal);
        QCOMPARE(kindOf("external E1 vda=a>b\nexternal E2 memory=m"), TreeKind::External);
        QCOMPARE(kindOf("internal I1 vda=a\nexternal E1 vda=a>b"), TreeKind::Mixed);
    }

    void onlyHereOfEachKind_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("expected"); // MiB, "absent" or "unknown"
        const auto row = [](const char *name, const char *host, const char *expected) {
            QTest::newRow(name) << QString::fromLatin1(host) << QString::fromLatin1(expected);
        };
        row("external: what came after",
            "image a allocated=100\nimage b on=a allocated=7\nmachine vm\ndisk vda b\n"
            "external E1 vda=a>b",
            "7");
        row("external: two disks and memory",
            "image a.E allocated=1\nimage b.E allocated=2\nimage m save allocated=4\nmachine vm\ndisk vda a.E\n"
            "disk vdb b.E\nexternal E1 memory=m vda=a>a.E vdb=b>b.E",
            "7");
        row("external: made on reverting",
            "image r allocated=3\nimage o absent\nmachine vm\ndisk vda r\n"
            "external E1 reverted=vda:r vda=a>o",
            "3");
        row("external: overlay removed", "image o absent\nmachine vm\ndisk vda r\nexternal E1 vda=a>o", "0");
        row("external: a part is unknown",
            "image a.E allocated=1\nimage b.E unreadable\nmachine vm\ndisk vda a.E\ndisk vdb b.E\n"
            "external E1 vda=a>a.E vdb=b>b.E",
            "unknown");
        row("external: not looked at", "machine vm\ndisk vda a\nexternal E1 vda=a>o", "unknown");
        row("internal: saved memory",
            "image a tags=S1:64 allocated=500\nimage b tags=S1\nmachine vm\ndisk vda a\n"
            "disk vdb b\ninternal S1 memory vda=a vdb=b",
            "64");
        row("internal: no memory", "image a tags=S1\nmachine vm\ndisk vda a\ninternal S1 vda=a", "absent");
        row("internal: tag gone", "image a\nmachine vm\ndisk vda a\ninternal S1 memory vda=a", "absent");
        row("internal: unknown", "image a unreadable\nmachine vm\ndisk vda a\ninternal S1 memory vda=a", "unknown");
    }
    void onlyHereOfEachKind()
    {
        QFETCH(QString, host);
        QFETCH(QString, expected);
        const Inventory inventory = inventoryOf(host);
        const Domain &domain = *inventory.domains.front();
        const auto text = [](const Fact<Bytes> &bytes) {
            return bytes.isKnown() ? QString::number(*bytes / MiB)
                : bytes.isAbsent() ? QStringLiteral("absent")
                                   : QStringLiteral("unknown");
        };
        QCOMPARE(text(onlyHere(inventory, domain, 0)), expected);
        const std::vector<Fact<Bytes>> all = onlyHere(inventory, domain);
        QCOMPARE(all.size(), size_t(1));
        QCOMPARE(text(all.front()), expected);
    }
    void onlyHereOutsideTheTree()
    {
        const Inventory inventory = inventoryOf(QStringLiteral("machine vm nosnapshots"));
        QVERIFY(onlyHere(inventory, *inventory.domains.front(), 0).isAbsent());
        QVERIFY(onlyHere(inventory, *inventory.domains.front()).empty());
    }
};

QTEST_APPLESS_MAIN(TestProblems)
#include "tst_problems.moc"
