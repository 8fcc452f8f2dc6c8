// SPDX-License-Identifier: GPL-3.0-or-later
// The models that the views see, which put words to the item models or leave rows out: looked at by Qt's own tester
// before and after every change of what is below them.
#include "tests/support/samplehost.h"
#include "tests/support/snapshottrees.h"
#include "views/eventlog.h"
#include "views/historyview.h"
#include "views/machineview.h"
#include "views/snapshottextmodel.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace treewarden;
using namespace treewarden::test;

namespace {

constexpr int Patience = 15'000;
constexpr qint64 Now = 1'700'000'000;

HistoryEntry entry(const QString &name, std::optional<Outcome> outcome = Outcome::Succeeded)
{
    HistoryEntry made;
    made.entry = name;
    made.time = Now * 1000;
    made.domainName = u"web"_s;
    made.intent = {u"create"_s, u"before-"_s + name};
    made.outcome = outcome;
    made.undo = HistoryEntry::Undo::Possible;
    return made;
}

Event eventNumbered(int number)
{
    Event made;
    made.time = Now * 1000 + number;
    made.domainName = (number % 2 == 0 ? u"even-%1"_s : u"odd-%1"_s).arg(number);
    made.source = EventSource::Qmp;
    made.name = u"JOB_STATUS_CHANGE"_s;
    made.data = {{u"number"_s, number}};
    return made;
}

QByteArray machineXml(const QString &name, int number)
{
    return oneDiskMachine(name, sampleMachine(number).value, u"/images/%1.qcow2"_s.arg(name));
}

// Every text that a view may ask for, so that a row which is not there any more is noticed.
void readAll(const QAbstractItemModel &model, const QModelIndex &parent = {})
{
    for (int row = 0; row < model.rowCount(parent); ++row) {
        for (int column = 0; column < model.columnCount(parent); ++column) {
            const QModelIndex index = model.index(row, column, parent);
            for (const int role : {int(Qt::DisplayRole), int(Qt::ToolTipRole), int(Qt::AccessibleTextRole),
                     int(Qt::AccessibleDescriptionRole)})
                (void)index.data(role);
        }
        readAll(model, model.index(row, 0, parent));
    }
}

QStringList texts(const QAbstractItemModel &model, int column = 0, const QModelIndex &parent = {})
{
    QStringList found;
    for (int row = 0; row < model.rowCount(parent); ++row)
        found += model.index(row, column, parent).data().toString();
    return found;
}

} // namespace

class TestTextModels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void history()
    {
        HistoryModel model;
        const QAbstractItemModelTester tester(&model);
        const QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        const auto take = [&](std::vector<HistoryEntry> entries) {
            const qsizetype count = qsizetype(entries.size());
            model.setEntries(std::move(entries));
            readAll(model);
            return model.rowCount() == count;
        };
        QVERIFY(take({}));
        QVERIFY(take({entry(u"a"_s)}));
        QVERIFY(take({entry(u"b"_s, {}), entry(u"a"_s, Outcome::Failed)}));
        QCOMPARE(model.rowOf(u"a"_s), 1);
        QCOMPARE(model.rowOf(u"c"_s), -1);
        QVERIFY(texts(model, HistoryModel::What).at(1).contains(u"before-a"_s));
        QVERIFY(texts(model, HistoryModel::Result).at(0) != texts(model, HistoryModel::Result).at(1));
        QVERIFY(take({entry(u"b"_s)}));
        QVERIFY(take({}));
        QCOMPARE(resets.size(), 5); // each was announced
        QCOMPARE(model.headerData(0, Qt::Vertical), QVariant());
        QCOMPARE(model.data({}), QVariant());
    }

    void events()
    {
        EventModel events;
        EventTextModel model;
        model.setSourceModel(&events);
        const QAbstractItemModelTester tester(&model);
        for (int number = 0; number < 6; ++number)
            events.append(eventNumbered(number));
        QCOMPARE(model.rowCount(), 6);
        model.setFilter(u"even"_s);
        readAll(model);
        QCOMPARE(model.rowCount(), 3);
        for (int number = 6; number < 10; ++number)
            events.append(eventNumbered(number)); // two of them are shown
        QCOMPARE(texts(model, EventModel::Machine),
            (QStringList{u"even-0"_s, u"even-2"_s, u"even-4"_s, u"even-6"_s, u"even-8"_s}));
        model.setFilter(u"odd-7"_s);
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.at(model.index(0, 0)).data.value(u"number"_s).toInt(), 7);
        model.setFilter(u"nothing"_s);
        QCOMPARE(model.rowCount(), 0);
        model.setFilter({});
        readAll(model);
        QCOMPARE(model.rowCount(), 10);
        events.clear();
        QCOMPARE(model.rowCount(), 0);
        events.append(eventNumbered(11));
        QCOMPARE(model.rowCount(), 1);
    }
    // The oldest go while a filter is on.
    void eventsThatAreTooMany()
    {
        EventModel events;
        for (int number = 0; number < EventModel::MaximumEvents - 1; ++number)
            events.append(eventNumbered(number));
        EventTextModel model;
        model.setSourceModel(&events);
        model.setFilter(u"odd-5"_s); // 5, 51, 53, ..., 501, 503, ..., 5999
        const int before = model.rowCount();
        const QAbstractItemModelTester tester(&model);
        events.append(eventNumbered(EventModel::MaximumEvents - 1));
        events.append(eventNumbered(EventModel::MaximumEvents));
        readAll(model);
        const int first = events.at(0).data.value(u"number"_s).toInt();
        QVERIFY(first > 5);
        int expected = 0;
        for (int number = first | 1; number <= EventModel::MaximumEvents; number += 2)
            expected += QString::number(number).startsWith(u'5');
        QCOMPARE(model.rowCount(), expected);
        QVERIFY(expected != before);
    }

    void machines()
    {
        const auto host = FakeHost::create();
        Connections connections([&](const QString &) { return host->backend(); });
        MachineModel machines(&connections);
        MachineTextModel model;
        model.setSourceModel(&machines);
        const QAbstractItemModelTester tester(&model);
        host->addDomain(machineXml(u"alpha"_s, 1));
        host->addDomain(machineXml(u"beta"_s, 2));
        Connection *connection = connections.add(u"qemu:///system"_s);
        const auto names = [&] { return texts(model, 0, model.index(0, 0)); };
        const auto refresh = [&] {
            connection->refresh();
            readAll(model);
        };
        connection->open();
        QTRY_COMPARE_WITH_TIMEOUT(names(), (QStringList{u"alpha"_s, u"beta"_s}), Patience);
        readAll(model);
        model.setFilter(u"al"_s);
        QCOMPARE(names(), QStringList{u"alpha"_s});
        QCOMPARE(model.rowCount(), 1); // connections stay
        // What comes and goes while a filter is on.
        host->addDomain(machineXml(u"also"_s, 3));
        host->addDomain(machineXml(u"gamma"_s, 4));
        refresh();
        QTRY_COMPARE_WITH_TIMEOUT(names(), (QStringList{u"alpha"_s, u"also"_s}), Patience);
        host->removeDomain(sampleMachine(1));
        refresh();
        QTRY_COMPARE_WITH_TIMEOUT(names(), QStringList{u"also"_s}, Patience);
        // A machine is found by its snapshots too, as soon as it has one.
        host->addSnapshot(sampleMachine(2),
            "<domainsnapshot><name>also-this</name><state>shutoff</state><creationTime>1700000000</creationTime>"
            "<memory snapshot='no'/><disks><disk name='vda' snapshot='internal'/></disks></domainsnapshot>");
        refresh();
        QTRY_COMPARE_WITH_TIMEOUT(names(), (QStringList{u"also"_s, u"beta"_s}), Patience);
        host->setState(sampleMachine(3), DomainState::Running);
        refresh();
        QTRY_COMPARE_WITH_TIMEOUT(model.index(0, 0, model.index(0, 0)).data(MachineModel::StateRole).toInt(),
            int(DomainState::Running), Patience);
        model.setFilter({});
        QCOMPARE(names().size(), 3);
        Connection *second = connections.add(u"test:///default"_s);
        QCOMPARE(model.rowCount(), 2);
        second->open();
        QTRY_COMPARE_WITH_TIMEOUT(model.rowCount(model.index(1, 0)), 3, Patience);
        connection->close();
        readAll(model);
        connections.remove(connection);
        QCOMPARE(model.rowCount(), 1);
        readAll(model);
        connections.remove(second);
        QCOMPARE(model.rowCount(), 0);
    }

    void snapshots()
    {
        SnapshotTextModel model;
        const QAbstractItemModelTester tester(&model);
        std::vector<Snapshot> all;
        const auto show = [&](const QString &current) {
            const Sight sight = see(all, current);
            model.show(sight.inventory, sight.assessment, machine);
            readAll(model);
        };
        model.setNow(Now);
        show({});
        for (int number = 0; number < 8; ++number) {
            all.push_back(internal(
                u"s%1"_s.arg(number), number == 0 ? QString() : all[size_t(number - 1) / 2].name, Now - 1000 + number));
            show(u"s%1"_s.arg(number));
        }
        QVERIFY(model.rowCount() >= 8);
        const QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
        model.setNow(Now + 3600); // other ages
        readAll(model);
        QVERIFY(!changes.isEmpty());
        for (const bool byName : {true, false}) {
            for (const bool newestFirst : {true, false}) {
                model.setOrder(newestFirst, byName);
                readAll(model);
            }
        }
        model.setFilter(u"s7"_s);
        readAll(model);
        model.setFilter({});
        for (int row = 0; row < model.rowCount(); ++row) {
            model.setFolded(row, true);
            readAll(model);
        }
        model.unfoldAll();
        model.setMeasured(machine, u"s3"_s, Fact<Bytes>(4096));
        readAll(model);
        while (!all.empty()) {
            all.pop_back();
            show(all.empty() ? QString() : all.back().name);
        }
        model.show(nullptr, nullptr, {});
        QCOMPARE(model.rowCount(), 0);
    }
};

QTEST_MAIN(TestTextModels)
#include "tst_textmodels.moc"
