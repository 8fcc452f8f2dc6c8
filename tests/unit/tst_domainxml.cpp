// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/diskxml.h"
#include "model/xml/domainxml.h"
#include "model/xml/volumexml.h"
#include "model/xml/xmlstream.h"

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

QByteArray domainWith(const QByteArray &inner)
{
    return "<domain type='kvm'><name>m</name>" + QByteArray(inner) + "</domain>";
}

QByteArray diskWith(const QByteArray &attributes, const QByteArray &inner)
{
    return domainWith("<devices><disk " + QByteArray(attributes) + ">" + QByteArray(inner)
        + "<target dev='vda' bus='virtio'/></disk></devices>");
}

Disk onlyDisk(const QByteArray &document)
{
    const Result<DomainDefinition> domain = readDomain(document);
    return domain && domain->disks.size() == 1 ? domain->disks.front() : Disk{};
}

} // namespace

class TestDomainXml : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aRunningMachineAsLibvirtGivesIt()
    {
        const Result<DomainDefinition> domain = readDomain(data("domain-live.xml"));
        QVERIFY(domain);
        QCOMPARE(domain->name, u"m <1>"_s);
        QCOMPARE(domain->uuid.value.size(), qsizetype(36));
        QCOMPARE(domain->type, u"qemu"_s);
        QCOMPARE(domain->machine, u"pc-q35-7.2"_s);
        QCOMPARE(domain->emulator, u"/usr/bin/qemu-system-x86_64"_s);
        QCOMPARE(domain->memory, 32 * MiB);
        QCOMPARE(domain->vcpus, 1);
        QVERIFY(domain->hasGuestAgentChannel);
        QVERIFY(!domain->hasTpm);
        QVERIFY(!domain->efi);
        QCOMPARE(domain->hostDevices, 0);
        QCOMPARE(domain->disks.size(), size_t(2));

        const Disk &disk = *domain->disk(u"vda");
        QCOMPARE(disk.alias, u"virtio-disk0"_s);
        QCOMPARE(disk.source.location, (ImageLocation{SourceKind::File, u"/images/ext2.qcow2"_s}));
        QCOMPARE(disk.source.format, u"qcow2"_s);
        QStringList below;
        for (const DiskSource &layer : disk.backingChain)
            below.append(layer.location.name + u' ' + layer.format);
        QCOMPARE(below,
            (QStringList{u"/images/ext1.qcow2 qcow2"_s, u"/images/top.qcow2 qcow2"_s, u"/images/base.qcow2 qcow2"_s}));
        QVERIFY(disk.backingChainComplete);

        const Disk &drive = *domain->disk(u"sda");
        QCOMPARE(drive.device, DiskDevice::Cdrom);
        QVERIFY(drive.readOnly);
        QCOMPARE(drive.source.location, ImageLocation{});
    }
    void theSameMachineAsItWillStart()
    {
        const Result<DomainDefinition> domain = readDomain(data("domain-inactive.xml"));
        QVERIFY(domain);
        const Disk &disk = *domain->disk(u"vda");
        QVERIFY(disk.alias.isEmpty());
        QCOMPARE(disk.source.location.name, u"/images/ext2.qcow2"_s);
        QVERIFY(!disk.backingChainComplete);
    }

    void sources_data()
    {
        QTest::addColumn<QByteArray>("type");
        QTest::addColumn<QByteArray>("source");
        QTest::addColumn<SourceKind>("kind");
        QTest::addColumn<QString>("name");
        const auto row
            = [](const char *tag, const char *type, const char *source, SourceKind kind, const QString &name) {
                  QTest::newRow(tag) << QByteArray(type) << QByteArray(source) << kind << name;
              };
        row("file", "type='file'", "<source file='/a b/&lt;&amp;&apos;&quot;.img' index='3'/>", SourceKind::File,
            u"/a b/<&'\".img"_s);
        row("no type is a file", "", "<source file='/a'/>", SourceKind::File, u"/a"_s);
        row("right to left", "type='file'", "<source file='/&#x5d0;&#1488;'/>", SourceKind::File, u"/\u05d0\u05d0"_s);
        row("block", "type='block'", "<source dev='/dev/vg/lv'/>", SourceKind::Block, u"/dev/vg/lv"_s);
        row("dir", "type='dir'", "<source dir='/srv'/>", SourceKind::Dir, u"/srv"_s);
        row("volume", "type='volume'", "<source pool='p' volume='v.qcow2' mode='host'/>", SourceKind::Volume,
            u"p/v.qcow2"_s);
        row("nbd without an export", "type='network'",
            "<source protocol='nbd'><host name='Host' port='10809'/></source>", SourceKind::Network, u"nbd://host"_s);
        row("nbd", "type='network'", "<source protocol='nbd' name='exp'><host name='h' port='6000'/></source>",
            SourceKind::Network, u"nbd://h:6000/exp"_s);
        row("nbd over a socket", "type='network'",
            "<source protocol='nbd' name='exp'><host transport='unix' socket='/run/n.sock'/></source>",
            SourceKind::Network, u"nbd+unix:///exp?socket=/run/n.sock"_s);
        row("iscsi", "type='network'",
            "<source protocol='iscsi' name='iqn.2024-01.org.x:d/1'><host name='10.0.0.1' port='3260'/><initiator><iqn "
            "name='i'/></initiator></source>",
            SourceKind::Network, u"iscsi://10.0.0.1/iqn.2024-01.org.x:d/1"_s);
        row("rbd with several monitors and a snapshot", "type='network'",
            "<source protocol='rbd' name='pool/img'><host name='m1' port='6789'/><host name='m2'/><snapshot "
            "name='s'/><config file='/c'/></source>",
            SourceKind::Network, u"rbd://m1:6789,m2/pool/img@s"_s);
        row("rbd by its configuration", "type='network'", "<source protocol='rbd' name='pool/img'/>",
            SourceKind::Network, u"rbd:///pool/img"_s);
        row("gluster over rdma", "type='network'",
            "<source protocol='gluster' name='vol/a.img'><host name='g' port='24007' transport='rdma'/></source>",
            SourceKind::Network, u"gluster+rdma://g/vol/a.img"_s);
        row("https with a query", "type='network'",
            "<source protocol='https' name='a/b.iso' query='x=1&amp;y=2'><host name='h' port='443'/></source>",
            SourceKind::Network, u"https://h/a/b.iso?x=1&y=2"_s);
        row("http by IPv6", "type='network'",
            "<source protocol='http' name='/b.iso'><host name='FE80::1' port='8080'/></source>", SourceKind::Network,
            u"http://[fe80::1]:8080/b.iso"_s);
        row("ssh", "type='network'",
            "<source protocol='ssh' name='/x.img'><host name='h' port='22'/><identity username='u'/></source>",
            SourceKind::Network, u"ssh://h/x.img"_s);
        row("nfs", "type='network'",
            "<source protocol='nfs' name='/exp/x.img'><host name='h'/><nfs user='1' group='2'/></source>",
            SourceKind::Network, u"nfs://h/exp/x.img"_s);
        row("nvme", "type='nvme'",
            "<source type='pci' managed='yes' namespace='1'><address domain='0x0000' bus='0x0a' slot='0x00' "
            "function='0x0'/></source>",
            SourceKind::Nvme, u"nvme://0000:0a:00.0/1"_s);
        row("vhostuser", "type='vhostuser'",
            "<source type='unix' path='/run/v.sock'><reconnect enabled='yes'/></source>", SourceKind::VhostUser,
            u"vhost-user:///run/v.sock"_s);
        row("vhostvdpa", "type='vhostvdpa'", "<source dev='/dev/vhost-vdpa-0'/>", SourceKind::VhostVdpa,
            u"vhost-vdpa:///dev/vhost-vdpa-0"_s);
        row("a type from the future", "type='tape'", "<source dev='/dev/st0'/>", SourceKind::Other, u"/dev/st0"_s);
        row("no source", "type='file'", "", SourceKind::None, QString());
        row("an empty source", "type='file'", "<source/>", SourceKind::None, QString());
        row("a network source without a protocol", "type='network'", "<source name='x'/>", SourceKind::Other, u"x"_s);
    }
    void sources()
    {
        QFETCH(QByteArray, type);
        QFETCH(QByteArray, source);
        QFETCH(SourceKind, kind);
        QFETCH(QString, name);
        const Disk disk = onlyDisk(diskWith(type, source));
        QCOMPARE(disk.target, u"vda"_s);
        QCOMPARE(disk.source.location.kind, kind);
        QCOMPARE(disk.source.location.name, name);
    }

    void devices_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<DiskDevice>("device");
        QTest::newRow("disk") << QByteArray("device='disk'") << DiskDevice::Disk;
        QTest::newRow("none") << QByteArray() << DiskDevice::Disk;
        QTest::newRow("lun") << QByteArray("device='lun'") << DiskDevice::Lun;
        QTest::newRow("cdrom") << QByteArray("device='cdrom'") << DiskDevice::Cdrom;
        QTest::newRow("floppy") << QByteArray("device='floppy'") << DiskDevice::Floppy;
        QTest::newRow("unknown") << QByteArray("device='drum'") << DiskDevice::Disk;
    }
    void devices()
    {
        QFETCH(QByteArray, name);
        QFETCH(DiskDevice, device);
        QCOMPARE(onlyDisk(diskWith("type='file' " + QByteArray(name), "<source file='/a'/>")).device, device);
    }

    void whatADiskSaysOfItself()
    {
        const Disk plain = onlyDisk(diskWith("type='file'", "<source file='/a'/>"));
        QVERIFY(!plain.readOnly && !plain.shareable && !plain.transient && !plain.encrypted && !plain.mirror);
        QVERIFY(plain.source.format.isEmpty());
        const Disk disk = onlyDisk(diskWith("type='file'",
            "<driver name='qemu' type='qcow2'><metadata_cache><max_size unit='b'>9</max_size></metadata_cache></driver>"
            "<source file='/a'><encryption format='luks'/></source><readonly/><shareable/><transient/><alias "
            "name='ua-1'/>"));
        QVERIFY(disk.readOnly && disk.shareable && disk.transient && disk.encrypted);
        QCOMPARE(disk.source.format, u"qcow2"_s);
        QCOMPARE(disk.alias, u"ua-1"_s);
        QVERIFY(onlyDisk(diskWith("type='file'", "<source file='/a'/><encryption format='qcow'/>")).encrypted);
    }

    void backingChains_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::addColumn<QStringList>("chain");
        QTest::addColumn<bool>("complete");
        QTest::newRow("not given") << QByteArray() << QStringList() << false;
        QTest::newRow("certainly none") << QByteArray("<backingStore/>") << QStringList() << true;
        QTest::newRow("blanks within") << QByteArray("<backingStore>\n </backingStore>") << QStringList() << true;
        QTest::newRow("one, open") << QByteArray(
            "<backingStore type='file'><format type='raw'/><source file='/b'/></backingStore>")
                                   << QStringList{u"/b raw"_s} << false;
        QTest::newRow("two, ended; the source after what is below it")
            << QByteArray("<backingStore type='file'><backingStore type='block'><source dev='/c'/><format type='raw'/>"
                          "<backingStore/></backingStore><format type='qcow2'/><source file='/b'/></backingStore>")
            << QStringList{u"/b qcow2"_s, u"/c raw"_s} << true;
        QTest::newRow("over the network") << QByteArray("<backingStore type='network'><format type='qcow2'/><source "
                                                        "protocol='nbd' name='e'><host name='h'/></source>"
                                                        "<backingStore/></backingStore>")
                                          << QStringList{u"nbd://h/e qcow2"_s} << true;
        QTest::newRow("a second branch is no layer") << QByteArray(
            "<backingStore type='file'><source file='/b'/><backingStore/><backingStore type='file'><source file='/c'/>"
            "</backingStore></backingStore>") << QStringList{u"/b "_s}
                                                     << true;
    }
    void backingChains()
    {
        QFETCH(QByteArray, xml);
        QFETCH(QStringList, chain);
        QFETCH(bool, complete);
        const Disk disk = onlyDisk(diskWith("type='file'", "<source file='/a'/>" + QByteArray(xml)));
        QCOMPARE(disk.source.location.name, u"/a"_s);
        QStringList layers;
        for (const DiskSource &layer : disk.backingChain)
            layers.append(layer.location.name + u' ' + layer.format);
        QCOMPARE(layers, chain);
        QCOMPARE(disk.backingChainComplete, complete);
    }

    void aBackingChainWithoutEndIsCut()
    {
        constexpr int depth = 100'000;
        const QByteArray open
            = QByteArray("<backingStore type='file'><format type='raw'/><source file='/b'/>").repeated(depth);
        const Disk disk = onlyDisk(diskWith("type='file'", open + QByteArray("</backingStore>").repeated(depth)));
        QCOMPARE(disk.backingChain.size(), maximumBackingDepth);
        QVERIFY(!disk.backingChainComplete);
        QCOMPARE(disk.target, u"vda"_s);
    }

    void mirrorsAndDataStores()
    {
        const Disk copying = onlyDisk(diskWith("type='file'",
            "<source file='/a'/><mirror type='file' file='/m' format='qcow2' job='copy' ready='yes'>"
            "<format type='qcow2'/><source file='/m'/></mirror>"));
        QVERIFY(copying.mirror);
        QCOMPARE(copying.mirror->location, (ImageLocation{SourceKind::File, u"/m"_s}));
        QCOMPARE(copying.mirror->format, u"qcow2"_s);
        const Disk old = onlyDisk(diskWith("type='file'", "<source file='/a'/><mirror file='/m' format='raw'/>"));
        QCOMPARE(old.mirror->location.name, u"/m"_s);
        const Disk split = onlyDisk(diskWith("type='file'",
            "<source file='/a'><dataStore type='block'><format type='raw'/><source dev='/dev/d'>"
            "<dataStore type='file'><source file='/never'/></dataStore></source></dataStore></source>"
            "<backingStore type='file'><source file='/b'><dataStore type='file'><source "
            "file='/b.raw'/></dataStore></source></backingStore>"));
        QCOMPARE(split.source.dataFile, u"/dev/d"_s);
        QCOMPARE(split.backingChain.front().dataFile, u"/b.raw"_s);
    }

    void firmware_data()
    {
        QTest::addColumn<QByteArray>("os");
        QTest::addColumn<bool>("efi");
        QTest::addColumn<QString>("nvram"); // null: none
        QTest::addColumn<QString>("format");
        QTest::newRow("bios") << QByteArray("<os><type>hvm</type><loader type='rom'>/r</loader></os>") << false
                              << QString() << QString();
        QTest::newRow("pflash") << QByteArray(
            "<os><loader readonly='yes' type='pflash'>/c</loader><nvram template='/t'>/n&amp;v</nvram></os>")
                                << true << u"/n&v"_s << QString();
        QTest::newRow("automatic") << QByteArray("<os firmware='efi'><nvram template='/t'/></os>") << true << QString()
                                   << QString();
        QTest::newRow("automatic bios") << QByteArray("<os firmware='bios'/>") << false << QString() << QString();
        QTest::newRow("with a source") << QByteArray(
            "<os firmware='efi'><nvram type='block' format='qcow2'> <source dev='/dev/n'/> </nvram></os>")
                                       << true << u"/dev/n"_s << u"qcow2"_s;
        QTest::newRow("over the network")
            << QByteArray("<os firmware='efi'><nvram type='network'><source protocol='nbd' name='e'><host "
                          "name='h'/></source></nvram></os>")
            << true << u"nbd://h/e"_s << QString();
        QTest::newRow("a varstore") << QByteArray("<os><loader type='rom' format='raw'>/c</loader>"
                                                  "<varstore template='/t.json' path='/v/a&amp;b.json'/></os>")
                                    << true << u"/v/a&b.json"_s << QString();
        QTest::newRow("a varstore to be") << QByteArray("<os><loader type='rom'>/c</loader><varstore template='/t'/>"
                                                        "</os>")
                                          << true << QString() << QString();
    }
    void firmware()
    {
        QFETCH(QByteArray, os);
        QFETCH(bool, efi);
        QFETCH(QString, nvram);
        QFETCH(QString, format);
        const Result<DomainDefinition> domain = readDomain(domainWith(os));
        QVERIFY(domain);
        QCOMPARE(domain->efi, efi);
        QCOMPARE(domain->nvram.has_value(), !nvram.isNull());
        if (domain->nvram) {
            QCOMPARE(domain->nvram->path, nvram);
            QCOMPARE(domain->nvram->format, format);
            QCOMPARE(domain->nvram->isVarstore, os.contains("<varstore"));
        }
    }

    void whatTheGuestIs()
    {
        const auto domain
            = readDomain("<domain><name>m</name><genid>4a0dd2b8-1f4f-4a44-9c4b-0a5a2fdd0c11</genid><metadata>"
                         "<libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"
                         "<libosinfo:os id='http://microsoft.com/win/2k19'/></libosinfo:libosinfo>"
                         "<x:libosinfo xmlns:x='urn:x'><x:os id='y'/></x:libosinfo></metadata></domain>");
        QVERIFY(domain);
        QCOMPARE(domain->os, u"http://microsoft.com/win/2k19"_s);
        QVERIFY(domain->hasGenerationId);
    }

    void labels_data()
    {
        QTest::addColumn<QByteArray>("labels");
        QTest::addColumn<bool>("isInAppArmor");
        QTest::newRow("none") << QByteArray() << false;
        QTest::newRow("as a running machine has them")
            << QByteArray("<seclabel type='dynamic' model='apparmor' relabel='yes'><label>libvirt-1</label></seclabel>"
                          "<seclabel type='dynamic' model='dac' relabel='yes'><label>+64055:+64055</label></seclabel>")
            << true;
        QTest::newRow("not confined") << QByteArray("<seclabel type='none' model='apparmor'/>") << false;
        QTest::newRow("another model") << QByteArray("<seclabel type='dynamic' model='selinux' relabel='yes'/>")
                                       << false;
    }
    void labels()
    {
        QFETCH(QByteArray, labels);
        QFETCH(bool, isInAppArmor);
        const auto domain = readDomain("<domain type='kvm'><name>m</name>" + labels + "</domain>");
        QVERIFY(domain);
        QCOMPARE(domain->isInSelinux, labels.contains("selinux"));
        QCOMPARE(domain->isInAppArmor, isInAppArmor);
    }

    void hostDevices_data()
    {
        QTest::addColumn<QByteArray>("device");
        QTest::addColumn<int>("count");
        QTest::newRow("pci") << QByteArray("<hostdev mode='subsystem' type='pci'><source/></hostdev>") << 1;
        QTest::newRow("usb") << QByteArray("<hostdev mode='subsystem' type='usb'><source/></hostdev>") << 0;
        QTest::newRow("team") << QByteArray("<hostdev type='pci'><teaming type='transient' persistent='ua'/></hostdev>")
                              << 0;
        QTest::newRow("virtiofs") << QByteArray("<filesystem type='mount'><driver type='virtiofs'/></filesystem>") << 1;
        QTest::newRow("9p") << QByteArray("<filesystem type='mount'><driver type='path'/></filesystem>") << 0;
        QTest::newRow("shmem") << QByteArray("<shmem name='s'/><shmem name='m' role='master'/>") << 1;
        QTest::newRow("interfaces") << QByteArray(
            "<interface type='hostdev'/><interface type='vdpa'/><interface type='bridge'/>")
                                    << 2;
        QTest::newRow("disks") << QByteArray(
            "<disk type='vhostuser'><source path='/s'/></disk><disk type='vhostvdpa'><source dev='/d'/></disk>")
                               << 2;
    }
    void hostDevices()
    {
        QFETCH(QByteArray, device);
        QFETCH(int, count);
        const Result<DomainDefinition> domain = readDomain(domainWith("<devices>" + QByteArray(device) + "</devices>"));
        QVERIFY(domain);
        QCOMPARE(domain->hostDevices, count);
    }

    void otherParts()
    {
        const Result<DomainDefinition> domain = readDomain(domainWith(
            "<uuid> 87D77E9A-A52B-4ED4-9643-CC42E29B4528 </uuid><title>T</title><description>a\n&lt;b&gt;</description>"
            "<metadata><x:name xmlns:x='urn:x'>not this</x:name></metadata><x:name xmlns:x='urn:x'>nor this</x:name>"
            "<devices><tpm model='tpm-crb'/><channel type='unix'><target name='org.qemu.guest_agent.0'/></channel>"
            "<channel type='spicevmc'><target name='com.redhat.spice.0'/></channel></devices>"));
        QVERIFY(domain);
        QCOMPARE(domain->name, u"m"_s);
        QCOMPARE(domain->uuid.value, u"87d77e9a-a52b-4ed4-9643-cc42e29b4528"_s);
        QCOMPARE(domain->title, u"T"_s);
        QCOMPARE(domain->description, u"a\n<b>"_s);
        QVERIFY(domain->hasTpm);
        QVERIFY(domain->hasGuestAgentChannel);
    }

    void sizes_data()
    {
        QTest::addColumn<QString>("number");
        QTest::addColumn<QString>("unit");
        QTest::addColumn<quint64>("bytes"); // 0: no size
        const auto row = [](const char16_t *number, const char16_t *unit, quint64 bytes) {
            const QString n = QString::fromUtf16(number), u = QString::fromUtf16(unit);
            QTest::newRow(qPrintable(QString(n + u' ' + u))) << n << u << bytes;
        };
        row(u"7", u"b", 7);
        row(u"7", u"byte", 7);
        row(u"7", u"bytes", 7);
        row(u"7", u"B", 7);
        row(u"2", u"k", 2048);
        row(u"2", u"K", 2048);
        row(u"2", u"KiB", 2048);
        row(u"2", u"KB", 2000);
        row(u"2", u"MiB", 2 * MiB);
        row(u"2", u"M", 2 * MiB);
        row(u"2", u"MB", 2'000'000);
        row(u" 3 ", u"G", 3 * GiB);
        row(u"3", u"TiB", 3 * 1024 * GiB);
        row(u"3", u"PB", 3'000'000'000'000'000);
        row(u"15", u"EiB", quint64(15) << 60);
        row(u"16", u"EiB", 0);
        row(u"18446744073709551615", u"b", ~quint64(0));
        row(u"18446744073709551616", u"b", 0);
        row(u"18014398509481984", u"KiB", 0);
        row(u"-1", u"KiB", 0);
        row(u"1.5", u"GiB", 0);
        row(u"0x10", u"KiB", 0);
        row(u"", u"KiB", 0);
        row(u"1", u"parsec", 0);
        row(u"1", u"kk", 0);
        row(u"1", u"", 0);
    }
    void sizes()
    {
        QFETCH(QString, number);
        QFETCH(QString, unit);
        QFETCH(quint64, bytes);
        QCOMPARE(scaledBytes(number, unit).value_or(0), bytes);
    }

    void memory_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::addColumn<quint64>("bytes");
        QTest::newRow("KiB unless said") << QByteArray("<memory>1024</memory>") << quint64(MiB);
        QTest::newRow("unit") << QByteArray("<memory unit='GiB'>\n 2 \n</memory>") << quint64(2 * GiB);
        QTest::newRow("not the current one")
            << QByteArray("<memory>4</memory><currentMemory>2</currentMemory>") << quint64(4 * KiB);
        QTest::newRow("nothing said") << QByteArray() << quint64(0);
    }
    void memory()
    {
        QFETCH(QByteArray, xml);
        QFETCH(quint64, bytes);
        const Result<DomainDefinition> domain = readDomain(domainWith(xml));
        QVERIFY(domain);
        QCOMPARE(domain->memory, bytes);
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::addColumn<QString>("detail"); // what it must hold
        const auto row = [](const char *tag, const QByteArray &xml, const QString &detail) {
            QTest::newRow(tag) << xml << detail;
        };
        row("nothing", "", u"line 1"_s);
        row("blanks", " \n ", u"line 2"_s);
        row("no XML", "error: no domain", u"line 1, column"_s);
        row("another root", "<network><name>m</name></network>", u"<network> where <domain> was expected"_s);
        row("cut short", "<domain><name>m</name>\n<devices>\n<disk type='file'>", u"line 3"_s);
        row("wrong nesting", "<domain><name>m</domain></name>", u"column"_s);
        row("twice an attribute", "<domain type='a' type='b'><name>m</name></domain>", u"column"_s);
        row("two roots", "<domain><name>m</name></domain><domain/>", u"column"_s);
        row("no name", "<domain><uuid>x</uuid></domain>", u"a domain without a name"_s);
        row("an empty name", "<domain><name/></domain>", u"a domain without a name"_s);
        row("an entity", "<domain><name>&boom;</name></domain>", u"column"_s);
        row("a document type",
            "<?xml version='1.0'?><!-- c --><!DOCTYPE domain [<!ENTITY a 'b'>]><domain><name>&a;</name></domain>",
            u"document type"_s);
        row("a document type that never ends",
            "<!DOCTYPE d [<!ENTITY a '&b;'><!ENTITY b '&a;'>]><domain><name>&a;</name></domain>", u"document type"_s);
        row("a NUL", QByteArray("<domain><name>m\0</name></domain>", 33), u"column"_s);
        row("no UTF-8", "\xff\xfe<\0d\0", u"line 1"_s);
        row("memory is no number", "<domain><name>m</name><memory>much</memory></domain>", u"<memory> is no size"_s);
        row("memory overflows", "<domain><name>m</name><memory unit='EiB'>99</memory></domain>",
            u"<memory> is no size"_s);
        row("no processors", "<domain><name>m</name><vcpu>0</vcpu></domain>", u"<vcpu> is no number from 1 to"_s);
        row("too many processors", "<domain><name>m</name><vcpu>2147483648</vcpu></domain>", u"<vcpu> is no number"_s);
    }
    void refused()
    {
        QFETCH(QByteArray, xml);
        QFETCH(QString, detail);
        const Result<DomainDefinition> domain = readDomain(xml);
        QVERIFY(!domain);
        QCOMPARE(domain.error().code, ErrorCode::Malformed);
        QVERIFY2(domain.error().detail.contains(detail), qPrintable(domain.error().detail));
    }

    void theDeclarationDoesNotChooseTheEncoding()
    {
        const Result<DomainDefinition> domain
            = readDomain("<?xml version='1.0' encoding='UTF-16'?>\n<domain><name>\xc3\xa4</name></domain>");
        QVERIFY(domain);
        QCOMPARE(domain->name, u"\u00e4"_s);
    }
    void aDocumentTypeInTextIsText()
    {
        const Result<DomainDefinition> domain
            = readDomain(domainWith("<description><![CDATA[<!DOCTYPE x>]]></description><!-- <!DOCTYPE -->"));
        QVERIFY(domain);
        QCOMPARE(domain->description, u"<!DOCTYPE x>"_s);
    }
    void deepNestingElsewhereIsSkipped()
    {
        constexpr int depth = 200'000;
        const Result<DomainDefinition> domain = readDomain(domainWith("<metadata>" + QByteArray("<a>").repeated(depth)
            + QByteArray("</a>").repeated(depth) + "</metadata><vcpu>3</vcpu>"));
        QVERIFY(domain);
        QCOMPARE(domain->vcpus, 3);
    }

    void aVolumeAsLibvirtGivesIt()
    {
        const Result<VolumeDefinition> volume = readVolume(data("volume-top.xml"));
        QVERIFY(volume);
        QCOMPARE(*volume,
            (VolumeDefinition{u"top.qcow2"_s, u"/images/top.qcow2"_s, u"qcow2"_s, 16 * MiB, 1269760, 1507360,
                1795297551777794170, u"/images/base.qcow2"_s, u"qcow2"_s}));
    }
    void timesOfVolumes_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<qint64>("time");
        QTest::newRow("whole seconds") << QByteArray("7") << qint64(7'000'000'000);
        QTest::newRow("nanoseconds") << QByteArray(" 7.000000005 ") << qint64(7'000'000'005);
        QTest::newRow("before 1970") << QByteArray("18446744073709551615.000000001") << qint64(0);
        QTest::newRow("too late") << QByteArray("9223372037") << qint64(0);
        QTest::newRow("no time") << QByteArray("noon") << qint64(0);
        QTest::newRow("no fraction") << QByteArray("7.x") << qint64(0);
    }
    void timesOfVolumes()
    {
        QFETCH(QByteArray, text);
        QFETCH(qint64, time);
        const Result<VolumeDefinition> volume
            = readVolume("<volume><name>v</name><capacity>5</capacity><target><timestamps><mtime>" + QByteArray(text)
                + "</mtime></timestamps></target></volume>");
        QVERIFY(volume);
        QCOMPARE(volume->modifiedNanoseconds, time);
        QCOMPARE(volume->capacity, Bytes(5));
    }
    void aVolumeMustHaveAName()
    {
        QCOMPARE(readVolume("<volume/>").error().code, ErrorCode::Malformed);
        QCOMPARE(readVolume("<volume><name>v</name><capacity unit='x'>1</capacity></volume>").error().code,
            ErrorCode::Malformed);
    }
};

QTEST_GUILESS_MAIN(TestDomainXml)
#include "tst_domainxml.moc"
