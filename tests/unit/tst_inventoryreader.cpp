// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/assessment.h"
#include "model/inventory/inventoryreader.h"
#include "model/qmp/blockjobs.h"
#include "model/qmp/blocknode.h"
#include "tests/support/samplehost.h"

#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

using Watched = InventoryReader::Watched;

const QString DiskOfOne = u"/images/a.qcow2"_s;

QByteArray snapshotXml(const QString &name, const QString &parent = {})
{
    const QString above = parent.isEmpty() ? QString() : u"<parent><name>%1</name></parent>"_s.arg(parent);
    return u"<domainsnapshot><name>%1</name>%2<state>shutoff</state><creationTime>100</creationTime>"
           "<memory snapshot='no'/><disks><disk name='vda' snapshot='internal'/></disks></domainsnapshot>"_s
               .arg(name, above)
               .toUtf8();
}

} // namespace

class TestInventoryReader : public QObject
{
    Q_OBJECT

private:
    std::shared_ptr<FakeHost> m_host;
    std::unique_ptr<InventoryReader> m_reader;
    DomainId m_one;
    DomainId m_two;

    std::shared_ptr<const Domain> domain(const std::shared_ptr<const Inventory> &inventory, const DomainId &id) const
    {
        return inventory->domain(id);
    }
    QString descriptionOf(const QString &snapshot, const std::shared_ptr<const Inventory> &inventory) const
    {
        const SnapshotTree &tree = *inventory->domain(m_one)->snapshots;
        return tree.at(tree.find(snapshot)).description;
    }
    static QStringList unknowns(const Inventory &inventory)
    {
        QStringList facts;
        for (const Unknown &unknown : inventory.unknown)
            facts << unknown.fact;
        facts.removeDuplicates();
        return facts;
    }

private Q_SLOTS:
    void init()
    {
        m_host = FakeHost::create();
        m_one = m_host->addDomain(oneDiskMachine(u"one"_s, u"0e9bd0a8-1c5e-4c0f-9d0a-000000000001"_s, DiskOfOne));
        m_two = m_host->addDomain(
            oneDiskMachine(u"two"_s, u"0e9bd0a8-1c5e-4c0f-9d0a-000000000002"_s, u"/images/b.qcow2"_s));
        m_host->addImage(DiskOfOne, qcow2Bytes({MiB, {}, {}, {}}), 4096, u"default"_s);
        m_host->addImage(u"/images/b.qcow2"_s, qcow2Bytes({MiB, {}, {}, {}}), 4096, u"default"_s);
        m_host->setSnapshots(m_one, {snapshotXml(u"s1"_s), snapshotXml(u"s2"_s, u"s1"_s)}, u"s2"_s);
        const Backend backend = m_host->backend();
        const auto hypervisor = backend.open([](const QString &, const QString &) {});
        QVERIFY(hypervisor);
        m_reader = std::make_unique<InventoryReader>(*hypervisor, backend.stores(*hypervisor));
    }

    void readsSpaceJobsAndTheAgent()
    {
        m_host->setFree(7 * GiB);
        const QByteArray xml
            = oneDiskMachine(u"one"_s, u"0e9bd0a8-1c5e-4c0f-9d0a-000000000001"_s, DiskOfOne)
                  .replace("</devices>",
                      "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>"
                      "</channel></devices>");
        m_host->setDefinition(m_one, xml);
        m_host->setState(m_one, DomainState::Running);
        m_host->setQmpReply(m_one, queryNamedBlockNodes(), R"({"return":[]})");
        m_host->setQmpReply(
            m_one, queryBlockJobs(), R"({"return":[{"device":"pull-vda-libvirt-1-format","type":"stream"}]})");
        const auto read = m_reader->readAll();
        QVERIFY(read);
        const std::vector<FileSystem> expected{{u"fs"_s, {u"/images"_s}, 7 * GiB, true}};
        QCOMPARE((*read)->fileSystems, expected);
        const auto one = (*read)->domain(m_one);
        QVERIFY(one->isAgentConnected);
        QVERIFY(one->jobs.isKnown());
        QCOMPARE(*one->jobs, (std::vector<BlockJob>{{u"pull-vda-libvirt-1-format"_s, u"vda"_s, u"stream"_s, true}}));
        QVERIFY((*read)->domain(m_two)->jobs.isAbsent());
        // What cannot be asked is not none.
        m_host->setQmpReply(m_one, queryBlockJobs(), "?");
        QVERIFY((*m_reader->readAll())->domain(m_one)->jobs.isUnknown());
    }

    // No event tells of either; the definition stays as it is.
    void migrationsAndWhyItIsPaused()
    {
        m_host->giveMonitors();
        m_host->setState(m_one, DomainState::Running);
        const auto first = *m_reader->readAll();
        QCOMPARE(first->domain(m_one)->isMigrating, Fact<bool>(false));
        QVERIFY(first->domain(m_two)->isMigrating.isAbsent());
        QCOMPARE(*m_reader->poll(), first);
        m_host->setMigrating(m_one, true);
        const auto leaving = *m_reader->poll(m_one);
        QCOMPARE(leaving->domain(m_one)->isMigrating, Fact<bool>(true));
        QCOMPARE(*m_reader->poll(), leaving);
        // What cannot be asked is not none.
        m_host->fail(u"jobInfo"_s, {ErrorCode::TimedOut, {}, {}});
        QVERIFY((*m_reader->poll())->domain(m_one)->isMigrating.isUnknown());
        m_host->fail(u"jobInfo"_s, {ErrorCode::Unsupported, {}, {}});
        QCOMPARE((*m_reader->poll())->domain(m_one)->isMigrating, Fact<bool>(false));
        m_host->mend(u"jobInfo"_s);
        m_host->setMigrating(m_one, false);
        m_host->setState(m_one, DomainState::Paused);
        QCOMPARE((*m_reader->poll())->domain(m_one)->pausedBy, PausedBy::Other);
        m_host->setPausedBy(m_one, PausedBy::IoError);
        QCOMPARE((*m_reader->poll())->domain(m_one)->pausedBy, PausedBy::IoError);
        m_host->setState(m_one, DomainState::Running);
        QCOMPARE((*m_reader->poll())->domain(m_one)->pausedBy, PausedBy::Other);
    }

    void nothingNewIsTheSame()
    {
        const auto first = m_reader->readAll();
        QVERIFY(first);
        QCOMPARE(unknowns(**first), QStringList());
        const int opened = m_host->count(u"openImage"_s);
        const int described = m_host->count(u"describe"_s);
        const int read = m_host->count(u"readSnapshots"_s);
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(*m_reader->poll(), *first);
            QCOMPARE(*m_reader->poll(m_one), *first);
        }
        QCOMPARE(m_host->count(u"openImage"_s), opened);
        QCOMPARE(m_host->count(u"describe"_s), described);
        QCOMPARE(m_host->count(u"readSnapshots"_s), read);
    }

    // "virsh snapshot-edit": names, times and the current one stay.
    void aSnapshotThatWasRedefined()
    {
        QVERIFY(m_reader->readAll());
        QByteArray edited = snapshotXml(u"s1"_s);
        edited.replace("</domainsnapshot>", "<description>edited</description></domainsnapshot>");
        m_host->setSnapshots(m_one, {edited, snapshotXml(u"s2"_s, u"s1"_s)}, u"s2"_s);
        QVERIFY(!m_reader->compareSnapshots(Watched::InView, m_two));
        QVERIFY(m_reader->compareSnapshots(Watched::InView, m_one));
        const auto after = *m_reader->poll(m_two);
        QCOMPARE(descriptionOf(u"s1"_s, after), u"edited"_s);
        QVERIFY(!m_reader->compareSnapshots(Watched::InView, m_one));
        QCOMPARE(*m_reader->poll(m_one), after);
    }

    // Within 2 s in view and 15 s elsewhere, and 50 at once: what that takes of the processor is in docs/adr/0008.
    void largeTreesAreComparedInShares_data()
    {
        QTest::addColumn<bool>("isInView");
        QTest::addColumn<int>("snapshots");
        QTest::addColumn<int>("mostShares");
        QTest::addColumn<int>("mostMilliseconds");
        QTest::newRow("small, in view") << true << 60 << 2 << 1500;
        QTest::newRow("large, in view") << true << 500 << 10 << 1500;
        QTest::newRow("huge, in view") << true << 1500 << 30 << 4500;
        QTest::newRow("small, elsewhere") << false << 60 << 2 << 13'000;
        QTest::newRow("large, elsewhere") << false << 500 << 11 << 13'000;
        QTest::newRow("huge, elsewhere") << false << 1500 << 31 << 13'000;
    }
    void largeTreesAreComparedInShares()
    {
        QFETCH(const bool, isInView);
        QFETCH(const int, snapshots);
        QFETCH(const int, mostShares);
        QFETCH(const int, mostMilliseconds);
        constexpr int AtOnce = 50;
        std::vector<QByteArray> chain{snapshotXml(u"n0"_s)};
        for (int i = 1; i < snapshots; ++i)
            chain.push_back(snapshotXml(u"n%1"_s.arg(i), u"n%1"_s.arg(i - 1)));
        const QString last = u"n%1"_s.arg(snapshots - 1);
        m_host->setSnapshots(m_one, chain, last);
        m_host->setSnapshots(m_two, {snapshotXml(u"s1"_s)}, u"s1"_s);
        QVERIFY(m_reader->readAll());
        const Watched which = isInView ? Watched::InView : Watched::Elsewhere;
        const DomainId inView = isInView ? m_one : DomainId();
        // A look compares none.
        const auto asked = [&] { return m_host->count(u"snapshotXml"_s); };
        int before = asked();
        QVERIFY(m_reader->poll(m_one));
        QCOMPARE(asked() - before, 1); // the current one

        // A round, in shares, asks of each once.
        before = asked();
        for (int share = 0; share < mostShares; ++share) {
            const int atFirst = asked();
            QVERIFY(!m_reader->compareSnapshots(which, inView));
            QVERIFY(asked() - atFirst <= AtOnce);
            if (asked() - atFirst < AtOnce) // a slow computer compares fewer at once
                break;
        }
        QVERIFY(asked() > before);
        const qint64 round = m_reader->comparisonPause(which, inView).count() * mostShares;
        QVERIFY2(round <= mostMilliseconds, qPrintable(QString::number(round)));

        for (const int edited : {0, snapshots / 2, snapshots - 1}) {
            chain[size_t(edited)].replace("</domainsnapshot>", "<description>edited</description></domainsnapshot>");
            m_host->setSnapshots(m_one, chain, last);
            int shares = 1;
            while (!m_reader->compareSnapshots(which, inView) && shares < 1000)
                ++shares;
            QVERIFY(shares < 1000);
            QCOMPARE(descriptionOf(u"n%1"_s.arg(edited), *m_reader->poll(m_two)), u"edited"_s);
        }
    }

    void allMachinesElsewhereAreComparedInTurn()
    {
        std::vector<QByteArray> snapshots;
        for (int i = 0; i < 100; ++i)
            snapshots.push_back(snapshotXml(u"n%1"_s.arg(i)));
        std::vector<DomainId> machines;
        for (int machine = 0; machine < 5; ++machine) {
            const QString name = u"more-%1"_s.arg(machine);
            machines.push_back(m_host->addDomain(
                oneDiskMachine(name, u"0e9bd0a8-1c5e-4c0f-9d0a-00000000010%1"_s.arg(machine), DiskOfOne)));
            m_host->setSnapshots(machines.back(), snapshots, {});
        }
        QVERIFY(m_reader->readAll());
        for (const DomainId &machine : machines) {
            QVERIFY(!m_reader->compareSnapshots(Watched::InView, machine));
            std::vector<QByteArray> edited = snapshots;
            edited[50].replace("</domainsnapshot>", "<description>edited</description></domainsnapshot>");
            m_host->setSnapshots(machine, edited, {});
            // Not in the one in view.
            for (int share = 0; share < 20; ++share)
                QVERIFY(!m_reader->compareSnapshots(Watched::Elsewhere, machine));
            int shares = 1;
            while (!m_reader->compareSnapshots(Watched::Elsewhere, m_one) && shares < 1000)
                ++shares;
            QVERIFY(shares < 1000);
            const auto after = *m_reader->poll(m_one);
            const SnapshotTree &tree = *after->domain(machine)->snapshots;
            QCOMPARE(tree.at(tree.find(u"n50"_s)).description, u"edited"_s);
        }
        QVERIFY(m_reader->comparisonPause(Watched::Elsewhere, m_one).count() * 4 <= 13'000);
    }

    // What cannot be asked now is compared in the next round.
    void aComparisonThatFails()
    {
        QVERIFY(m_reader->readAll());
        m_host->setSnapshots(m_one, {snapshotXml(u"s1"_s, u"none"_s), snapshotXml(u"s2"_s, u"s1"_s)}, u"s2"_s);
        m_host->fail(u"snapshotXml"_s, {ErrorCode::Failed, u"s1"_s, u"internal error"_s});
        QVERIFY(!m_reader->compareSnapshots(Watched::InView, m_one));
        m_host->mend(u"snapshotXml"_s);
        QVERIFY(m_reader->compareSnapshots(Watched::InView, m_one));
    }

    void checkpointsOfAnotherProgram()
    {
        QVERIFY(m_reader->readAll());
        m_host->setCheckpoints(
            m_one, {"<domaincheckpoint><name>c1</name><creationTime>5</creationTime></domaincheckpoint>"});
        const auto after = *m_reader->poll(m_one);
        QCOMPARE(after->domain(m_one)->checkpoints->size(), size_t(1));
        m_host->setCheckpoints(m_one, {});
        QCOMPARE((*m_reader->poll(m_one))->domain(m_one)->checkpoints->size(), size_t(0));
    }

    void oneMachineChangedTheOtherIsShared()
    {
        const auto before = *m_reader->readAll();
        m_host->addSnapshot(m_one, snapshotXml(u"s3"_s, u"s2"_s));
        QCOMPARE(*m_reader->poll(m_two), before); // not looked at
        const auto after = *m_reader->poll(m_one);
        QVERIFY(after != before);
        QCOMPARE(after->generation, before->generation + 1);
        QCOMPARE(domain(after, m_two), domain(before, m_two));
        QCOMPARE(domain(after, m_one)->snapshots->size(), 3);
        QCOMPARE(domain(before, m_one)->snapshots->size(), 2);
    }

    void anotherCurrentSnapshot()
    {
        const auto before = *m_reader->readAll();
        QCOMPARE(before->domain(m_one)->snapshots->current(), before->domain(m_one)->snapshots->find(u"s2"_s));
        m_host->setSnapshots(m_one, {snapshotXml(u"s1"_s), snapshotXml(u"s2"_s, u"s1"_s)}, u"s1"_s);
        const auto after = *m_reader->poll(m_one);
        QCOMPARE(after->domain(m_one)->snapshots->current(), after->domain(m_one)->snapshots->find(u"s1"_s));
    }

    void deletedSnapshot()
    {
        QVERIFY(m_reader->readAll());
        m_host->removeSnapshot(m_one, u"s2"_s);
        const auto after = *m_reader->poll(m_one);
        QCOMPARE(after->domain(m_one)->snapshots->size(), 1);
        QCOMPARE(after->domain(m_one)->snapshots->current(), -1);
    }

    void machinesComeAndGo()
    {
        QVERIFY(m_reader->readAll());
        m_host->removeDomain(m_two);
        QCOMPARE((*m_reader->poll(m_one))->domains.size(), size_t(1));
        m_host->addDomain(oneDiskMachine(u"three"_s, u"0e9bd0a8-1c5e-4c0f-9d0a-000000000003"_s, DiskOfOne));
        QCOMPARE((*m_reader->poll(m_one))->domains.size(), size_t(2));
    }

    // Listed, and gone when it is asked for.
    void vanishesBetweenTwoCalls_data()
    {
        QTest::addColumn<QString>("call");
        QTest::newRow("definition") << u"domainXml"_s;
        QTest::newRow("names") << u"snapshotNames"_s;
    }
    void vanishesBetweenTwoCalls()
    {
        QFETCH(const QString, call);
        m_host->fail(call, {ErrorCode::NotFound, m_one.value, u"Domain not found"_s});
        const auto inventory = m_reader->readAll();
        QVERIFY(inventory);
        QVERIFY((*inventory)->domains.empty());
        m_host->mend(call);
        QCOMPARE((*m_reader->poll())->domains.size(), size_t(2));
    }

    void malformedSnapshot_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::newRow("cut off") << snapshotXml(u"s3"_s).chopped(20);
        QTest::newRow("no XML") << QByteArray("\0\xff<", 3);
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("something else") << QByteArray("<domain/>");
    }
    void malformedSnapshot()
    {
        QFETCH(const QByteArray, xml);
        m_host->setSnapshots(m_one, {snapshotXml(u"s1"_s), xml}, u"s1"_s);
        const auto inventory = *m_reader->readAll();
        QVERIFY(inventory->domain(m_one)->snapshots.isUnknown());
        QCOMPARE(inventory->domain(m_one)->snapshots.why().code, ErrorCode::Malformed);
        QCOMPARE(unknowns(*inventory), QStringList{u"snapshots"_s});
        QVERIFY(inventory->domain(m_two)->snapshots.isKnown());
        // As unknown as before is no news.
        QCOMPARE(*m_reader->poll(m_one), inventory);
        QCOMPARE(*m_reader->poll(), inventory);
        m_host->setSnapshots(m_one, {snapshotXml(u"s1"_s)}, u"s1"_s);
        QCOMPARE((*m_reader->poll(m_one))->domain(m_one)->snapshots->size(), 1);
    }

    void malformedDefinition()
    {
        m_host->setDefinition(m_one, "<domain><name>one");
        const auto inventory = *m_reader->readAll();
        QVERIFY(inventory->domain(m_one)->definition.isUnknown());
        QVERIFY(inventory->domain(m_one)->snapshots.isKnown());
        QCOMPARE(*m_reader->poll(), inventory);
    }

    void oneCallFails_data()
    {
        QTest::addColumn<QString>("call");
        QTest::addColumn<QString>("unknown"); // empty: the host as a whole
        QTest::newRow("host") << u"host"_s << QString();
        QTest::newRow("domains") << u"domains"_s << QString();
        QTest::newRow("domainXml") << u"domainXml"_s << u"definition"_s;
        QTest::newRow("snapshotNames") << u"snapshotNames"_s << u"snapshots"_s;
        QTest::newRow("readSnapshots") << u"readSnapshots"_s << u"snapshots"_s;
        QTest::newRow("checkpointXml") << u"checkpointXml"_s << u"checkpoints"_s;
        QTest::newRow("volumes") << u"volumes"_s << u"pools"_s;
        QTest::newRow("status") << u"status"_s << u"image"_s;
        QTest::newRow("openImage") << u"openImage"_s << u"image"_s;
    }
    void oneCallFails()
    {
        QFETCH(const QString, call);
        QFETCH(const QString, unknown);
        m_host->fail(call, {ErrorCode::Failed, u"subject"_s, u"internal error"_s});
        const auto failed = m_reader->readAll();
        QCOMPARE(failed.has_value(), !unknown.isEmpty());
        if (failed) {
            QVERIFY2(unknowns(**failed).contains(unknown), qPrintable(unknowns(**failed).join(u' ')));
            QCOMPARE((*failed)->domains.size(), size_t(2));
            QCOMPARE(*m_reader->poll(), *failed); // the same failure is no news
        }
        m_host->mend(call);
        const auto mended = failed ? m_reader->poll() : m_reader->readAll();
        QVERIFY(mended);
        QCOMPARE(unknowns(**mended), QStringList());
        QCOMPARE((*mended)->domain(m_one)->snapshots->size(), 2);
        QVERIFY((*mended)->images->at({SourceKind::File, DiskOfOne})->facts.isKnown());
        QCOMPARE(*m_reader->poll(), *mended);
    }

    void oneCallFailsLater_data() { oneCallFails_data(); }
    void oneCallFailsLater()
    {
        QFETCH(const QString, call);
        const auto before = *m_reader->readAll();
        m_host->fail(call, {ErrorCode::ConnectionLost, u"subject"_s, u"end of file"_s});
        m_host->addSnapshot(m_one, snapshotXml(u"s3"_s, u"s2"_s));
        (void)m_reader->poll();
        (void)m_reader->poll(m_one);
        m_host->mend(call);
        const auto after = m_reader->poll();
        QVERIFY(after);
        QCOMPARE(unknowns(**after), QStringList());
        QCOMPARE((*after)->domain(m_one)->snapshots->size(), 3);
    }

    // Whoever wrote an image chose what its header names.
    void namesOutside_data()
    {
        QTest::addColumn<QString>("backing");
        QTest::addColumn<bool>("isOutside");
        QTest::newRow("a file of the host") << u"/etc/shadow"_s << true;
        QTest::newRow("beside a disk") << u"/images/base.qcow2"_s << false;
        QTest::newRow("in a pool") << u"/attic/base.qcow2"_s << false;
        QTest::newRow("below a pool") << u"/attic/deep/base.qcow2"_s << true;
    }
    void namesOutside()
    {
        QFETCH(const QString, backing);
        QFETCH(const bool, isOutside);
        m_host->addImage(u"/attic/old.qcow2"_s, qcow2Bytes({MiB, {}, {}, {}}), 4096, u"attic"_s);
        m_host->addImage(backing, "root:x", 4096);
        m_host->addImage(DiskOfOne, qcow2Bytes({MiB, backing, u"qcow2"_s, {}}), 4096, u"default"_s);
        const auto inventory = *m_reader->readAll();
        QCOMPARE(inventory->images->at({SourceKind::File, DiskOfOne})->namesOutside,
            isOutside ? QStringList{backing} : QStringList());
        for (const Unknown &unknown : inventory->unknown)
            QVERIFY2(!unknown.why.detail.contains("726f6f74"_L1), qPrintable(unknown.why.detail));
    }

    // Both orders of the machines' names, as libvirt lists them.
    void formatsThatDiffer_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("before") << u"aa-rescue"_s;
        QTest::newRow("after") << u"zz-rescue"_s;
    }
    void formatsThatDiffer()
    {
        QFETCH(const QString, name);
        m_host->addImage(
            DiskOfOne, qcow2Bytes({MiB, {}, {}, {Tag{u"1"_s, u"s1"_s, 0, 0, 0, 0, {}}}}), 4096, u"default"_s);
        m_host->setSnapshots(m_one, {snapshotXml(u"s1"_s)}, u"s1"_s);
        QByteArray xml = oneDiskMachine(name, u"0e9bd0a8-1c5e-4c0f-9d0a-000000000003"_s, DiskOfOne);
        QVERIFY(xml.contains("type='qcow2'"));
        const DomainId rescue = m_host->addDomain(xml.replace("type='qcow2'", "type='raw'"));
        const Assessment assessment = assess(**m_reader->readAll());
        for (const DomainId &machine : {m_one, rescue}) {
            QStringList ids;
            for (const Problem &problem : assessment.problemsOf(machine))
                ids << problem.id;
            QCOMPARE(ids, QStringList{u"format-disputed"_s});
        }
    }

    // What it holds is not listed, which is not to say that it holds nothing.
    void aPoolThatIsNotActive()
    {
        m_host->addImage(u"/attic/old.qcow2"_s, qcow2Bytes({MiB, DiskOfOne, u"qcow2"_s, {}}), 4096, u"attic"_s);
        auto inventory = *m_reader->readAll();
        QCOMPARE(inventory->pools, (std::vector<Pool>{{u"attic"_s, u"/attic"_s}, {u"default"_s, u"/images"_s}}));
        QCOMPARE(unknowns(*inventory), QStringList());
        QVERIFY(assess(*inventory).mayRelyOnAnything.isEmpty());

        m_host->stopPool(u"attic"_s);
        inventory = *m_reader->readAll();
        QCOMPARE(inventory->pools, (std::vector<Pool>{{u"attic"_s, u"/attic"_s, false}, {u"default"_s, u"/images"_s}}));
        QCOMPARE(inventory->unknown.size(), size_t(1));
        QCOMPARE(inventory->unknown[0].fact, u"pool"_s);
        QCOMPARE(inventory->unknown[0].subject, u"attic"_s);
        QVERIFY(!assess(*inventory).mayRelyOnAnything.isEmpty());
    }

    // What cannot be read is tried again at each look; a pool that nobody started is left in peace for its minute.
    void aPoolThatIsNotActiveIsNotAskedAgainSoon()
    {
        m_host->addImage(u"/attic/old.qcow2"_s, qcow2Bytes({MiB, {}, {}, {}}), 4096, u"attic"_s);
        m_host->stopPool(u"attic"_s);
        QVERIFY(m_reader->readAll());
        const int asked = m_host->count(u"volumes"_s);
        QVERIFY(m_reader->poll());
        QCOMPARE(m_host->count(u"volumes"_s), asked);
        m_host->fail(u"volumes"_s, {ErrorCode::Failed, {}, {}});
        QVERIFY(m_reader->readAll());
        const int failed = m_host->count(u"volumes"_s);
        QVERIFY(m_reader->poll());
        QCOMPARE(m_host->count(u"volumes"_s), failed + 1);
    }

    // libvirt lists a pool anew only when it is told to, and looking does not tell it to.
    void aFileThatThePoolDoesNotListYet()
    {
        m_host->addImage(u"/attic/old.qcow2"_s, qcow2Bytes({MiB, {}, {}, {}}), 4096, u"attic"_s);
        (void)m_reader->readAll();
        const QString stray = u"/attic/stray.qcow2"_s;
        m_host->addImage(stray, qcow2Bytes({MiB, DiskOfOne, u"qcow2"_s, {}}), 4096);
        const auto inventory = *m_reader->readAll();
        QVERIFY(inventory->images->at({SourceKind::File, stray}));
        QStringList left;
        for (const Orphan &orphan : assess(*inventory).orphansOf(m_one)) {
            if (orphan.kind == OrphanKind::Overlay)
                left << orphan.path;
        }
        QCOMPARE(left, QStringList{stray});
    }

    void monitorOfARunningMachineFails()
    {
        m_host->setState(m_one, DomainState::Running);
        const auto inventory = *m_reader->readAll(); // the host in memory has no monitor
        QCOMPARE(unknowns(*inventory), (QStringList{u"block-nodes"_s, u"image"_s}));
        QCOMPARE(*m_reader->poll(), inventory);
        m_host->setQmpReply(m_one, queryNamedBlockNodes(), R"({"return":[]})");
        const auto mended = *m_reader->poll();
        QCOMPARE(unknowns(*mended), QStringList());
    }

    // QEMU keeps what it changed in memory: the file of an image that it writes to tells what was.
    void filesBehindASilentMonitorTellNothing()
    {
        const QString base = u"/images/base.qcow2"_s;
        const QString disc = u"/images/disc.qcow2"_s;
        const QString copy = u"/images/copy.qcow2"_s;
        m_host->addImage(DiskOfOne, qcow2Bytes({MiB, base, u"qcow2"_s, {}}), 4096);
        for (const QString &path : {base, disc, copy})
            m_host->addImage(path, qcow2Bytes({MiB, {}, {}, {}}), 4096);
        m_host->setDefinition(m_one,
            u"<domain type='qemu'><name>one</name><uuid>%1</uuid><devices>"
            "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%2'/>"
            "<backingStore type='file'><format type='qcow2'/><source file='%3'/><backingStore/></backingStore>"
            "<mirror type='file' job='copy'><format type='qcow2'/><source file='%5'/></mirror>"
            "<target dev='vda'/></disk>"
            "<disk type='file' device='cdrom'><driver name='qemu' type='qcow2'/><source file='%4'/>"
            "<target dev='sda'/><readonly/></disk></devices></domain>"_s.arg(m_one.value, DiskOfOne, base, disc, copy)
                .toUtf8());
        const auto facts = [](const std::shared_ptr<const Inventory> &inventory, const QString &path) {
            const Image *image = inventory->images->at({SourceKind::File, path});
            return image ? image->facts : Fact<ImageFacts>::absent();
        };
        const auto off = *m_reader->readAll();
        for (const QString &path : {DiskOfOne, base, disc, copy})
            QVERIFY2(facts(off, path).isKnown(), qPrintable(path));

        const Error busy{ErrorCode::Busy, u"one"_s, u"cannot acquire state change lock"_s};
        m_host->fail(u"qmp"_s, busy);
        m_host->setState(m_one, DomainState::Running);
        const auto silent = *m_reader->poll();
        for (const QString &path : {DiskOfOne, copy}) {
            QVERIFY2(facts(silent, path).isUnknown(), qPrintable(path));
            QCOMPARE(facts(silent, path).why(), busy);
            QVERIFY(silent->images->at({SourceKind::File, path})->allocated.isKnown()); // the host knows that
        }
        for (const QString &path : {base, disc})
            QVERIFY2(facts(silent, path).isKnown(), qPrintable(path));

        m_host->mend(u"qmp"_s);
        m_host->setState(m_one, DomainState::ShutOff);
        const auto offAgain = *m_reader->poll();
        for (const QString &path : {DiskOfOne, copy})
            QVERIFY2(facts(offAgain, path).isKnown(), qPrintable(path));
    }

    void imageChanges()
    {
        const auto before = *m_reader->readAll();
        m_host->addImage(DiskOfOne, qcow2Bytes({2 * MiB, {}, {}, {}}), 8192, u"default"_s);
        const auto after = *m_reader->poll(m_two);
        QVERIFY(after != before);
        QCOMPARE(after->images->at({SourceKind::File, DiskOfOne})->facts->virtualSize, 2 * MiB);
    }

    // Images are looked at with every machine in view: what a snapshot elsewhere left in one is not shown without it.
    void aSnapshotElsewhereComesWithItsTag()
    {
        QVERIFY(m_reader->readAll());
        m_host->addSnapshot(m_one, snapshotXml(u"s3"_s, u"s2"_s));
        m_host->addImage(
            DiskOfOne, qcow2Bytes({MiB, {}, {}, {Tag{u"1"_s, u"s3"_s, 0, 0, 0, 0, {}}}}), 8192, u"default"_s);
        const auto taken = *m_reader->poll(m_two);
        QCOMPARE(taken->images->at({SourceKind::File, DiskOfOne})->facts->tags.size(), size_t(1));
        QCOMPARE(taken->domain(m_one)->snapshots->size(), 3);
        QCOMPARE(*m_reader->poll(m_two), taken);
        m_host->removeSnapshot(m_one, u"s3"_s);
        m_host->addImage(DiskOfOne, qcow2Bytes({MiB, {}, {}, {}}), 4096, u"default"_s);
        QCOMPARE((*m_reader->poll(m_two))->domain(m_one)->snapshots->size(), 2);
        // An image that went.
        m_host->removeSnapshot(m_one, u"s2"_s);
        m_host->removeImage(DiskOfOne);
        const auto gone = *m_reader->poll(m_two);
        QVERIFY(gone->images->at({SourceKind::File, DiskOfOne})->facts.isAbsent());
        QCOMPARE(gone->domain(m_one)->snapshots->size(), 1);
    }

    // A header may name any folder of the host: what lies there is not opened.
    void foldersThatOnlyHeadersName()
    {
        m_host->addImage(DiskOfOne, qcow2Bytes({MiB, u"/secret/base"_s, u"qcow2"_s, {}}), 4096);
        m_host->addImage(u"/secret/base"_s, qcow2Bytes({MiB, {}, {}, {}}), 4096);
        m_host->addImage(u"/secret/other"_s, qcow2Bytes({MiB, {}, {}, {}}), 4096);
        m_host->addImage(u"/images/stray"_s, qcow2Bytes({MiB, {}, {}, {}}), 4096);
        const auto inventory = *m_reader->readAll();
        QVERIFY(inventory->images->at({SourceKind::File, u"/secret/base"_s}));
        QVERIFY(inventory->images->at({SourceKind::File, u"/images/stray"_s}));
        QVERIFY(!inventory->images->at({SourceKind::File, u"/secret/other"_s}));
    }
};

QTEST_GUILESS_MAIN(TestInventoryReader)
#include "tst_inventoryreader.moc"
