// SPDX-License-Identifier: GPL-3.0-or-later
// Disks that a definition names as volumes of storage pools.
#include "model/guard/assessment.h"
#include "model/inventory/inventoryreader.h"
#include "model/plan/plan.h"
#include "model/qmp/blockjobs.h"
#include "model/qmp/blocknode.h"
#include "tests/support/fakehypervisor.h"

#include <QJsonDocument>
#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

const QString Uuid = u"0e9bd0a8-1c5e-4c0f-9d0a-000000000001"_s;
const QString Top = u"/pool/top.qcow2"_s;
const QString Base = u"/pool/base.qcow2"_s;
const ImageLocation TopVolume{SourceKind::Volume, u"default/top.qcow2"_s};

QByteArray machineXml(const QString &pool = u"default"_s, const QString &volume = u"top.qcow2"_s)
{
    return u"<domain type='qemu'><name>m</name><uuid>%1</uuid><devices><disk type='volume' device='disk'>"
           "<driver name='qemu' type='qcow2'/><source pool='%2' volume='%3'/><target dev='vda'/></disk></devices></domain>"_s
               .arg(Uuid, pool, volume)
               .toUtf8();
}

} // namespace

class TestVolumeDisks : public QObject
{
    Q_OBJECT

private:
    std::shared_ptr<FakeHost> m_host;
    std::unique_ptr<InventoryReader> m_reader;
    DomainId m_machine;

    static const Image *file(const Inventory &inventory, const QString &path)
    {
        return inventory.images->at({SourceKind::File, path});
    }
    // "?PATH" where it is not certain.
    static QStringList leftOver(const Inventory &inventory)
    {
        QStringList paths;
        for (const Orphan &orphan : assess(inventory).orphans)
            paths += orphan.isCertain ? orphan.path : QString(u'?' + orphan.path);
        return paths;
    }

private Q_SLOTS:
    void init()
    {
        m_host = FakeHost::create();
        m_machine = m_host->addDomain(machineXml());
        m_host->addImage(Base, qcow2Bytes({MiB, {}, {}, {}}), 4096, u"default"_s);
        m_host->addImage(
            Top, qcow2Bytes({MiB, Base, u"qcow2"_s, {Tag{u"1"_s, u"s"_s, 0, 0, 0, 0, {}}}}), 4096, u"default"_s);
        m_host->addImage(u"/pool/stray.qcow2"_s, qcow2Bytes({MiB, Base, u"qcow2"_s, {}}), 4096, u"default"_s);
        const Backend backend = m_host->backend();
        const auto hypervisor = backend.open([](const QString &, const QString &) {});
        QVERIFY(hypervisor);
        m_reader = std::make_unique<InventoryReader>(*hypervisor, backend.stores(*hypervisor));
    }

    void isTheFileThatItIs()
    {
        const auto inventory = *m_reader->readAll();
        QVERIFY(inventory->unknown.empty());
        const Image *top = file(*inventory, Top);
        QCOMPARE(inventory->images->at(TopVolume), top);
        QCOMPARE(top->location, (ImageLocation{SourceKind::File, Top}));
        QCOMPARE(top->otherNames, QStringList{TopVolume.name});
        QCOMPARE(top->pool, u"default"_s);
        QCOMPARE(inventory->images->chain(top->id).layers.size(), size_t(2));

        const Assessment assessment = assess(*inventory);
        QVERIFY(assessment.mayRelyOnAnything.isEmpty());
        QCOMPARE(assessment.claims.domainsOf(top->id), std::vector<DomainId>{m_machine});
        QCOMPARE(assessment.claims.domainsOf(file(*inventory, Base)->id), std::vector<DomainId>{m_machine});
        // The tag that libvirt does not know (by its image), and the overlay of nobody.
        QCOMPARE(leftOver(*inventory), (QStringList{Top, u"/pool/stray.qcow2"_s}));
        const int asked = m_host->count(u"volumePath"_s);
        QCOMPARE(*m_reader->poll(), inventory);
        QCOMPARE(m_host->count(u"volumePath"_s), asked);
    }

    void itsSnapshotsAreFound()
    {
        m_host->setSnapshots(m_machine,
            {"<domainsnapshot><name>s</name><state>shutoff</state><creationTime>100</creationTime><memory "
             "snapshot='no'/><disks><disk name='vda' snapshot='internal'/></disks>"
                + machineXml() + "</domainsnapshot>"},
            u"s"_s);
        const auto inventory = *m_reader->readAll();
        const Assessment assessment = assess(*inventory);
        QVERIFY(assessment.claims.isTagClaimed(file(*inventory, Top)->id, u"s"_s));
        QCOMPARE(leftOver(*inventory), QStringList{u"/pool/stray.qcow2"_s});
        QVERIFY(assessment.problemsOf(m_machine).empty());
    }

    // Another machine names the same file by its path.
    void twoNamesAreOneImage()
    {
        const QByteArray other = machineXml()
                                     .replace("type='volume'", "type='file'")
                                     .replace("pool='default' volume='top.qcow2'", "file='/pool/top.qcow2'")
                                     .replace("<name>m</name>", "<name>other</name>")
                                     .replace("000000000001", "000000000002");
        const DomainId second = m_host->addDomain(other);
        const auto inventory = *m_reader->readAll();
        const Image *top = file(*inventory, Top);
        QCOMPARE(inventory->images->at(TopVolume), top);
        QCOMPARE(assess(*inventory).claims.domainsOf(top->id).size(), size_t(2));
        QVERIFY(!second.isEmpty());
    }

    void ofAMachineThatRuns()
    {
        m_host->setState(m_machine, DomainState::Running);
        m_host->setQmpReply(m_machine, queryBlockJobs(), R"({"return":[]})");
        m_host->setQmpReply(m_machine, queryNamedBlockNodes(),
            R"({"return":[{"node-name":"n","drv":"qcow2","ro":false,"file":"/pool/top.qcow2","image":{)"
            R"("filename":"/pool/top.qcow2","format":"qcow2","virtual-size":5242880,)"
            R"("backing-filename":"/pool/base.qcow2","backing-filename-format":"qcow2"}}]})");
        const auto running = *m_reader->readAll();
        QCOMPARE(running->images->at(TopVolume)->facts->virtualSize, 5 * MiB);
        // A monitor that is silent: what the file says may be old.
        m_host->setQmpReply(m_machine, queryNamedBlockNodes(), "?");
        const auto silent = *m_reader->readAll();
        QVERIFY(silent->images->at(TopVolume)->facts.isUnknown());
        QVERIFY(file(*silent, Top)->facts.isUnknown());
    }

    void whatIsNotFoundIsUnknown_data()
    {
        QTest::addColumn<QString>("pool");
        QTest::addColumn<QString>("volume");
        QTest::newRow("no such pool") << u"gone"_s << u"top.qcow2"_s;
        QTest::newRow("no such volume") << u"default"_s << u"gone.qcow2"_s;
        QTest::newRow("names from nowhere") << u"../default"_s << u"../../etc/passwd"_s;
    }
    void whatIsNotFoundIsUnknown()
    {
        QFETCH(const QString, pool);
        QFETCH(const QString, volume);
        m_host->setDefinition(m_machine, machineXml(pool, volume));
        const auto inventory = *m_reader->readAll();
        QCOMPARE(inventory->domains.size(), size_t(1));
        const Image *disk = inventory->images->at({SourceKind::Volume, pool + u'/' + volume});
        QVERIFY(disk);
        QVERIFY(disk->facts.isUnknown());
        QCOMPARE(disk->facts.why().code, ErrorCode::NotFound);
        QVERIFY(!disk->facts.why().detail.isEmpty());
        // Any file may be the one.
        QVERIFY(!assess(*inventory).mayRelyOnAnything.isEmpty());
        QCOMPARE(leftOver(*inventory), (QStringList{u"?/pool/stray.qcow2"_s, u'?' + Top}));
        QCOMPARE(*m_reader->poll(), inventory);
    }

    // The steps of ways that are Treewarden's own name files, which a volume's name is not: none of them is offered.
    void onlyLibvirtWorksOnIt()
    {
        const QString overlay = u"/pool/e.qcow2"_s;
        m_host->addImage(overlay, qcow2Bytes({MiB, Top, u"qcow2"_s, {}}), 4096, u"default"_s);
        m_host->setDefinition(m_machine,
            machineXml()
                .replace("type='volume'", "type='file'")
                .replace("pool='default' volume='top.qcow2'", QByteArray("file='" + overlay.toUtf8() + "'")));
        m_host->setSnapshots(m_machine,
            {"<domainsnapshot><name>s</name><state>shutoff</state><creationTime>100</creationTime><memory "
             "snapshot='no'/><disks><disk name='vda' snapshot='internal'/></disks>"
                    + machineXml() + "</domainsnapshot>",
                "<domainsnapshot><name>e</name><parent><name>s</name></parent><state>shutoff</state>"
                "<creationTime>200</creationTime><memory snapshot='no'/><disks><disk name='vda' snapshot='external' "
                "type='file'><driver type='qcow2'/><source file='"
                    + overlay.toUtf8() + "'/></disk></disks>" + machineXml() + "</domainsnapshot>"},
            u"e"_s);
        const auto inventory = *m_reader->readAll();
        QVERIFY(inventory->unknown.empty());
        int plansSeen = 0;
        for (const Intent::What &what : {Intent::What(DeleteIntent{u"e"_s}), Intent::What(DeleteIntent{u"s"_s}),
                 Intent::What(RevertIntent{.snapshot = u"s"_s}), Intent::What(RevertIntent{.snapshot = u"e"_s})}) {
            const Proposal proposal = propose({m_machine, what}, inventory, {0, true});
            std::vector<const Plan *> plans{&proposal.plan};
            for (const Plan &plan : proposal.alternatives)
                plans.push_back(&plan);
            for (const Plan *plan : plans) {
                const bool names = std::any_of(plan->steps.begin(), plan->steps.end(), [](const PlannedStep &planned) {
                    return QString::fromUtf8(QJsonDocument(toJson(planned.step)).toJson()).contains(TopVolume.name);
                });
                QVERIFY2(!names || plan->verdict == Verdict::Block, qPrintable(plan->way));
                ++plansSeen;
            }
        }
        QVERIFY(plansSeen > 4);
    }

    void aPoolThatIsStartedLater()
    {
        const Error inactive{ErrorCode::Failed, TopVolume.name, u"storage pool 'default' is not active"_s};
        m_host->fail(u"volumePath"_s, inactive);
        const auto before = *m_reader->readAll();
        QCOMPARE(before->images->at(TopVolume)->facts.why(), inactive);
        m_host->mend(u"volumePath"_s);
        const auto after = *m_reader->poll();
        QVERIFY(after->images->at(TopVolume)->facts.isKnown());
        QVERIFY(assess(*after).mayRelyOnAnything.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestVolumeDisks)
#include "tst_volumedisks.moc"
