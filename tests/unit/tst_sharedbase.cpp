// SPDX-License-Identifier: GPL-3.0-or-later
// What another machine writes below a machine's disk is a problem of that machine, and no reason to refuse it
// snapshots.
#include "model/plan/plan.h"
#include "tests/support/inventorybuilder.h"

#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

class TestSharedBase : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void creation_data()
    {
        QTest::addColumn<QString>("state");
        QTest::addColumn<CreateIntent>("intent");
        for (const char *state : {"", " running"}) {
            for (const auto kind : {CreateIntent::Kind::Internal, CreateIntent::Kind::External}) {
                CreateIntent intent{.name = u"x"_s};
                intent.kind = kind;
                QTest::addRow("%s%s", kind == CreateIntent::Kind::Internal ? "internal" : "external", state)
                    << QString::fromLatin1(state) << intent;
            }
        }
    }

    void creation()
    {
        QFETCH(const QString, state);
        QFETCH(const CreateIntent, intent);
        // "golden" can be started, and then writes into what "m" lies on.
        const QString host = u"image base\n"
                             "image clone on=base\n"
                             "machine m%1\n"
                             "disk vda clone\n"
                             "machine golden\n"
                             "disk vda base\n"_s.arg(state);
        const Plan plan
            = propose({DomainId(u"m"_s), intent}, std::make_shared<Inventory>(test::inventoryOf(host)), {}).plan;
        for (const Finding &finding : plan.findings)
            QVERIFY2(finding.severity != Verdict::Block, qPrintable(finding.id + u'@' + finding.subject));
        QVERIFY(!plan.steps.empty());
    }
};

QTEST_APPLESS_MAIN(TestSharedBase)
#include "tst_sharedbase.moc"
