// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/snapshotmodel.h"
#include "tests/support/snapshottrees.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

using namespace treewarden;
using namespace treewarden::test;

namespace {

constexpr qint64 Now = 1'700'000'000;

QStringList names(const SnapshotModel &model)
{
    QStringList result;
    for (int row = 0; row < model.rowCount(); ++row)
        result += model.item(row).kind == RowKind::Here ? u"@"_s : model.item(row).name;
    return result;
}

void show(SnapshotModel &model, const Sight &sight)
{
    model.show(sight.inventory, sight.assessment, machine);
}

// A machine whose snapshots come, go, move and change at random; the same ones keep their names.
class RandomMachine
{
public:
    explicit RandomMachine(quint32 seed)
        : m_random(seed)
    {
    }
    Sight next()
    {
        const int changes = m_random.bounded(1, 4);
        for (int change = 0; change < changes; ++change)
            changeSomething();
        std::vector<Orphan> orphans;
        for (int i = m_random.bounded(3); i > 0; --i)
            orphans.push_back(
                {OrphanKind::Overlay, {}, u"/images/orphan%1"_s.arg(i), u"orphan%1"_s.arg(i), Bytes(i), Now});
        const QString current = m_snapshots.empty() || m_random.bounded(4) == 0 ? QString() : any().name;
        return see(m_snapshots, current, std::move(orphans), {image(u"/images/vda.qcow2"_s, m_random.bounded(9))});
    }

private:
    Snapshot &any() { return m_snapshots[size_t(m_random.bounded(int(m_snapshots.size())))]; }
    void changeSomething()
    {
        const int what = m_random.bounded(10);
        if (m_snapshots.empty() || what < 4) {
            const QString parent = m_snapshots.empty() || m_random.bounded(9) == 0 ? QString() : any().name;
            m_snapshots.push_back(internal(u"s%1"_s.arg(m_next++), parent, Now + m_random.bounded(1000)));
        } else if (what < 6) {
            const int victim = m_random.bounded(int(m_snapshots.size()));
            const Snapshot gone = m_snapshots[size_t(victim)];
            m_snapshots.erase(m_snapshots.begin() + victim);
            for (Snapshot &snapshot : m_snapshots) {
                if (snapshot.parent == gone.name)
                    snapshot.parent = gone.parent;
            }
        } else if (what < 7) {
            any().description += u"more "_s;
        } else if (what < 8) {
            any().created = Now + m_random.bounded(1000);
        } else if (what < 9) {
            any().parent.clear();
        } else {
            std::shuffle(m_snapshots.begin(), m_snapshots.end(), m_random);
        }
    }

    QRandomGenerator m_random;
    std::vector<Snapshot> m_snapshots;
    int m_next = 0;
};

} // namespace

class TestSnapshotModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void saysWhyThereIsNothing();
    void givesValues();
    void marksSnapshotsWithoutData();
    void marksAllThatAProblemHarms();
    void tellsWhatWasWrittenSince();
    void announcesOnlyWhatChanged();
    void isStillWhereNothingIsNew();
    void announcesManyChangesAtOnce();
    void forgetsOnlyHereWithTheImages();
    void insertsAndRemovesOnlyWhatCameAndWent();
    void foldsAreKeptForEachMachine();
    void addsWhatWasMeasured();
    void survivesNamesThatAreTwice();
    void keepsIndexesThroughRandomUpdates_data();
    void keepsIndexesThroughRandomUpdates();
    void showsLargeTrees_data();
    void showsLargeTrees();
};

void TestSnapshotModel::saysWhyThereIsNothing()
{
    SnapshotModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.content(), SnapshotModel::Content::NoMachine);
    model.show(nullptr, nullptr, machine);
    QCOMPARE(model.content(), SnapshotModel::Content::Gone);
    show(model, seeUnknown({}));
    QCOMPARE(model.content(), SnapshotModel::Content::Reading);
    const Error broken{ErrorCode::ConnectionLost, u"host"_s, u"detail"_s};
    show(model, seeUnknown(Fact<SnapshotTree>::unknown(broken)));
    QCOMPARE(model.content(), SnapshotModel::Content::Unreadable);
    QCOMPARE(model.why(), broken);
    show(model, see({}, {}));
    QCOMPARE(model.content(), SnapshotModel::Content::NoSnapshots);
    QCOMPARE(model.rowCount(), 0);
    show(model, see({internal(u"a"_s, {}, Now)}, u"a"_s));
    QCOMPARE(model.content(), SnapshotModel::Content::Rows);
    QCOMPARE(names(model), (QStringList{u"a"_s, u"@"_s}));
    model.setFilter(u"zzz"_s);
    QCOMPARE(model.content(), SnapshotModel::Content::NoMatch);
    model.show(nullptr, nullptr, {});
    QCOMPARE(model.content(), SnapshotModel::Content::NoMachine);
}

void TestSnapshotModel::givesValues()
{
    SnapshotModel model;
    show(model, seeMixed(Now));
    QCOMPARE(names(model),
        (QStringList{u"clean-install"_s, u"drivers"_s, u"updates-june"_s, u"before-upgrade"_s, u"after-upgrade"_s,
            u"@"_s, u"try-nvidia"_s, u"disk.1719650000"_s}));
    const SnapshotItem after = model.index(4, 0).data(SnapshotModel::ItemRole).value<SnapshotItem>();
    QCOMPARE(after.snapshotKind, SnapshotKind::External);
    QCOMPARE(after.memory, MemoryKind::External);
    QCOMPARE(after.disks, 1);
    QCOMPARE(model.parentRow(4), 3);
    QCOMPARE(model.snapshot(4)->memoryFile, u"/images/after-upgrade.memory"_s);
    QVERIFY(model.item(2).isCurrent);
    QCOMPARE(model.item(5).now, DomainState::ShutOff);
    QVERIFY(model.item(6).drawing.separatorAbove);
    QCOMPARE(model.onlyHere(6), Fact<Bytes>(190 * MiB));
    QVERIFY(!model.hasIndex(0, 0, model.index(0, 0)));
}

void TestSnapshotModel::marksSnapshotsWithoutData()
{
    SnapshotModel model;
    Sight sight
        = see({internal(u"lost"_s, {}, Now)}, {}, {{OrphanKind::Metadata, {}, u"/images/x"_s, u"lost"_s, {}, {}}});
    auto assessment = std::make_shared<Assessment>(*sight.assessment);
    assessment->problems.push_back({u"snapshot-without-data"_s, Severity::Danger, machine, u"lost"_s, {}, {}});
    sight.assessment = assessment;
    show(model, sight);
    QCOMPARE(names(model), (QStringList{u"lost"_s, u"@"_s}));
    QVERIFY(model.item(0).dataMissing);
    QCOMPARE(model.item(0).problems, QStringList{u"snapshot-without-data"_s});
}

void TestSnapshotModel::marksAllThatAProblemHarms()
{
    SnapshotModel model;
    Sight sight = see(
        {internal(u"a"_s, {}, Now - 300), internal(u"b"_s, u"a"_s, Now - 200), internal(u"c"_s, u"b"_s, Now - 100)}, {},
        {});
    auto assessment = std::make_shared<Assessment>(*sight.assessment);
    assessment->problems.push_back(
        {u"frozen-file-changed"_s, Severity::Danger, machine, u"a"_s, {u"/images/x"_s}, {}, {u"c"_s}});
    sight.assessment = assessment;
    show(model, sight);
    QHash<QString, QStringList> problems;
    for (int row = 0; row < model.rowCount(); ++row)
        problems.insert(model.item(row).name, model.item(row).problems);
    QCOMPARE(problems.value(u"a"_s), QStringList{u"frozen-file-changed"_s});
    QCOMPARE(problems.value(u"b"_s), QStringList());
    QCOMPARE(problems.value(u"c"_s), QStringList{u"frozen-file-changed"_s});
}

void TestSnapshotModel::tellsWhatWasWrittenSince()
{
    SnapshotModel model;
    const auto written = [&model](std::vector<Snapshot> snapshots, std::vector<Image> images) {
        const QString current = snapshots.back().name;
        show(model, see(std::move(snapshots), current, {}, std::move(images)));
        return model.onlyHere(model.rowCount() - 1);
    };
    const Image base = image(u"/images/vda.qcow2"_s, 5 * GiB);
    QCOMPARE(written({internal(u"a"_s, {}, Now)}, {base}), Fact<Bytes>::absent());
    QCOMPARE(written({external(u"a"_s, {}, Now)}, {base, image(u"/images/vda.a"_s, 64 * MiB, u"/images/vda.qcow2"_s)}),
        Fact<Bytes>(64 * MiB));
    QVERIFY(written({external(u"a"_s, {}, Now)}, {base}).isUnknown());
    Image unread = image(u"/images/vda.a"_s, 0, u"/images/vda.qcow2"_s);
    unread.allocated = Fact<Bytes>::unknown({ErrorCode::PermissionDenied, {}, {}});
    QVERIFY(written({external(u"a"_s, {}, Now)}, {base, unread}).isUnknown());
    QCOMPARE(written({external(u"a"_s, {}, Now)}, {base, image(u"/images/vda.a"_s, 64 * MiB)}), Fact<Bytes>::absent());
}

void TestSnapshotModel::announcesOnlyWhatChanged()
{
    SnapshotModel model;
    std::vector<Snapshot> snapshots{
        internal(u"a"_s, {}, Now), internal(u"b"_s, u"a"_s, Now + 1), internal(u"c"_s, u"b"_s, Now + 2)};
    show(model, see(snapshots, u"c"_s));
    const QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    const QSignalSpy layouts(&model, &QAbstractItemModel::layoutChanged);
    const QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    show(model, see(snapshots, u"c"_s));
    QCOMPARE(changes.size(), 0);
    snapshots[1].description = u"new"_s;
    show(model, see(snapshots, u"c"_s));
    QCOMPARE(changes.size(), 1);
    QCOMPARE(changes[0][0].toModelIndex().row(), 1);
    QCOMPARE(changes[0][1].toModelIndex().row(), 1);
    QCOMPARE(layouts.size() + resets.size(), 0);
}

void TestSnapshotModel::isStillWhereNothingIsNew()
{
    SnapshotModel model;
    const Sight sight = seeMixed(Now);
    show(model, sight);
    const QSignalSpy updates(&model, &SnapshotModel::updated);
    const QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    show(model, sight);
    model.setFilter({});
    model.setOrder(model.options().newestFirst, model.options().byName);
    model.unfoldAll();
    // Another machine of the host changed.
    auto elsewhere = std::make_shared<Inventory>(*sight.inventory);
    elsewhere->domains.push_back(std::make_shared<Domain>());
    model.show(elsewhere, sight.assessment, machine);
    QCOMPARE(updates.size() + changes.size(), 0);
    QCOMPARE(model.inventory(), std::shared_ptr<const Inventory>(elsewhere));
    // What is wrong with this one did.
    auto assessment = std::make_shared<Assessment>(*sight.assessment);
    assessment->problems.push_back({u"tag-missing"_s, Severity::Danger, machine, u"drivers"_s, {}, {}});
    model.show(elsewhere, assessment, machine);
    QCOMPARE(updates.size(), 1);
    QCOMPARE(changes.size(), 1);
    QCOMPARE(model.item(changes[0][0].toModelIndex().row()).name, u"drivers"_s);
}

void TestSnapshotModel::announcesManyChangesAtOnce()
{
    SnapshotModel model;
    std::vector<Snapshot> snapshots;
    for (int i = 0; i < 200; ++i)
        snapshots.push_back(internal(u"s%1"_s.arg(i), i ? u"s%1"_s.arg(i - 1) : QString(), Now + i));
    show(model, see(snapshots, u"s199"_s));
    const QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    for (int i = 2; i < 200; i += 2)
        snapshots[size_t(i)].description = u"new"_s;
    show(model, see(snapshots, u"s199"_s));
    QCOMPARE(changes.size(), 1);
    QCOMPARE(changes[0][0].toModelIndex().row(), 2);
    QCOMPARE(changes[0][1].toModelIndex().row(), 198);
}

void TestSnapshotModel::forgetsOnlyHereWithTheImages()
{
    SnapshotModel model;
    const auto sight = [](Bytes allocated) {
        return see({internal(u"a"_s, {}, Now), external(u"b"_s, u"a"_s, Now + 1)}, u"b"_s, {},
            {image(u"/images/vda.b"_s, allocated)});
    };
    const Sight first = sight(MiB);
    show(model, first);
    QCOMPARE(model.onlyHere(1), Fact<Bytes>(MiB));
    const QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    auto grown = std::make_shared<Inventory>(*first.inventory); // the machine itself is the same
    grown->images = sight(2 * MiB).inventory->images;
    model.show(grown, first.assessment, machine);
    QCOMPARE(changes.size(), 1);
    QCOMPARE(changes[0][0].toModelIndex().row(), 1);
    QCOMPARE(changes[0][1].toModelIndex().row(), 1);
    QCOMPARE(model.onlyHere(1), Fact<Bytes>(2 * MiB));
    // Through another arrangement, too.
    model.setOrder(true, false);
    QCOMPARE(model.item(1).name, u"b"_s);
    QCOMPARE(model.onlyHere(1), Fact<Bytes>(2 * MiB));
    QVERIFY(model.onlyHere(2) != Fact<Bytes>(2 * MiB));
}

void TestSnapshotModel::insertsAndRemovesOnlyWhatCameAndWent()
{
    SnapshotModel model;
    show(model, see({internal(u"a"_s, {}, Now), internal(u"b"_s, u"a"_s, Now + 1)}, u"b"_s));
    const QSignalSpy inserts(&model, &QAbstractItemModel::rowsInserted);
    const QSignalSpy removes(&model, &QAbstractItemModel::rowsRemoved);
    const QSignalSpy layouts(&model, &QAbstractItemModel::layoutChanged);
    show(model,
        see({internal(u"a"_s, {}, Now), internal(u"b"_s, u"a"_s, Now + 1), internal(u"c"_s, u"b"_s, Now + 2)}, u"c"_s));
    QCOMPARE(names(model), (QStringList{u"a"_s, u"b"_s, u"c"_s, u"@"_s}));
    QCOMPARE(inserts.size(), 1);
    QCOMPARE(inserts[0][1].toInt(), 2);
    show(model, see({internal(u"b"_s, {}, Now + 1), internal(u"c"_s, u"b"_s, Now + 2)}, u"c"_s));
    QCOMPARE(names(model), (QStringList{u"b"_s, u"c"_s, u"@"_s}));
    QCOMPARE(removes.size(), 1);
    QCOMPARE(layouts.size(), 0);
}

void TestSnapshotModel::foldsAreKeptForEachMachine()
{
    SnapshotModel model;
    show(model, seeChain(5, Now));
    model.setFolded(1, true);
    QCOMPARE(names(model), (QStringList{u"daily-1"_s, u"daily-2"_s, u"@"_s}));
    QCOMPARE(model.item(1).drawing.hidden, 3);
    model.show(nullptr, nullptr, DomainId(u"other"_s));
    QCOMPARE(model.rowCount(), 0);
    show(model, seeChain(6, Now));
    QCOMPARE(model.item(1).drawing.hidden, 4);
    model.setFolded(2, true); // "You are here" cannot be folded
    QCOMPARE(model.rowCount(), 3);
    model.unfoldAll();
    QCOMPARE(model.rowCount(), 7);
}

void TestSnapshotModel::addsWhatWasMeasured()
{
    SnapshotModel model;
    show(model, see({internal(u"a"_s, {}, Now)}, u"a"_s, {}, {image(u"/images/vda.qcow2"_s, GiB)}));
    const Fact<Bytes> before = model.onlyHere(0);
    const QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.setMeasured(machine, u"a"_s, Fact<Bytes>(7 * MiB));
    QCOMPARE(changes.size(), 1);
    QCOMPARE(model.onlyHere(0), before.isUnknown() ? before : Fact<Bytes>(7 * MiB));
    model.setMeasured(DomainId(u"other"_s), u"a"_s, Fact<Bytes>(9 * MiB));
    QCOMPARE(changes.size(), 1);
}

void TestSnapshotModel::survivesNamesThatAreTwice()
{
    SnapshotModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    show(model, see({internal(u"a"_s, {}, Now), internal(u"a"_s, {}, Now), internal(u"a"_s, u"a"_s, Now)}, u"a"_s));
    QCOMPARE(model.rowCount(), 4);
    const QPersistentModelIndex kept = model.index(2, 0);
    show(model, see({internal(u"b"_s, {}, Now), internal(u"a"_s, u"b"_s, Now), internal(u"a"_s, {}, Now)}, u"b"_s));
    QVERIFY(!kept.isValid() || model.item(kept.row()).name == u"a");
}

void TestSnapshotModel::keepsIndexesThroughRandomUpdates_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 12; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestSnapshotModel::keepsIndexesThroughRandomUpdates()
{
    QFETCH(quint32, seed);
    SnapshotModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QRandomGenerator random(seed);
    RandomMachine other(seed);
    Sight sight = other.next();
    show(model, sight);
    const QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    for (int step = 0; step < 120; ++step) {
        QHash<QString, QPersistentModelIndex> kept;
        for (int row = 0; row < model.rowCount(); ++row)
            kept.insert(names(model).at(row), model.index(row, random.bounded(int(SnapshotModel::ColumnCount))));

        switch (random.bounded(6)) {
        case 0:
            model.setOrder(random.bounded(2), random.bounded(2));
            break;
        case 1:
            model.setFilter(random.bounded(2) ? QString() : QString::number(random.bounded(10)));
            break;
        case 2:
            model.setFolded(model.rowCount() ? random.bounded(model.rowCount()) : 0, random.bounded(3));
            break;
        default:
            sight = other.next();
            show(model, sight);
            break;
        }

        const QStringList now = names(model);
        for (auto index = kept.cbegin(); index != kept.cend(); ++index) {
            QCOMPARE(index->isValid(), now.contains(index.key()));
            if (index->isValid())
                QCOMPARE(now.at(index->row()), index.key());
        }
        // What stands there now is what a model that never knew better shows.
        SnapshotModel fresh;
        fresh.setOrder(model.options().newestFirst, model.options().byName);
        fresh.setFilter(model.options().filter);
        show(fresh, sight);
        for (const QString &folded : model.options().folded) {
            for (int row = 0; row < fresh.rowCount(); ++row) {
                if (fresh.item(row).kind == RowKind::Snapshot && fresh.item(row).name == folded)
                    fresh.setFolded(row, true);
            }
        }
        if (model.options().filter.isEmpty()) {
            for (int row = 0; row < model.rowCount(); ++row) {
                QCOMPARE(model.parentRow(row) < 0, fresh.parentRow(row) < 0);
                QCOMPARE(model.onlyHere(row), fresh.onlyHere(row));
            }
        }
        QVERIFY(model.rowCount() <= fresh.rowCount());
    }
    QCOMPARE(resets.size(), 0);
}

void TestSnapshotModel::showsLargeTrees_data()
{
    QTest::addColumn<bool>("chain");
    QTest::newRow("chain") << true;
    QTest::newRow("bushy") << false;
}

void TestSnapshotModel::showsLargeTrees()
{
    QFETCH(bool, chain);
    QRandomGenerator random(3);
    std::vector<Snapshot> snapshots;
    for (int i = 0; i < 10000; ++i)
        snapshots.push_back(
            internal(u"s%1"_s.arg(i), i ? u"s%1"_s.arg(chain ? i - 1 : random.bounded(i)) : QString(), Now + i));
    const Sight sight = see(snapshots, u"s9999"_s);
    snapshots.push_back(internal(u"new"_s, u"s9999"_s, Now + 10000));
    const Sight later = see(snapshots, u"new"_s);
    SnapshotModel model;
    QElapsedTimer timer;
    const auto measured
        = [&timer](const char *what) { qInfo("%s: %.1f ms", what, double(timer.nsecsElapsed()) / 1e6); };
    timer.start();
    show(model, sight);
    measured("first showing");
    QCOMPARE(model.rowCount(), 10001);
    timer.start();
    show(model, sight);
    measured("nothing new");
    timer.start();
    show(model, later);
    measured("one more snapshot");
    QCOMPARE(model.rowCount(), 10002);
    timer.start();
    model.setFilter(u"77"_s);
    measured("filter");
    timer.start();
    model.setFilter({});
    measured("no filter");
    timer.start();
    model.setOrder(true, true);
    measured("turned over, by name");
    QCOMPARE(model.rowCount(), 10002);
}

QTEST_GUILESS_MAIN(TestSnapshotModel)
#include "tst_snapshotmodel.moc"
