// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/definitiondiff.h"

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

QByteArray domainWith(const QByteArray &inner, const QByteArray &attributes = {})
{
    return "<domain type='kvm'" + QByteArray(attributes) + "><name>m</name>" + QByteArray(inner) + "</domain>";
}

// "path: then -> now", "-" for what is not there.
QStringList lines(const Result<std::vector<DefinitionDifference>> &differences)
{
    if (!differences)
        return {u"error"_s};
    const auto value = [](const QString &text) { return text.isNull() ? u"-"_s : text; };
    QStringList result;
    for (const DefinitionDifference &difference : *differences)
        result.append(difference.path + u": " + value(difference.then) + u" -> " + value(difference.now));
    return result;
}

} // namespace

class TestDefinitionDiff : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void differences_data()
    {
        QTest::addColumn<QByteArray>("then");
        QTest::addColumn<QByteArray>("now");
        QTest::addColumn<QStringList>("expected");
        const auto row
            = [](const char *tag, const QByteArray &then, const QByteArray &now, const QStringList &expected) {
                  QTest::newRow(tag) << domainWith(then) << domainWith(now) << expected;
              };
        const auto devices
            = [](const char *inner) { return QByteArray("<devices>" + QByteArray(inner) + "</devices>"); };
        row("nothing", {}, {}, {});
        row("blanks", "<memory unit='KiB'>1</memory>", "\n<memory unit='KiB'> 1 </memory>\n", {});
        row("memory", "<memory unit='KiB'>1024</memory>", "<memory unit='KiB'>2048</memory>",
            {u"memory: 1024 KiB -> 2048 KiB"_s});
        row("processors", "<vcpu placement='static'>1</vcpu>", "<vcpu placement='auto'>2</vcpu>",
            {u"vcpu: 1 -> 2"_s, u"vcpu@placement: static -> auto"_s});
        row("attribute", "<os><type machine='a'>hvm</type></os>", "<os><type machine='b'>hvm</type></os>",
            {u"os/type@machine: a -> b"_s});
        row("added and removed", "<title>t</title>", "<description>d</description>",
            {u"title: t -> -"_s, u"description: - -> d"_s});
        row("empty element", "<features><acpi/></features>", "<features><apic/></features>",
            {u"features/acpi:  -> -"_s, u"features/apic: - -> "_s});
        row("equal names by their place", "<os><boot dev='hd'/></os>", "<os><boot dev='hd'/><boot dev='network'/></os>",
            {u"os/boot[2]@dev: - -> network"_s});
        row("features by name",
            "<cpu><feature policy='require' name='vmx'/><feature policy='require' name='svm'/></cpu>",
            "<cpu><feature policy='require' name='svm'/><feature policy='disable' name='vmx'/></cpu>",
            {u"cpu/feature[vmx]@policy: require -> disable"_s});
        row("disk source", devices("<disk type='file'><source file='/a'/><target dev='vda'/></disk>"),
            devices("<disk type='file'><source file='/b'/><target dev='vda'/></disk>"),
            {u"devices/disk[vda]/source@file: /a -> /b"_s});
        row("disks in another order",
            devices("<disk><source file='/a'/><target dev='vda'/></disk><disk><source file='/b'/><target "
                    "dev='vdb'/></disk>"),
            devices("<disk><source file='/b'/><target dev='vdb'/></disk><disk><source file='/a'/><target "
                    "dev='vda'/></disk>"),
            {});
        row("a disk more, another fewer", devices("<disk type='file'><source file='/a'/><target dev='vda'/></disk>"),
            devices("<disk type='file'><source file='/b'/><target dev='vdb'/></disk>"),
            {u"devices/disk[vda]: /a -> -"_s, u"devices/disk[vdb]: - -> /b"_s});
        row("interfaces by address",
            devices("<interface type='network'><mac address='52:54:00:00:00:01'/><source network='x'/></interface>"),
            devices("<interface type='network'><mac address='52:54:00:00:00:01'/><source network='y'/></interface>"),
            {u"devices/interface[52:54:00:00:00:01]/source@network: x -> y"_s});
        row("controllers by type and number", devices("<controller type='usb' index='0' model='a'/>"),
            devices("<controller type='usb' index='0' model='b'/>"), {u"devices/controller[usb 0]@model: a -> b"_s});
        row("a host device",
            devices("<hostdev type='pci'><source><address domain='0x0000' bus='0x01' slot='0x00' "
                    "function='0x0'/></source></hostdev>"),
            devices(""), {u"devices/hostdev[0x0000:0x01:0x00:0x0]: pci -> -"_s});
        row("devices without a key", devices("<video><model type='vga'/></video>"),
            devices("<video><model type='qxl'/></video><video><model type='virtio'/></video>"),
            {u"devices/video/model@type: vga -> qxl"_s, u"devices/video[2]: - -> virtio"_s});
        row("the emulator", devices("<emulator>/a</emulator>"), devices("<emulator>/b</emulator>"),
            {u"devices/emulator: /a -> /b"_s});
        row("a folder with slashes",
            devices("<filesystem><source dir='/h'/><target dir='/mnt/x'/><readonly/></filesystem>"),
            devices("<filesystem><source dir='/i'/><target dir='/mnt/x'/></filesystem>"),
            {u"devices/filesystem[/mnt/x]/source@dir: /h -> /i"_s, u"devices/filesystem[/mnt/x]/readonly:  -> -"_s});
    }
    void differences()
    {
        QFETCH(QByteArray, then);
        QFETCH(QByteArray, now);
        QFETCH(QStringList, expected);
        QCOMPARE(lines(definitionDifferences(then, now)), expected);
    }

    void whatOnlyRunningAddsIsLeftOut()
    {
        const QByteArray off
            = domainWith("<cpu mode='host-model' check='partial'/><devices><disk type='file'><source "
                         "file='/a'/><target dev='vda'/></disk>"
                         "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><target dev='sda'/></disk>"
                         "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='n'/></interface>"
                         "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
                         "<console type='pty'><target type='serial' port='0'/></console><graphics type='vnc' port='-1' "
                         "autoport='yes'/>"
                         "<vsock><cid auto='yes'/></vsock></devices>");
        const QByteArray on = domainWith(
            "<seclabel type='dynamic'/><cpu mode='custom' check='full'><model>x</model></cpu><devices>"
            "<disk type='file'><source file='/a' index='1'/><backingStore type='file'><source "
            "file='/b'/></backingStore><mirror/>"
            "<target dev='vda'/><alias name='virtio-disk0'/><address type='pci' slot='0x04'/></disk>"
            "<disk type='file' device='cdrom'><driver name='qemu'/><target dev='sda'/></disk>"
            "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='n' portid='p' "
            "bridge='virbr0'/><target dev='vnet3'/></interface>"
            "<channel type='unix'><source mode='bind' path='/run/x'/><target type='virtio' "
            "name='org.qemu.guest_agent.0' state='connected'/></channel>"
            "<console type='pty' tty='/dev/pts/1'><source path='/dev/pts/1'/><target type='serial' port='0'/></console>"
            "<graphics type='vnc' port='5900' autoport='yes'/><vsock><cid auto='yes' address='3'/></vsock></devices>",
            " id='7'");
        QCOMPARE(lines(definitionDifferences(off, on)), QStringList());
        QCOMPARE(lines(definitionDifferences(on, off)), QStringList());
    }
    void theProcessorCountsBetweenTwoAlike()
    {
        QCOMPARE(lines(definitionDifferences(domainWith("<cpu mode='a'/>"), domainWith("<cpu mode='b'/>"))),
            QStringList{u"cpu@mode: a -> b"_s});
        QCOMPARE(lines(definitionDifferences(domainWith("<cpu mode='a'/>"), domainWith("<cpu mode='b'/>", " id='1'"))),
            QStringList());
    }

    void aMachineOfLibvirtsAgainstItsSnapshots()
    {
        QCOMPARE(lines(definitionDifferences(data("domain-inactive.xml"), data("domain-live.xml"))), QStringList());
        const QStringList grown{u"devices/disk[vda]/source@file: /images/ext1.qcow2 -> /images/ext2.qcow2"_s};
        QCOMPARE(lines(definitionDifferences(data("snapshot-ext2.xml"), data("domain-live.xml"))), grown);
        QCOMPARE(lines(definitionDifferences(data("snapshot-ext2.xml"), data("domain-inactive.xml"))), grown);
    }

    void aSnapshotWithoutADefinitionHasNone()
    {
        QCOMPARE(lines(definitionDifferences("<domainsnapshot><name>s</name></domainsnapshot>", domainWith({}))),
            QStringList());
    }
    void refused_data()
    {
        QTest::addColumn<QByteArray>("then");
        QTest::addColumn<QByteArray>("now");
        QTest::newRow("then is none") << QByteArray("<network/>") << domainWith({});
        QTest::newRow("now is a snapshot") << domainWith({}) << QByteArray("<domainsnapshot/>");
        QTest::newRow("then is cut short") << QByteArray("<domain>") << domainWith({});
        QTest::newRow("now is empty") << domainWith({}) << QByteArray();
    }
    void refused()
    {
        QFETCH(QByteArray, then);
        QFETCH(QByteArray, now);
        const auto differences = definitionDifferences(then, now);
        QVERIFY(!differences);
        QCOMPARE(differences.error().code, ErrorCode::Malformed);
    }
    void deepNestingIsCut()
    {
        constexpr int depth = 100'000;
        const QByteArray deep = domainWith(
            "<metadata>" + QByteArray("<a>").repeated(depth) + QByteArray("</a>").repeated(depth) + "</metadata>");
        QCOMPARE(lines(definitionDifferences(deep, deep)), QStringList());
    }
};

QTEST_APPLESS_MAIN(TestDefinitionDiff)
#include "tst_definitiondiff.moc"
