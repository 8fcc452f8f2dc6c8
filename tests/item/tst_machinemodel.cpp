// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/machinemodel.h"
#include "tests/support/samplehost.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

constexpr int Patience = 15'000;

QByteArray machineXml(const QString &name, int number)
{
    return u"<domain type='qemu'><name>%1</name><uuid>%2</uuid><memory>1024</memory><os><type>hvm</type></os></domain>"_s
        .arg(name, sampleMachine(number).value)
        .toUtf8();
}

} // namespace

class TestMachineModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_host = FakeHost::create();
        m_connections = std::make_unique<Connections>([this](const QString &) { return m_host->backend(); });
        m_model = std::make_unique<MachineModel>(m_connections.get());
        m_tester = std::make_unique<QAbstractItemModelTester>(m_model.get());
    }
    void cleanup()
    {
        m_tester.reset();
        m_model.reset();
        m_connections.reset();
    }

    void followsAHost()
    {
        m_host->addDomain(machineXml(u"beta"_s, 2));
        Connection *connection = m_connections->add(u"qemu:///system"_s);
        QCOMPARE(m_model->rowCount(), 1);
        const QModelIndex top = m_model->index(0, 0);
        QCOMPARE(top.data().toString(), u"qemu:///system"_s);
        QCOMPARE(top.data(MachineModel::MachineCountRole).toInt(), -1);
        connection->open();
        QTRY_COMPARE_WITH_TIMEOUT(names(), QStringList{u"beta"_s}, Patience);
        QCOMPARE(top.data(MachineModel::StatusRole).toInt(), int(Connection::Status::Open));

        // A machine that stays keeps its index when others come before it and go.
        const QPersistentModelIndex beta = m_model->indexOf(connection, sampleMachine(2));
        m_host->addDomain(machineXml(u"alpha"_s, 1), DomainState::Running);
        connection->refresh();
        QTRY_COMPARE_WITH_TIMEOUT(names(), (QStringList{u"alpha"_s, u"beta"_s}), Patience);
        QCOMPARE(beta.row(), 1);
        QCOMPARE(m_model->index(0, 0, top).data(MachineModel::StateRole).toInt(), int(DomainState::Running));

        QSignalSpy changes(m_model.get(), &QAbstractItemModel::dataChanged);
        m_host->setState(sampleMachine(2), DomainState::Paused);
        QTRY_COMPARE_WITH_TIMEOUT(beta.data(MachineModel::StateRole).toInt(), int(DomainState::Paused), Patience);
        QVERIFY(changes.size() > 0);

        m_host->removeDomain(sampleMachine(1));
        connection->refresh();
        QTRY_COMPARE_WITH_TIMEOUT(names(), QStringList{u"beta"_s}, Patience);
        QCOMPARE(beta.row(), 0);
    }
    void aRenamedMachineMoves()
    {
        m_host->addDomain(machineXml(u"alpha"_s, 1));
        m_host->addDomain(machineXml(u"beta"_s, 2));
        Connection *connection = m_connections->add(u"qemu:///system"_s);
        connection->open();
        QTRY_COMPARE_WITH_TIMEOUT(names().size(), 2, Patience);
        const QPersistentModelIndex alpha = m_model->indexOf(connection, sampleMachine(1));
        m_host->removeDomain(sampleMachine(1));
        m_host->addDomain(machineXml(u"zeta"_s, 1));
        connection->refresh();
        QTRY_COMPARE_WITH_TIMEOUT(names(), (QStringList{u"beta"_s, u"zeta"_s}), Patience);
        QVERIFY(alpha.isValid());
        QCOMPARE(alpha.data().toString(), u"zeta"_s);
    }
    void kindsAndProblems()
    {
        m_host = sampleHost(1'750'000'000);
        Connection *connection = m_connections->add(u"qemu:///system"_s);
        connection->open();
        QTRY_COMPARE_WITH_TIMEOUT(names().size(), 8, Patience);
        const QModelIndex mixed = m_model->indexOf(connection, sampleMachine(0));
        QCOMPARE(mixed.data(MachineModel::KindRole).toInt(), int(TreeKind::Mixed));
        const QModelIndex lost = m_model->indexOf(connection, sampleMachine(5));
        QTRY_COMPARE_WITH_TIMEOUT(lost.data(MachineModel::ProblemCountRole).toInt(), 1, Patience);
        QVERIFY(lost.data(MachineModel::DangerRole).toBool());
        QCOMPARE(m_model->indexOf(connection, sampleMachine(7)).data(MachineModel::ProblemCountRole).toInt(), 0);
    }
    void whatIsLeftOver()
    {
        const QByteArray disk = "<devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
                                "<source file='/images/a.qcow2'/><target dev='vda'/></disk></devices></domain>";
        m_host->addDomain(machineXml(u"alpha"_s, 1).replace("</domain>", disk));
        m_host->addDomain(machineXml(u"beta"_s, 2));
        const Tag tag{u"1"_s, u"unknown"_s, 0, 0, 0, 0, {}};
        m_host->addImage(u"/images/a.qcow2"_s, qcow2Bytes({MiB, {}, {}, {tag}}), 4096);
        m_host->addImage(u"/images/stray.qcow2"_s, qcow2Bytes({MiB, u"/images/a.qcow2"_s, u"qcow2"_s, {}}), 4096);
        // A snapshot whose data are gone is counted once, as a problem.
        m_host->setSnapshots(sampleMachine(1),
            {"<domainsnapshot><name>lost</name><state>shutoff</state><creationTime>100</creationTime><memory "
             "snapshot='no'/><disks><disk name='vda' snapshot='internal'/></disks></domainsnapshot>"},
            u"lost"_s);
        Connection *connection = m_connections->add(u"qemu:///system"_s);
        connection->open();
        QTRY_COMPARE_WITH_TIMEOUT(names().size(), 2, Patience);
        const QModelIndex alpha = m_model->indexOf(connection, sampleMachine(1));
        QTRY_COMPARE_WITH_TIMEOUT(alpha.data(MachineModel::LeftOverCountRole).toInt(), 2, Patience);
        QCOMPARE(alpha.data(MachineModel::ProblemCountRole).toInt(), 1);
        QCOMPARE(m_model->indexOf(connection, sampleMachine(2)).data(MachineModel::LeftOverCountRole).toInt(), 0);
        // What belongs to no machine is the host's.
        const QModelIndex top = m_model->indexOf(connection);
        QCOMPARE(top.data(MachineModel::LeftOverCountRole).toInt(), 0);
        QCOMPARE(top.data(MachineModel::ProblemCountRole).toInt(), 0);
        m_host->addImage(u"/images/nobodys.qcow2"_s, qcow2Bytes({MiB, u"/images/gone.qcow2"_s, u"qcow2"_s, {}}), 4096);
        m_host->removeImage(u"/images/stray.qcow2"_s);
        connection->refresh();
        QTRY_COMPARE_WITH_TIMEOUT(alpha.data(MachineModel::LeftOverCountRole).toInt(), 1, Patience);
        QCOMPARE(top.data(MachineModel::LeftOverCountRole).toInt(), 1);
        QCOMPARE(top.data(MachineModel::ProblemCountRole).toInt(), 1); // missing-backing-image
        QCOMPARE(alpha.data(MachineModel::ProblemCountRole).toInt(), 1);
    }
    void connectionsComeAndGo()
    {
        Connection *first = m_connections->add(u"qemu:///system"_s);
        Connection *second = m_connections->add(u"qemu:///session"_s);
        QCOMPARE(m_connections->add(u"qemu:///system"_s), first);
        QCOMPARE(m_connections->uris(), (QStringList{u"qemu:///system"_s, u"qemu:///session"_s}));
        QCOMPARE(m_model->rowCount(), 2);
        QCOMPARE(MachineModel::connectionOf(m_model->index(1, 0)), second);
        m_connections->remove(first);
        QCOMPARE(m_model->rowCount(), 1);
        QCOMPARE(MachineModel::connectionOf(m_model->index(0, 0)), second);
        QVERIFY(!m_model->indexOf(first).isValid());
    }
    void aClosedHostHasNoMachines()
    {
        m_host->addDomain(machineXml(u"alpha"_s, 1));
        Connection *connection = m_connections->add(u"qemu:///system"_s);
        connection->open();
        QTRY_COMPARE_WITH_TIMEOUT(names().size(), 1, Patience);
        connection->close();
        QCOMPARE(names().size(), 0);
        QCOMPARE(m_model->index(0, 0).data(MachineModel::MachineCountRole).toInt(), -1);
    }

private:
    QStringList names() const
    {
        QStringList names;
        const QModelIndex top = m_model->index(0, 0);
        for (int row = 0; row < m_model->rowCount(top); ++row)
            names.append(m_model->index(row, 0, top).data().toString());
        return names;
    }

    std::shared_ptr<FakeHost> m_host;
    std::unique_ptr<Connections> m_connections;
    std::unique_ptr<MachineModel> m_model;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
};

QTEST_GUILESS_MAIN(TestMachineModel)
#include "tst_machinemodel.moc"
