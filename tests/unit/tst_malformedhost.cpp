// SPDX-License-Identifier: GPL-3.0-or-later
// A host that says what nobody can understand about one machine or one volume: that stays listed as unknown, with the
// reason, and everything else is read.
#include "model/guard/assessment.h"
#include "model/inventory/inventoryreader.h"
#include "model/qmp/blockjobs.h"
#include "model/qmp/blocknode.h"
#include "tests/support/samplehost.h"

#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

const QString DiskOfOne = u"/images/a.qcow2"_s;
const QString DiskOfTwo = u"/images/b.qcow2"_s;
constexpr int Deep = 100'000;

// With double quotes for single ones.
QByteArray json(QByteArray text)
{
    return text.replace('\'', '"');
}

// A list of one block node, as QEMU gives it but for `more` of the node and `image`.
QByteArray nodeReply(const QByteArray &more, const QByteArray &image)
{
    return json("{'return':[{'node-name':'n','drv':'qcow2','ro':false,'file':'" + DiskOfOne.toUtf8() + "'" + more
        + ",'image':{'filename':'" + DiskOfOne.toUtf8() + "','format':'qcow2','virtual-size':1048576" + image + "}}]}");
}

} // namespace

class TestMalformedHost : public QObject
{
    Q_OBJECT

private:
    std::shared_ptr<FakeHost> m_host;
    std::unique_ptr<InventoryReader> m_reader;
    DomainId m_one;
    DomainId m_two;

    static QStringList unknowns(const Inventory &inventory)
    {
        QStringList facts;
        for (const Unknown &unknown : inventory.unknown)
            facts << unknown.fact + u' ' + unknown.subject;
        return facts;
    }
    static const Image *image(const Inventory &inventory, const QString &path)
    {
        return inventory.images->at({SourceKind::File, path});
    }
    // The other machine, and what files tell.
    void isTheRestKnown(const Inventory &inventory) const
    {
        QCOMPARE(inventory.domains.size(), size_t(2));
        QVERIFY(inventory.domain(m_one)->definition.isKnown());
        QVERIFY(inventory.domain(m_one)->snapshots.isKnown());
        const auto two = inventory.domain(m_two);
        QVERIFY(two->definition.isKnown() && two->snapshots.isKnown() && !two->checkpoints.isUnknown());
        QVERIFY(image(inventory, DiskOfTwo)->facts.isKnown());
        QVERIFY(image(inventory, DiskOfOne)->allocated.isKnown());
    }

private Q_SLOTS:
    void init()
    {
        m_host = FakeHost::create();
        m_one = m_host->addDomain(oneDiskMachine(u"one"_s, u"0e9bd0a8-1c5e-4c0f-9d0a-000000000001"_s, DiskOfOne));
        m_two = m_host->addDomain(oneDiskMachine(u"two"_s, u"0e9bd0a8-1c5e-4c0f-9d0a-000000000002"_s, DiskOfTwo));
        m_host->addImage(DiskOfOne, qcow2Bytes({MiB, {}, {}, {}}), 4096, u"default"_s);
        m_host->addImage(DiskOfTwo, qcow2Bytes({MiB, {}, {}, {}}), 4096, u"default"_s);
        const Backend backend = m_host->backend();
        const auto hypervisor = backend.open([](const QString &, const QString &) {});
        QVERIFY(hypervisor);
        m_reader = std::make_unique<InventoryReader>(*hypervisor, backend.stores(*hypervisor));
    }

    void checkpoints_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("no XML") << QByteArray("\0\xff<", 3);
        QTest::newRow("cut short") << QByteArray("<domaincheckpoint><name>c</name><disks><disk name='vda'");
        QTest::newRow("without a name") << QByteArray(
            "<domaincheckpoint><creationTime>1</creationTime></domaincheckpoint>");
        QTest::newRow("a disk without a name") << QByteArray(
            "<domaincheckpoint><name>c</name><disks><disk checkpoint='bitmap'/></disks></domaincheckpoint>");
        QTest::newRow("a time beyond reason")
            << QByteArray("<domaincheckpoint><name>c</name><creationTime>1e99</creationTime></domaincheckpoint>");
        QTest::newRow("something else") << QByteArray("<domainsnapshot><name>c</name></domainsnapshot>");
        QTest::newRow("entities") << QByteArray("<!DOCTYPE d [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
                                                "<domaincheckpoint><name>&b;</name></domaincheckpoint>");
        QTest::newRow("too deep") << QByteArray("<domaincheckpoint><name>c</name>" + QByteArray("<x>").repeated(Deep));
        QTest::newRow("two of them") << QByteArray("<domaincheckpoint><name>c</name></domaincheckpoint>"
                                                   "<domaincheckpoint><name>d</name></domaincheckpoint>");
    }
    void checkpoints()
    {
        QFETCH(const QByteArray, xml);
        const QByteArray good = "<domaincheckpoint><name>good</name></domaincheckpoint>";
        m_host->setCheckpoints(m_one, {good, xml});
        m_host->setCheckpoints(m_two, {good});
        const auto inventory = *m_reader->readAll();
        QCOMPARE(unknowns(*inventory), QStringList{u"checkpoints one"_s});
        // Those that were understood alone would be a wrong list.
        QVERIFY(inventory->domain(m_one)->checkpoints.isUnknown());
        QCOMPARE(inventory->domain(m_one)->checkpoints.why().code, ErrorCode::Malformed);
        QVERIFY(!inventory->domain(m_one)->checkpoints.why().detail.isEmpty());
        QCOMPARE(inventory->domain(m_two)->checkpoints->size(), size_t(1));
        QVERIFY(image(*inventory, DiskOfOne)->facts.isKnown());
        isTheRestKnown(*inventory);
        QCOMPARE(*m_reader->poll(), inventory); // as unknown as before is no news
        m_host->setCheckpoints(m_one, {good});
        QCOMPARE(unknowns(**m_reader->poll()), QStringList());
    }

    // Surprising, but it can be understood.
    void surprisingCheckpoints()
    {
        m_host->setCheckpoints(m_one,
            {"<domaincheckpoint><name>c</name><parent><name>gone</name></parent><disks><disk name='vdz' "
             "bitmap='b'/><disk name='vda'/><disk name='vda'/></disks><future><disk/></future></domaincheckpoint>",
                "<domaincheckpoint><name>c</name></domaincheckpoint>"});
        const auto inventory = *m_reader->readAll();
        QCOMPARE(unknowns(*inventory), QStringList());
        QCOMPARE(inventory->domain(m_one)->checkpoints->size(), size_t(2));
        QVERIFY(assess(*inventory).mayRelyOnAnything.isEmpty());
    }

    void blockNodes_data()
    {
        QTest::addColumn<QByteArray>("reply");
        const QByteArray whole = nodeReply({}, {});
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("no JSON") << QByteArray("\0\xff{", 3);
        QTest::newRow("cut short") << whole.chopped(7);
        QTest::newRow("cut within a name") << whole.left(20);
        QTest::newRow("a list alone") << QByteArray("[]");
        QTest::newRow("a number") << json("{'return':5}");
        QTest::newRow("an object") << json("{'return':{'node-name':'n'}}");
        QTest::newRow("an entry that is no node") << json("{'return':['n']}");
        QTest::newRow("a node without image") << json("{'return':[{'node-name':'n','drv':'qcow2'}]}");
        QTest::newRow("an image that is a text") << json("{'return':[{'drv':'qcow2','image':'a'}]}");
        QTest::newRow("a driver that is a number") << json("{'return':[{'drv':7,'image':{}}]}");
        QTest::newRow("tags that are a text") << nodeReply({}, ",'snapshots':'none'");
        QTest::newRow("tags that are an object") << nodeReply({}, ",'snapshots':{'id':'1','name':'t'}");
        QTest::newRow("bitmaps that are a number") << nodeReply(",'dirty-bitmaps':0", {});
        QTest::newRow("bitmaps of the file that are null")
            << nodeReply({}, ",'format-specific':{'type':'qcow2','data':{'bitmaps':null}}");
        QTest::newRow("specifics that are a list") << nodeReply({}, ",'format-specific':[]");
        QTest::newRow("too deep") << QByteArray("{\"return\":" + QByteArray("[").repeated(Deep));
        QTest::newRow("an error without words") << json("{'error':{}}");
    }
    void blockNodes()
    {
        QFETCH(const QByteArray, reply);
        m_host->setState(m_one, DomainState::Running);
        m_host->setQmpReply(m_one, queryBlockJobs(), json("{'return':[]}"));
        m_host->setQmpReply(m_one, queryNamedBlockNodes(), reply);
        const auto inventory = *m_reader->readAll();
        QCOMPARE(unknowns(*inventory), (QStringList{u"block-nodes one"_s, u"image "_s + DiskOfOne}));
        const Image *disk = image(*inventory, DiskOfOne);
        // The file alone would tell what was.
        QVERIFY(disk->facts.isUnknown());
        const ErrorCode code = reply.contains("error") ? ErrorCode::Failed : ErrorCode::Malformed;
        QCOMPARE(disk->facts.why().code, code);
        QVERIFY(inventory->domain(m_one)->jobs.isUnknown());
        isTheRestKnown(*inventory);
        QCOMPARE(*m_reader->poll(), inventory);

        m_host->setQmpReply(m_one, queryNamedBlockNodes(), nodeReply({}, {}));
        const auto mended = *m_reader->poll();
        QCOMPARE(unknowns(*mended), QStringList());
        QVERIFY(image(*mended, DiskOfOne)->facts.isKnown());
    }

    void numbersBeyondReason()
    {
        m_host->setState(m_one, DomainState::Running);
        m_host->setQmpReply(m_one, queryBlockJobs(), json("{'return':[]}"));
        m_host->setQmpReply(m_one, queryNamedBlockNodes(),
            nodeReply(",'dirty-bitmaps':[{'name':'b','count':-1,'granularity':1e308}]",
                ",'actual-size':-1,'cluster-size':18446744073709551616,'snapshots':[{'id':7,'name':'t',"
                "'vm-state-size':1e300,'date-sec':9e99,'date-nsec':-5,'vm-clock-sec':9e99,'vm-clock-nsec':9e99}]"));
        const auto inventory = *m_reader->readAll();
        QCOMPARE(unknowns(*inventory), QStringList());
        const Image *disk = image(*inventory, DiskOfOne);
        QCOMPARE(disk->facts->clusterSize, ~Bytes(0));
        QCOMPARE(disk->facts->tags.size(), size_t(1));
        QCOMPARE(disk->facts->tags[0].vmStateSize, ~Bytes(0));
        QCOMPARE(disk->facts->bitmaps.size(), size_t(1));
        isTheRestKnown(*inventory);
        assess(*inventory);
    }

    void blockJobs_data()
    {
        QTest::addColumn<QByteArray>("reply");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("cut short") << json("{'return':[{'device':'commit-vda");
        QTest::newRow("a text") << json("{'return':'none'}");
        QTest::newRow("an error") << json("{'error':{'class':'GenericError','desc':'no'}}");
    }
    void blockJobs()
    {
        QFETCH(const QByteArray, reply);
        m_host->setState(m_one, DomainState::Running);
        m_host->setQmpReply(m_one, queryNamedBlockNodes(), nodeReply({}, {}));
        m_host->setQmpReply(m_one, queryBlockJobs(), reply);
        const auto inventory = *m_reader->readAll();
        QVERIFY(inventory->domain(m_one)->jobs.isUnknown()); // which is not "none"
        QVERIFY(image(*inventory, DiskOfOne)->facts.isKnown());
        isTheRestKnown(*inventory);
    }

    void volumes_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("no XML") << QByteArray("\0\xff<", 3);
        QTest::newRow("cut short") << QByteArray("<volume><name>a.qcow2</name><target><path>/images");
        QTest::newRow("without a name") << QByteArray("<volume><target><path>/images/a.qcow2</path></target></volume>");
        QTest::newRow("something else") << QByteArray("<pool><name>default</name></pool>");
        QTest::newRow("a size beyond reason")
            << QByteArray("<volume><name>a</name><capacity unit='EiB'>99999999999</capacity></volume>");
        QTest::newRow("a unit that is none")
            << QByteArray("<volume><name>a</name><capacity unit='furlong'>1</capacity></volume>");
        QTest::newRow("entities") << QByteArray(
            "<!DOCTYPE v [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><volume><name>&x;</name></volume>");
        QTest::newRow("too deep") << QByteArray("<volume><name>a</name>" + QByteArray("<x>").repeated(Deep));
    }
    void volumes()
    {
        QFETCH(const QByteArray, xml);
        const QString stray = u"/images/stray.qcow2"_s;
        m_host->addImage(stray, qcow2Bytes({MiB, DiskOfTwo, u"qcow2"_s, {}}), 4096, u"default"_s);
        m_host->setVolumeXml(DiskOfOne, xml);
        const auto inventory = *m_reader->readAll();
        QCOMPARE(unknowns(*inventory), QStringList{u"volume "_s + DiskOfOne});
        QCOMPARE(inventory->unknown[0].why.code, ErrorCode::Malformed);
        QVERIFY(!inventory->unknown[0].why.detail.isEmpty());
        // The machine's definition names the file all the same; the other volumes are listed; nobody claims that the
        // list of what is left over is whole.
        QVERIFY(image(*inventory, DiskOfOne)->facts.isKnown());
        QVERIFY(image(*inventory, stray)->facts.isKnown());
        QVERIFY(!assess(*inventory).mayRelyOnAnything.isEmpty());
        isTheRestKnown(*inventory);
        QCOMPARE(*m_reader->poll(), inventory);
    }
};

QTEST_GUILESS_MAIN(TestMalformedHost)
#include "tst_malformedhost.moc"
