// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/prune.h"
#include "model/xml/snapshotxml.h"

#include <QFile>
#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

QByteArray data(const char *name)
{
    QFile file(QStringLiteral(TREEWARDEN_TEST_DATA "/xml/") + QLatin1StringView(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QByteArray snapshotWith(const QByteArray &inner)
{
    return "<domainsnapshot><name>s</name>" + QByteArray(inner) + "</domainsnapshot>";
}

// One line that says all of a snapshot but its definition.
QString summary(const Snapshot &snapshot)
{
    static constexpr const char *states[]{
        "unknown", "running", "blocked", "paused", "shutdown", "shutoff", "crashed", "pmsuspended", "disk-snapshot"};
    static constexpr const char *memories[]{"none", "internal", "external"};
    static constexpr const char *kinds[]{"no", "internal", "external", "manual"};
    QString text = snapshot.name + u" <" + snapshot.parent + u"> " + QString::number(snapshot.created) + u' '
        + QLatin1StringView(states[int(snapshot.state)]) + u" memory="
        + QLatin1StringView(memories[int(snapshot.memory)]);
    if (!snapshot.memoryFile.isEmpty())
        text += u':' + snapshot.memoryFile;
    for (const SnapshotDisk &disk : snapshot.disks) {
        text += u' ' + disk.target + u'=' + QLatin1StringView(kinds[int(disk.kind)]);
        if (!disk.overlay.location.isEmpty() || !disk.overlay.format.isEmpty())
            text += u':' + disk.overlay.format + u':' + disk.overlay.location.name;
    }
    if (!snapshot.description.isEmpty())
        text += u" \"" + snapshot.description + u'"';
    return text;
}

const QByteArray someDomain
    = "<domain type='qemu'><name>box</name><uuid>11111111-2222-3333-4444-555555555555</uuid>"
      "<memory unit='KiB'>65536</memory><devices><disk type='block' device='disk'>"
      "<driver name='qemu' type='raw'/><source dev='/dev/vg/box'/><target dev='hda' bus='ide'/>"
      "<address type='drive' controller='0' bus='0' target='0' unit='0'/></disk></devices></domain>";

} // namespace

class TestSnapshotXml : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void internalAsLibvirtGivesIt()
    {
        const Result<Snapshot> snapshot = readSnapshot(data("snapshot-int1.xml"));
        QVERIFY(snapshot);
        QCOMPARE(summary(*snapshot), u"int1 <> 1795297551 running memory=internal vda=internal sda=no \"a & b\""_s);
        QCOMPARE(snapshot->kind(), SnapshotKind::Internal);
        QCOMPARE(snapshot->definition->name, u"m <1>"_s);
        QCOMPARE(snapshot->frozen(u"vda").location.name, u"/images/top.qcow2"_s);
        QVERIFY(snapshot->definition->hasGuestAgentChannel);
    }
    void externalDisksAsLibvirtGivesThem()
    {
        const Result<Snapshot> snapshot = readSnapshot(data("snapshot-ext1.xml"));
        QVERIFY(snapshot);
        QCOMPARE(summary(*snapshot),
            u"ext1 <int1> 1795297551 disk-snapshot memory=none vda=external:qcow2:/images/ext1.qcow2 sda=no"_s);
        QCOMPARE(snapshot->kind(), SnapshotKind::External);
        QCOMPARE(snapshot->frozen(u"vda").location.name, u"/images/top.qcow2"_s);
    }
    void externalMemoryAsLibvirtGivesIt()
    {
        const Result<Snapshot> snapshot = readSnapshot(data("snapshot-ext2.xml"));
        QVERIFY(snapshot);
        QCOMPARE(summary(*snapshot),
            u"ext2 <ext1> 1795297551 running memory=external:/images/ext2.mem vda=external:qcow2:/images/ext2.qcow2 sda=no"_s);
        // <inactiveDomain> follows <domain> in this file.
        QCOMPARE(snapshot->frozen(u"vda").location.name, u"/images/ext1.qcow2"_s);
        QCOMPARE(snapshot->definition->disk(u"vda")->backingChain.size(), size_t(1));
        QCOMPARE(snapshot->definition->disks.size(), size_t(2));
    }

    // One case for each name in libvirt's own tests of the parser (qemudomainsnapshotxml2xmlin and -out).
    void corpus_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::addColumn<QString>("expected"); // empty: refused
        QTest::addColumn<bool>("hasDefinition");
        const auto row = [](const char *tag, const QByteArray &xml, const QString &expected,
                             bool hasDefinition = false) { QTest::newRow(tag) << xml << expected << hasDefinition; };
        row("description_only", "<domainsnapshot><description>before the update</description></domainsnapshot>", {});
        row("disk-invalid", snapshotWith("<disks><disk snapshot='no'/></disks>"), {});
        row("disk-network-seclabel-invalid",
            snapshotWith(
                "<disks><disk name='vdb' snapshot='external' type='network'><source protocol='gluster' name='v/o.img'>"
                "<host name='g1'/><seclabel model='selinux' relabel='no'/></source></disk></disks>"),
            u"s <> 0 unknown memory=none vdb=external::gluster://g1/v/o.img"_s);
        row("disk-seclabel-invalid",
            snapshotWith(
                "<disks><disk name='vdb' snapshot='external'><source file='/o'><seclabel model='dac' relabel='yes'>"
                "<label>u:g</label></seclabel><seclabel model='dac' relabel='no'/></source></disk></disks>"),
            u"s <> 0 unknown memory=none vdb=external::/o"_s);
        row("disk-seclabel",
            snapshotWith(
                "<disks><disk name='vdb' snapshot='external' type='block'><driver type='raw'/><source dev='/dev/o'>"
                "<seclabel model='selinux' relabel='no'/></source></disk></disks>"),
            u"s <> 0 unknown memory=none vdb=external:raw:/dev/o"_s);
        row("disk_driver_name_null",
            snapshotWith(
                "<disks><disk name='vdb' snapshot='external' type='network'><driver/><source protocol='nbd' name='e'>"
                "<host name='h' port='1'/></source></disk></disks>"),
            u"s <> 0 unknown memory=none vdb=external::nbd://h:1/e"_s);
        row("time before 1970", snapshotWith("<creationTime>-1</creationTime>"), u"s <> 0 unknown memory=none"_s);
        row("disk_snapshot",
            snapshotWith(
                "<description>d</description><disks><disk name='/dev/vg/one'/><disk name='vdb' snapshot='no'/>"
                "<disk name='vdc' snapshot='internal'/><disk name='vdd' snapshot='external'><source file='/d.1'/>"
                "<driver type='qed'/></disk><disk name='vde' snapshot='external'/><disk name='vdf'><source "
                "file='/f.1'/></disk>"
                "<disk name='vdg'><driver type='qcow2'/></disk></disks>"),
            u"s <> 0 unknown memory=none /dev/vg/one=no vdb=no vdc=internal vdd=external:qed:/d.1 vde=external "
            u"vdf=external::/f.1 "
            "vdg=external:qcow2: \"d\""_s);
        row("disk_snapshot_redefine",
            snapshotWith("<parent><name>p</name></parent><creationTime>5</creationTime><state>disk-snapshot</state>"
                         "<disks><disk name='hda' snapshot='external' type='file'><driver type='qcow2'/><source "
                         "file='/a.1'/></disk>"
                         "</disks>"
                + QByteArray(someDomain)),
            u"s <p> 5 disk-snapshot memory=none hda=external:qcow2:/a.1"_s, true);
        row("empty", "<domainsnapshot/>", {});
        row("external_vm", snapshotWith("<memory snapshot='external' file='/mem'/>"),
            u"s <> 0 unknown memory=external:/mem"_s);
        row("external_vm_redefine",
            snapshotWith("<state>running</state><memory snapshot='external' file='/dev/vg/mem'/><disks><disk "
                         "name='hda' snapshot='no'/></disks>"
                + QByteArray(someDomain)),
            u"s <> 0 running memory=external:/dev/vg/mem hda=no"_s, true);
        row("name_and_description", snapshotWith("<description>d</description>"),
            u"s <> 0 unknown memory=none \"d\""_s);
        row("name_only", snapshotWith({}), u"s <> 0 unknown memory=none"_s);
        row("noparent",
            snapshotWith(
                "<state>running</state><creationTime>9</creationTime><memory snapshot='internal'/><active>1</active>"),
            u"s <> 9 running memory=internal"_s);
        row("noparent_nodescription",
            snapshotWith("<description/><state>running</state><creationTime>9</creationTime><active>1</active>"),
            u"s <> 9 running memory=internal"_s);
        row("noparent_nodescription_noactive", snapshotWith("<state>shutoff</state><creationTime>9</creationTime>"),
            u"s <> 9 shutoff memory=none"_s);
        row("qcow2-metadata-cache",
            snapshotWith(
                "<disks><disk name='hdd' snapshot='external'><source file='/o'/><driver type='qcow2'><metadata_cache>"
                "<max_size unit='bytes'>77</max_size></metadata_cache></driver></disk></disks>"),
            u"s <> 0 unknown memory=none hdd=external:qcow2:/o"_s);
        // libvirt before 0.9.5 kept no more than the UUID.
        row("all_parameters",
            snapshotWith("<description>d</description><state>running</state><parent><name>p</name></"
                         "parent><creationTime>9</creationTime>"
                         "<memory "
                         "snapshot='internal'/><domain><uuid>11111111-2222-3333-4444-555555555555</uuid></"
                         "domain><active>1</active>"),
            u"s <p> 9 running memory=internal \"d\""_s);
        row("full_domain",
            snapshotWith(
                "<state>running</state><memory snapshot='no'/><disks><disk name='hda' snapshot='internal'/></disks>"
                + QByteArray(someDomain)),
            u"s <> 0 running memory=none hda=internal"_s, true);
        row("metadata",
            snapshotWith("<state>running</state>"
                + QByteArray(someDomain)
                      .replace(QByteArray("<memory "),
                          QByteArray("<metadata><a:name xmlns:a='urn:a'>not me</a:name><b:devices "
                                     "xmlns:b='urn:b'/></metadata><memory "))),
            u"s <> 0 running memory=internal"_s, true);
        row("memory-snapshot-inactivedomain",
            snapshotWith("<state>running</state><memory snapshot='internal'/>" + QByteArray(someDomain)
                + "<inactiveDomain "
                  "type='qemu'><name>other</name><devices/></inactiveDomain><cookie><domain>x</domain></cookie>"),
            u"s <> 0 running memory=internal"_s, true);
    }
    void corpus()
    {
        QFETCH(QByteArray, xml);
        QFETCH(QString, expected);
        QFETCH(bool, hasDefinition);
        const Result<Snapshot> snapshot = readSnapshot(xml);
        QCOMPARE(snapshot.has_value(), !expected.isEmpty());
        if (!snapshot) {
            QCOMPARE(snapshot.error().code, ErrorCode::Malformed);
            QVERIFY(snapshot.error().detail.startsWith(u"line 1, column"));
            return;
        }
        QCOMPARE(summary(*snapshot), expected);
        QCOMPARE(bool(snapshot->definition), hasDefinition);
        if (hasDefinition) {
            QCOMPARE(snapshot->definition->name, u"box"_s);
            QCOMPARE(snapshot->frozen(u"hda").location.name, u"/dev/vg/box"_s);
        }
    }

    void states_data()
    {
        QTest::addColumn<SnapshotState>("state");
        QTest::addColumn<MemoryKind>("memory"); // where the document says nothing of it
        QTest::newRow("nostate") << SnapshotState::Unknown << MemoryKind::None;
        QTest::newRow("running") << SnapshotState::Running << MemoryKind::Internal;
        QTest::newRow("blocked") << SnapshotState::Blocked << MemoryKind::Internal;
        QTest::newRow("paused") << SnapshotState::Paused << MemoryKind::Internal;
        QTest::newRow("shutdown") << SnapshotState::ShuttingDown << MemoryKind::Internal;
        QTest::newRow("shutoff") << SnapshotState::ShutOff << MemoryKind::None;
        QTest::newRow("crashed") << SnapshotState::Crashed << MemoryKind::None;
        QTest::newRow("pmsuspended") << SnapshotState::PmSuspended << MemoryKind::Internal;
        QTest::newRow("disk-snapshot") << SnapshotState::DiskSnapshot << MemoryKind::None;
        QTest::newRow("levitating") << SnapshotState::Unknown << MemoryKind::None;
    }
    void states()
    {
        QFETCH(SnapshotState, state);
        QFETCH(MemoryKind, memory);
        const QByteArray word = QTest::currentDataTag();
        const Result<Snapshot> snapshot = readSnapshot(snapshotWith("<state> " + QByteArray(word) + "\n</state>"));
        QVERIFY(snapshot);
        QCOMPARE(snapshot->state, state);
        QCOMPARE(snapshot->memory, memory);
    }

    void kinds_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::addColumn<SnapshotKind>("kind");
        QTest::newRow("nothing") << QByteArray() << SnapshotKind::Internal;
        QTest::newRow("memory file") << QByteArray("<memory file='/m'/>") << SnapshotKind::External;
        QTest::newRow("one of two disks")
            << QByteArray("<disks><disk name='vda' snapshot='internal'/><disk name='vdb' snapshot='external'/></disks>")
            << SnapshotKind::External;
        QTest::newRow("manual") << QByteArray("<disks><disk name='vda' snapshot='manual'/></disks>")
                                << SnapshotKind::Internal;
        QTest::newRow("a word from the future")
            << QByteArray("<memory snapshot='elsewhere'/><disks><disk name='vda' snapshot='elsewhere'/></disks>")
            << SnapshotKind::Internal;
    }
    void kinds()
    {
        QFETCH(QByteArray, xml);
        QFETCH(SnapshotKind, kind);
        const Result<Snapshot> snapshot = readSnapshot(snapshotWith(xml));
        QVERIFY(snapshot);
        QCOMPARE(snapshot->kind(), kind);
    }
    void unknownDiskKindsAreKeptByOthers()
    {
        const Result<Snapshot> snapshot = readSnapshot(
            snapshotWith("<disks><disk name='a' snapshot='elsewhere'/><disk name='b' snapshot='manual'/></disks>"));
        QCOMPARE(snapshot->disks[0].kind, SnapshotDiskKind::Manual);
        QCOMPARE(snapshot->disks[1].kind, SnapshotDiskKind::Manual);
    }

    void whatRevertAndDeleteLeaveBehind()
    {
        const Result<Snapshot> snapshot
            = readSnapshot(snapshotWith("<disks><disk name='vda' snapshot='external' type='file'><driver "
                                        "type='qcow2'/><source file='/a.s'/><snapshotDeleteInProgress/></disk>"
                                        "<disk name='vdb' snapshot='external'><source file='/b.s'/></disk></disks>"
                                        "<revertDisks><disk name='vda' snapshot='external' type='file'><driver "
                                        "type='qcow2'/><source file='/a.17'/></disk></revertDisks>"));
        QVERIFY(snapshot);
        QVERIFY(snapshot->disks[0].deleteInProgress);
        QVERIFY(!snapshot->disks[1].deleteInProgress);
        QCOMPARE(snapshot->revertDisks.size(), size_t(1));
        QCOMPARE(snapshot->revertDisks[0].overlay.location, (ImageLocation{SourceKind::File, u"/a.17"_s}));
    }

    void odditiesOfNames()
    {
        const Result<Snapshot> snapshot
            = readSnapshot("<?xml version='1.0'?><!-- c --><domainsnapshot>\n<name> a &amp; <![CDATA[<b>]]> </name>"
                           "<parent>\n <name>\xd7\x90</name></parent></domainsnapshot>");
        QVERIFY(snapshot);
        QCOMPARE(snapshot->name, u" a & <b> "_s);
        QCOMPARE(snapshot->parent, u"\u05d0"_s);
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::addColumn<QString>("detail");
        QTest::newRow("another root") << QByteArray("<domain><name>s</name></domain>")
                                      << u"<domain> where <domainsnapshot> was expected"_s;
        QTest::newRow("time is no number")
            << snapshotWith("<creationTime>today</creationTime>") << u"<creationTime> is no number"_s;
        QTest::newRow("time out of range")
            << snapshotWith("<creationTime>9223372036854775808</creationTime>") << u"<creationTime> is no number"_s;
        QTest::newRow("bad memory in the domain")
            << snapshotWith("<domain><name>m</name><memory>x</memory></domain>") << u"<memory> is no size"_s;
        QTest::newRow("cut short within what is not read")
            << QByteArray("<domainsnapshot><name>s</name>\n<cookie><a>") << u"line 2"_s;
        QTest::newRow("position behind what is not read")
            << snapshotWith("<cookie>\n\n</cookie><creationTime>x</creationTime>") << u"line 3"_s;
        QTest::newRow("a quote that never ends") << snapshotWith("<cookie a='>") << u"column"_s;
        QTest::newRow("document type") << QByteArray(
            "<!DOCTYPE domainsnapshot><domainsnapshot><name>s</name></domainsnapshot>")
                                       << u"document type"_s;
    }
    void refused()
    {
        QFETCH(QByteArray, xml);
        QFETCH(QString, detail);
        const Result<Snapshot> snapshot = readSnapshot(xml);
        QVERIFY(!snapshot);
        QCOMPARE(snapshot.error().code, ErrorCode::Malformed);
        QVERIFY2(snapshot.error().detail.contains(detail), qPrintable(snapshot.error().detail));
    }

    void prunes_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::addColumn<QByteArray>("kept");
        const auto row = [](const char *tag, const char *xml, const char *kept) {
            QTest::newRow(tag) << QByteArray(xml) << QByteArray(kept);
        };
        row("an element", "<a><cpu x='1'><b/></cpu><c/></a>", "<a><c/></a>");
        row("an empty element", "<a><cpu/><c/></a>", "<a><c/></a>");
        row("one within its like", "<a><cpu><cpu/><cpu></cpu></cpu><c/></a>", "<a><c/></a>");
        row("a similar name", "<a><cpus/><x:cpu/></a>", "<a><cpus/><x:cpu/></a>");
        row("'>' in a value", "<a><cpu x='/>'>t</cpu><c x=\"'>\"/></a>", "<a><c x=\"'>\"/></a>");
        row("indentation", "<a>\n  <b>\n  </b>\n <c/>\n</a>\n", "<a><b>\n  </b><c/></a>\n");
        row("mixed text", "<a>\n t <c/> u </a>", "<a>\n t <c/> u </a>");
        row("addresses", "<a><address type='pci'/><address domain='0'/></a>", "<a><address domain='0'/></a>");
        row("comment", "<a><cpu/><!-- <cpu> --></a>", "<a><cpu/><!-- <cpu> --></a>");
        row("open to the end", "<a><cpu><b></a>", "<a><cpu><b></a>");
        row("nothing", "", "");
        row("one character", "<", "<");
    }
    void prunes()
    {
        QFETCH(QByteArray, xml);
        QFETCH(QByteArray, kept);
        QCOMPARE(pruned(xml), kept);
    }

    void equalDefinitionsAreShared()
    {
        SnapshotReader reader;
        const QByteArray one = snapshotWith(someDomain);
        const QByteArray two = QByteArray(one).replace("/dev/vg/box", "/dev/vg/two");
        const Result<Snapshot> a = reader.read(one);
        const Result<Snapshot> b = reader.read(two);
        const Result<Snapshot> c = reader.read(one);
        QVERIFY(a && b && c);
        QCOMPARE(a->definition, c->definition);
        QVERIFY(a->definition != b->definition);
        QCOMPARE(b->frozen(u"hda").location.name, u"/dev/vg/two"_s);
        QVERIFY(!reader.read(snapshotWith({}))->definition);
        QVERIFY(!reader.read("<domainsnapshot/>"));
    }
};

QTEST_APPLESS_MAIN(TestSnapshotXml)
#include "tst_snapshotxml.moc"
