// SPDX-License-Identifier: GPL-3.0-or-later
// Turning machines on and off; names, descriptions, policies; and what makes a plan one that may run.
#include "tests/support/plantexts.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

using To = PowerIntent::To;

namespace {

QString allOf(const QString &host, const Intent::What &what)
{
    return proposalText(proposalFor(host, what), Verdict::Allow);
}

const auto one = u"image d tags=S\nmachine m%1\ndisk vda d\ninternal S vda=d\ncurrent S"_s;
const auto chain = u"image d\nimage d.A on=d\nmachine m\ndisk vda d.A\nexternal A vda=d>d.A\ncurrent A"_s;

} // namespace

class TestPlanPower : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void power_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<int>("to");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *name, const QString &host, To to, const char *expected) {
            QTest::newRow(name) << host << int(to) << QString::fromLatin1(expected);
        };
        row("start", one.arg(QString()), To::Start, "libvirt allow: start | ");
        row("start what runs", one.arg(u" running"_s), To::Start, "libvirt block: start | machine-running@m");
        row("start without a disk", u"image d absent\nmachine m\ndisk vda d"_s, To::Start,
            "libvirt block: start | file-missing@d");
        row("resume from a saved state", one.arg(u" managedsave"_s), To::Start,
            "libvirt allow: start | resumes-saved-state@m");
        row("start on what a snapshot froze",
            u"image d tags=S\nimage d.E on=d\nmachine m\ndisk vda d\ninternal S vda=d\n"
            "external E parent=S vda=d>d.E\ncurrent S"_s,
            To::Start, "libvirt confirm: start | spoils-states@E");
        row("start on what a clone lies on", u"image d\nimage c on=d\nmachine m\ndisk vda d\nmachine n\ndisk vda c"_s,
            To::Start, "libvirt confirm: start | spoils-states@n");
        row("start on what a stray overlay lies on", u"image d\nimage c on=d\nmachine m\ndisk vda d"_s, To::Start,
            "libvirt confirm: start | spoils-states@c");
        row("start on a base, read only",
            u"image d\nimage c on=d\nmachine m\ndisk vda d readonly\nmachine n\ndisk vda c"_s, To::Start,
            "libvirt allow: start | ");
        row("start on a base, written nowhere",
            u"image d\nimage c on=d\nmachine m\ndisk vda d transient\nmachine n\ndisk vda c"_s, To::Start,
            "libvirt allow: start | ");
        row("start with a disk that nobody here may read", u"image d unreadable\nmachine m\ndisk vda d"_s, To::Start,
            "libvirt warn: start | not-verified@d");
        row("start on a qcow2 image as raw",
            u"image d tags=S disputed=qcow2,raw\nmachine m\ndisk vda d raw\nmachine n\ndisk vda d\ninternal S vda=d"_s,
            To::Start, "libvirt block: start | format-disputed@d, spoils-states@n");
        row("start on what another has as raw",
            u"image d disputed=qcow2,raw\nmachine m\ndisk vda d\nmachine n\ndisk vda d raw readonly"_s, To::Start,
            "libvirt confirm: start | spoils-states@n");
        row("start on what nobody can say the format of",
            u"image d malformed disputed=qcow2,raw\nmachine m\ndisk vda d raw\nmachine n\ndisk vda d readonly"_s,
            To::Start, "libvirt confirm: start | spoils-states@n, format-disputed@d, not-verified@d");
        row("pause", one.arg(u" running"_s), To::Pause, "libvirt allow: pause | ");
        row("pause again", one.arg(u" paused"_s), To::Pause, "libvirt block: pause | machine-paused@m");
        row("pause what is off", one.arg(QString()), To::Pause, "libvirt block: pause | machine-off@m");
        row("pause what ends", one.arg(u" ending"_s), To::Pause, "libvirt block: pause | machine-not-ready@m");
        row("go on", one.arg(u" paused"_s), To::Resume, "libvirt allow: resume | ");
        row("go on when it runs", one.arg(u" running"_s), To::Resume, "libvirt block: resume | machine-not-paused@m");
        row("go on when off", one.arg(QString()), To::Resume, "libvirt block: resume | machine-off@m");
        row("go on, writing into a base",
            u"image d\nimage c on=d\nmachine m paused\ndisk vda d\nmachine n\ndisk vda c"_s, To::Resume,
            "libvirt confirm: resume | spoils-states@n");
        row("shut down", one.arg(u" running"_s), To::ShutDown, "libvirt allow: shut-down | ");
        row("shut down a paused one", one.arg(u" paused"_s), To::ShutDown,
            "libvirt block: shut-down | paused-guest-cannot-shut-down@m");
        row("shut down in the middle of a job", QString(one.arg(u" running"_s) + u"\njob vda backup"_s), To::ShutDown,
            "libvirt confirm: shut-down | job-would-end@vda");
        row("shut down a transient one", one.arg(u" running transient"_s), To::ShutDown,
            "libvirt confirm: shut-down | transient-machine-vanishes@m");
        row("force off", one.arg(u" running"_s), To::ForceOff, "libvirt confirm: force-off | memory-lost@m");
        row("force off what is off", one.arg(QString()), To::ForceOff, "libvirt block: force-off | machine-off@m");
        row("force off in the middle of another's job", QString(one.arg(u" running"_s) + u"\njob vda mirror foreign"_s),
            To::ForceOff, "libvirt confirm: force-off | memory-lost@m, job-would-end@vda");
    }
    void power()
    {
        QFETCH(QString, host);
        QFETCH(int, to);
        const QString text = allOf(host, PowerIntent{To(to)});
        QTEST(text, "expected");
    }

    void names()
    {
        QCOMPARE(allOf(chain, RenameIntent{u"A"_s, u"B"_s}), u"libvirt allow: rename-snapshot A | "_s);
        const Plan plan = proposalFor(chain, RenameIntent{u"A"_s, u"B"_s}).plan;
        // What it keeps is kept under the other name.
        QCOMPARE(plan.losses.size(), size_t(1));
        QCOMPARE(plan.losses.front().keptBy, 0);
        QCOMPARE(plan.outcome->domain(DomainId(u"m"_s))->current, u"B"_s);
        QCOMPARE(allOf(chain, RenameIntent{u"Z"_s, u"B"_s}), u"libvirt block:  | no-such-snapshot@Z"_s);
        QCOMPARE(allOf(chain, RenameIntent{u"A"_s, u"A"_s}), u"libvirt block:  | name-taken@A"_s);
        QCOMPARE(allOf(chain, RenameIntent{u"A"_s, u".x"_s}), u"libvirt block:  | bad-name@.x"_s);
        // The name goes where it can go.
        QCOMPARE(allOf(one.arg(QString()), RenameIntent{u"S"_s, u"B"_s}),
            u"libvirt block:  | tag-cannot-be-renamed@S\nlibvirt allow: describe-snapshot S | "_s);
        const Plan described = proposalFor(one.arg(QString()), RenameIntent{u"S"_s, u"B"_s}).alternatives.front();
        QCOMPARE(described.outcome->domain(DomainId(u"m"_s))->snapshot(u"S"_s)->description, u"B"_s);
        QCOMPARE(intentWords(described.intent).join(u' '), u"describe S B"_s);
    }

    void descriptions()
    {
        const Plan plan = proposalFor(one.arg(QString()), DescribeIntent{u"S"_s, u"why"_s}).plan;
        QCOMPARE(planText(plan, Verdict::Allow), u"libvirt allow: describe-snapshot S | "_s);
        QCOMPARE(plan.outcome->domain(DomainId(u"m"_s))->snapshot(u"S"_s)->description, u"why"_s);
        QVERIFY(plan.steps.front().isReversible);
        QCOMPARE(allOf(one.arg(QString()), DescribeIntent{u"Z"_s, {}}), u"libvirt block:  | no-such-snapshot@Z"_s);
    }

    void policies()
    {
        const Plan plan = proposalFor(one.arg(QString()), PolicyIntent{SnapshotPolicy::External}).plan;
        QCOMPARE(planText(plan, Verdict::Allow), u"libvirt allow: set-policy | "_s);
        QCOMPARE(plan.steps.front().step.text, u"external"_s);
        QCOMPARE(
            proposalFor(one.arg(QString()), PolicyIntent{SnapshotPolicy::Ask}).plan.steps.front().step.text, u"ask"_s);
    }

    void uniformTrees()
    {
        QCOMPARE(
            allOf(one.arg(QString()), UniformIntent{SnapshotKind::Internal}), u"libvirt block:  | already-uniform@m"_s);
        QCOMPARE(allOf(chain, UniformIntent{SnapshotKind::External}), u"libvirt block:  | already-uniform@m"_s);
    }

    // A plan is run only after a yes to each thing that is given up, and never where it is a Block.
    void confirming()
    {
        const auto plan = std::make_shared<const Plan>(
            proposalFor(QString(one.arg(u" running"_s) + u"\njob vda mirror foreign"_s), PowerIntent{To::ForceOff})
                .plan);
        QCOMPARE(plan->confirmations().size(), size_t(2));
        const auto none = ConfirmedPlan::confirm(plan, {});
        QVERIFY(!none);
        QCOMPARE(none.error().code, ErrorCode::Cancelled);
        QCOMPARE(none.error().subject, u"memory-lost"_s);
        QVERIFY(!ConfirmedPlan::confirm(plan, {u"memory-lost"_s}));
        QVERIFY(!ConfirmedPlan::confirm(plan, {u"memory-lost@other"_s, u"job-would-end"_s}));
        const auto both = ConfirmedPlan::confirm(plan, {u"memory-lost@m"_s, u"job-would-end"_s});
        QVERIFY(both);
        QVERIFY(both->covers(*plan));
        const auto refused = ConfirmedPlan::confirm(
            std::make_shared<const Plan>(proposalFor(one.arg(QString()), PowerIntent{To::ForceOff}).plan),
            {u"machine-off"_s});
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Unsupported);
        QCOMPARE(refused.error().subject, u"machine-off"_s);
    }

    void aPlanGoneStaleIsNotCovered()
    {
        const DeleteIntent intent{u"S"_s};
        const auto plan = std::make_shared<const Plan>(proposalFor(one.arg(QString()), intent).plan);
        const auto confirmed = ConfirmedPlan::confirm(plan, {u"snapshot-lost"_s});
        QVERIFY(confirmed);
        QVERIFY(confirmed->covers(proposalFor(one.arg(QString()), intent).plan));
        // Another snapshot lies in the file: nothing that concerns this one.
        QVERIFY(confirmed->covers(
            proposalFor(u"image d tags=S,T\nmachine m\ndisk vda d\ninternal S vda=d\ncurrent S"_s, intent).plan));
        // It is gone meanwhile, or became external, or is refused.
        QVERIFY(!confirmed->covers(proposalFor(u"image d\nmachine m\ndisk vda d"_s, intent).plan));
        QVERIFY(!confirmed->covers(
            proposalFor(u"image d\nimage d.S on=d\nmachine m\ndisk vda d.S\nexternal S vda=d>d.S\ncurrent S"_s, intent)
                .plan));
        QVERIFY(!confirmed->covers(proposalFor(QString(one.arg(u" running"_s) + u"\njob vda commit"_s), intent).plan));
        // Something more would have to be accepted.
        const auto start = std::make_shared<const Plan>(proposalFor(one.arg(QString()), PowerIntent{To::Start}).plan);
        const auto accepted = ConfirmedPlan::confirm(start, {});
        QVERIFY(accepted);
        QVERIFY(!accepted->covers(
            proposalFor(QString(u"image c on=d\n"_s + one.arg(QString())), PowerIntent{To::Start}).plan));
    }
};

QTEST_GUILESS_MAIN(TestPlanPower)
#include "tst_planpower.moc"
