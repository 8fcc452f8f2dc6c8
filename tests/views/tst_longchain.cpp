// SPDX-License-Identifier: GPL-3.0-or-later
// Disks of very many layers, each frozen by a snapshot, from the host's files to what is drawn of them.
#include "model/inventory/inventoryreader.h"
#include "tests/support/fakehypervisor.h"
#include "tests/support/heartbeat.h"
#include "views/detailspanel.h"
#include "views/layersview.h"
#include "views/machineview.h"
#include "views/mainwindow.h"
#include "views/text/filetext.h"

#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

constexpr int Patience = 60'000;
const QString System = u"qemu:///system"_s;
const QString Uuid = u"0e9bd0a8-1c5e-4c0f-9d0a-000000000001"_s;

QString layer(int number)
{
    return u"layer-%1.qcow2"_s.arg(number, 4, 10, QChar(u'0'));
}

QString path(int number)
{
    return u"/images/"_s + layer(number);
}

QByteArray diskXml(int top, bool withChain)
{
    QString chain;
    QString end;
    for (int number = top - 1; withChain && number >= 0; --number) {
        chain += u"<backingStore type='file'><format type='qcow2'/><source file='%1'/>"_s.arg(path(number));
        end += u"</backingStore>"_s;
    }
    if (withChain)
        chain += u"<backingStore/>"_s;
    return u"<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%1'/>%2"
           "<target dev='vda'/></disk>"_s.arg(path(top), chain + end)
               .toUtf8();
}

QByteArray machineXml(int top, bool withChain)
{
    return "<domain type='qemu'><name>deep</name><uuid>" + Uuid.toUtf8() + "</uuid><devices>" + diskXml(top, withChain)
        + "</devices></domain>";
}

// The snapshot that froze layer `number`.
QByteArray snapshotXml(int number)
{
    const QString parent = number ? u"<parent><name>s%1</name></parent>"_s.arg(number - 1) : QString();
    return u"<domainsnapshot><name>s%1</name>%2<state>shutoff</state><creationTime>%3</creationTime><memory "
           "snapshot='no'/><disks><disk name='vda' snapshot='external' type='file'><driver type='qcow2'/>"
           "<source file='%4'/></disk></disks>"_s.arg(number)
               .arg(parent)
               .arg(1000 + number)
               .arg(path(number + 1))
               .toUtf8()
        + machineXml(number, false) + "</domainsnapshot>";
}

std::shared_ptr<FakeHost> hostWith(int layers)
{
    auto host = FakeHost::create();
    std::vector<QByteArray> snapshots;
    for (int number = 0; number < layers; ++number) {
        const QString below = number ? path(number - 1) : QString();
        host->addImage(path(number), qcow2Bytes({MiB, below, number ? u"qcow2"_s : QString(), {}}), 4096);
        if (number > 0)
            snapshots.push_back(snapshotXml(number - 1));
    }
    const DomainId machine = host->addDomain(machineXml(layers - 1, true));
    host->setSnapshots(machine, snapshots, u"s%1"_s.arg(layers - 2));
    return host;
}

} // namespace

class TestLongChain : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<QSettings> m_settings;
    std::shared_ptr<FakeHost> m_host;
    std::unique_ptr<Connections> m_connections;
    std::unique_ptr<MainWindow> m_window;

    void open(int layers)
    {
        m_host = hostWith(layers);
        m_connections->add(System);
        m_window = std::make_unique<MainWindow>(m_connections.get(), m_settings.get());
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_connections->find(System)->open();
        QTRY_VERIFY_WITH_TIMEOUT(m_connections->find(System)->inventory()->generation > 0, Patience);
        m_window->selectMachine(System, u"deep"_s);
        QTRY_VERIFY_WITH_TIMEOUT(layersView(), Patience);
    }
    LayersView *layersView() const { return m_window->details()->findChild<LayersView *>(); }
    QStringList drawn() const
    {
        QStringList layers;
        const QStringList spoken = layersView()->accessibleDescription().split(u"; "_s);
        for (const QString &each : spoken)
            layers += each.section(u", "_s, 0, 0);
        return layers;
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_settings = std::make_unique<QSettings>(m_folder->filePath(u"settings.ini"_s), QSettings::IniFormat);
        m_connections = std::make_unique<Connections>([this](const QString &) { return m_host->backend(); });
    }
    void cleanup()
    {
        m_window.reset();
        m_connections.reset();
    }

    void allLayersAreDrawn()
    {
        constexpr int Layers = 200;
        const test::Heartbeat heartbeat;
        open(Layers);
        QStringList expected;
        for (int number = Layers - 1; number >= 0; --number)
            expected += layer(number);
        QCOMPARE(drawn(), expected);
        // Folded at first, and with every layer in its place when it is not.
        QVERIFY(layersView()->isFolded());
        const int folded = layersView()->height();
        layersView()->setFolded(false);
        QTRY_VERIFY_WITH_TIMEOUT(layersView()->height() > 10 * folded, Patience);
        QVERIFY(layersView()->height() > Layers * layersView()->fontMetrics().height());
        layersView()->grab();

        // A snapshot in the middle shows the whole disk too, and the layer that it froze.
        QVERIFY(m_window->selectSnapshot(u"s100"_s));
        QTRY_COMPARE_WITH_TIMEOUT(drawn(), expected, Patience);
        QVERIFY(m_window->details()->plainText().contains(layer(100)));
        QVERIFY2(heartbeat.longestGap() < 500, qPrintable(QString::number(heartbeat.longestGap())));
    }

    // Reading twice as many layers is twice the work.
    void theWorkGrowsWithTheLayers()
    {
        QMap<QString, QList<int>> calls;
        for (const int layers : {100, 200}) {
            const auto host = hostWith(layers);
            const Backend backend = host->backend();
            const auto hypervisor = backend.open([](const QString &, const QString &) {});
            QVERIFY(hypervisor);
            InventoryReader reader(*hypervisor, backend.stores(*hypervisor));
            const auto inventory = reader.readAll();
            QVERIFY(inventory);
            QVERIFY((*inventory)->unknown.empty());
            const auto chain
                = (*inventory)->images->chain((*inventory)->images->at({SourceKind::File, path(layers - 1)})->id);
            QCOMPARE(chain.layers.size(), size_t(layers));
            QCOMPARE(chain.end, ImageGraph::Chain::End::Complete);
            for (const QString &call : {u"openImage"_s, u"status"_s, u"list"_s, u"snapshotXml"_s, u"domainXml"_s})
                calls[call] += host->count(call);
            QCOMPARE(*reader.poll(), *inventory);
        }
        for (auto call = calls.cbegin(); call != calls.cend(); ++call)
            QVERIFY2(call->at(1) <= 2 * call->at(0), qPrintable(call.key()));
    }

    void moreThanAreFollowed()
    {
        constexpr int Layers = ImageGraph::MaximumDepth + 200;
        open(Layers);
        const QStringList layers = drawn();
        QCOMPARE(layers.size(), ImageGraph::MaximumDepth + 1);
        QCOMPARE(layers.front(), layer(Layers - 1));
        QCOMPARE(layers.back(), FileText::tooDeep());
        layersView()->setFolded(false);
        layersView()->grab();
        const auto problems = m_connections->find(System)->assessment()->problems;
        QVERIFY(std::any_of(problems.begin(), problems.end(),
            [](const Problem &problem) { return problem.id == "backing-chain-deep"_L1; }));
    }
};

QTEST_MAIN(TestLongChain)
#include "tst_longchain.moc"
