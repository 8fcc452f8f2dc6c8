// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/eventmodel.h"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

Event eventAt(qint64 time)
{
    Event made;
    made.time = time;
    made.domainName = u"web"_s;
    made.source = EventSource::Qmp;
    made.name = u"JOB_STATUS_CHANGE"_s;
    made.data = {{u"status"_s, u"ready"_s}};
    return made;
}

} // namespace

class TestEventModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsTheNewest()
    {
        EventModel model;
        for (int i = 0; i < EventModel::MaximumEvents - 1; ++i)
            model.append(eventAt(i));
        // It looks at every row after every change: only where it matters.
        const QAbstractItemModelTester tester(&model);
        model.append(eventAt(EventModel::MaximumEvents - 1));
        model.append(eventAt(EventModel::MaximumEvents));
        QVERIFY(model.rowCount() <= EventModel::MaximumEvents);
        QVERIFY(model.rowCount() > EventModel::MaximumEvents * 9 / 10);
        QCOMPARE(model.at(model.rowCount() - 1).time, qint64(EventModel::MaximumEvents));
        QCOMPARE(model.at(0).time, qint64(EventModel::MaximumEvents + 1 - model.rowCount()));
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }
    void givesValues()
    {
        EventModel model;
        const QAbstractItemModelTester tester(&model);
        model.append(eventAt(1500));
        QCOMPARE(model.index(0, EventModel::Machine).data().toString(), u"web"_s);
        QCOMPARE(model.index(0, EventModel::Source).data().toString(), u"qmp"_s);
        QCOMPARE(model.index(0, EventModel::Details).data().toString(), u"{\"status\":\"ready\"}"_s);
    }
    void asJson()
    {
        Event event = eventAt(1500);
        const QJsonObject json = toJson(event);
        QCOMPARE(json.value("time"_L1).toDouble(), 1.5);
        QCOMPARE(json.value("source"_L1).toString(), u"qmp"_s);
        QVERIFY(json.value("disk"_L1).isNull());
        QCOMPARE(json.value("data"_L1).toObject().value("status"_L1).toString(), u"ready"_s);
        event.domainName.clear(); // of the host, or of a machine that is gone
        QVERIFY(toJson(event).value("domain"_L1).isString());
    }
};

QTEST_GUILESS_MAIN(TestEventModel)
#include "tst_eventmodel.moc"
