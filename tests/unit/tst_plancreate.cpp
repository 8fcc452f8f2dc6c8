// SPDX-License-Identifier: GPL-3.0-or-later
// Which kind of snapshot is taken, what it costs, and what is offered where it cannot be taken.
#include "tests/support/plantexts.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

using Kind = CreateIntent::Kind;
using Memory = CreateIntent::Memory;

namespace {

const Finding *findingOf(const Plan &plan, const QString &id)
{
    for (const Finding &finding : plan.findings) {
        if (finding.id == id)
            return &finding;
    }
    return nullptr;
}

QString chosen(const Plan &plan)
{
    const Finding *finding = findingOf(plan, u"kind-chosen"_s);
    return finding ? finding->arguments.join(u' ') : QString();
}

const Step &creation(const Plan &plan)
{
    static const Step none{.kind = StepKind::Start};
    for (const PlannedStep &planned : plan.steps) {
        if (planned.step.kind == StepKind::CreateSnapshot)
            return planned.step;
    }
    return none;
}

const auto tags = u"libvirt 12.8.0\nimage d tags=S\nmachine m%1\ndisk vda d\ninternal S vda=d\ncurrent S\n"_s;
const auto chain
    = u"libvirt 12.8.0\nimage d\nimage d.A on=d\nmachine m%1\ndisk vda d.A\nexternal A vda=d>d.A\ncurrent A\n"_s;
const auto mixed = u"libvirt 12.8.0\nimage d tags=S\nimage d.A on=d\nmachine m%1\ndisk vda d.A\ninternal S vda=d\n"
                   "external A parent=S vda=d>d.A\ncurrent %2\n"_s;
const auto bare = u"libvirt %1\nimage d\nmachine m%2\ndisk vda d\n"_s;

} // namespace

class TestPlanCreate : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void kindThatIsChosen_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<CreateIntent>("intent");
        QTest::addColumn<QString>("expected");

        const CreateIntent plain{u"N"_s};
        const CreateIntent diskOnly{u"N"_s, {}, Kind::Auto, Memory::Drop};
        const CreateIntent quiesced{u"N"_s, {}, Kind::Auto, Memory::Auto, true};
        QTest::newRow("first one") << bare.arg(u"9.0.0"_s, QString()) << plain << u"internal usual"_s;
        QTest::newRow("first one, running") << bare.arg(u"9.0.0"_s, u" running"_s) << plain << u"internal usual"_s;
        QTest::newRow("running, broken here")
            << bare.arg(u"11.3.0"_s, u" running"_s) << plain << u"external works-here"_s;
        QTest::newRow("off, broken for running ones")
            << bare.arg(u"11.3.0"_s, QString()) << plain << u"internal usual"_s;
        QTest::newRow("running, mended by Debian")
            << QString(u"distribution debian 13\n"_s + bare.arg(u"11.3.0"_s, u" running"_s)) << plain
            << u"internal usual"_s;
        QTest::newRow("like the tree") << tags.arg(QString()) << plain << u"internal same-kind"_s;
        QTest::newRow("like the tree, external") << chain.arg(QString()) << plain << u"external same-kind"_s;
        QTest::newRow("mixed, like the current one")
            << mixed.arg(QString(), u"A"_s) << plain << u"external same-as-current"_s;
        QTest::newRow("mixed, at the internal one")
            << mixed.arg(QString(), u"S"_s) << plain << u"internal same-as-current"_s;
        QTest::newRow("policy") << QString(tags.arg(QString()) + u"has policy=external\n"_s) << plain
                                << u"external policy"_s;
        QTest::newRow("without memory") << tags.arg(u" running"_s) << diskOnly << u"external without-memory"_s;
        QTest::newRow("without memory, off") << tags.arg(QString()) << diskOnly << u"internal same-kind"_s;
        QTest::newRow("quiesced") << tags.arg(u" running agent"_s) << quiesced << u"external quiesced"_s;
        QTest::newRow("quiesced, off") << tags.arg(QString()) << quiesced << u"internal same-kind"_s;
        QTest::newRow("raw") << u"libvirt 12.8.0\nimage d raw\nmachine m\ndisk vda d raw"_s << plain
                             << u"external only-possible format-without-tags"_s;
        QTest::newRow("firmware") << u"libvirt 12.8.0\nimage d\nmachine m running\ndisk vda d\nnvram n\nhas efi"_s
                                  << plain << u"external only-possible nvram-forbids-internal"_s;
        QTest::newRow("saved state, external tree")
            << chain.arg(u" managedsave"_s) << plain << u"internal only-possible managed-save"_s;
        // A name that is in the way is no reason to take the other kind.
        QTest::newRow("tag there") << u"libvirt 12.8.0\nimage d tags=N\nmachine m\ndisk vda d"_s << plain
                                   << u"internal usual"_s;
        QTest::newRow("asked for") << tags.arg(QString()) << CreateIntent{u"N"_s, {}, Kind::External} << QString();
    }
    void kindThatIsChosen()
    {
        QFETCH(QString, host);
        QFETCH(CreateIntent, intent);
        const Plan plan = proposalFor(host, intent).plan;
        QTEST(chosen(plan), "expected");
        const Finding *finding = findingOf(plan, u"kind-chosen"_s);
        if (finding) {
            QCOMPARE(finding->severity, Verdict::Allow);
            QCOMPARE(finding->subject, u"N"_s);
            if (plan.verdict != Verdict::Block)
                QCOMPARE(creation(plan).has(Step::IsExternal), finding->arguments.first() == u"external"_s);
        }
    }

    void plans_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<CreateIntent>("intent");
        QTest::addColumn<QString>("expected");

        const CreateIntent plain{u"N"_s};
        const CreateIntent internal{u"N"_s, {}, Kind::Internal};
        const CreateIntent external{u"N"_s, {}, Kind::External};
        const CreateIntent diskOnly{u"N"_s, {}, Kind::External, Memory::Drop};
        const CreateIntent quiesced{u"N"_s, {}, Kind::Auto, Memory::Auto, true};
        const auto row = [](const char *name, const QString &host, const CreateIntent &intent, const char *expected) {
            QTest::newRow(name) << host << intent << QString::fromUtf8(expected);
        };
        row("internal", tags.arg(QString()), plain, "libvirt allow: create-snapshot N | ");
        row("external", chain.arg(QString()), plain, "libvirt allow: create-snapshot N d.N | ");
        row("external with memory", chain.arg(u" paused"_s), plain, "libvirt warn: create-snapshot N d.N.mem d.N | ");
        row("external without memory", chain.arg(u" running"_s), diskOnly, "libvirt warn: create-snapshot N d.N | ");
        row("quiesced", chain.arg(u" running agent"_s), quiesced, "libvirt allow: create-snapshot N d.N | ");
        row("two disks of one name",
            u"libvirt 12.8.0\nimage a.img\nimage a.raw\nmachine m\ndisk vda a.img\ndisk vdb a.raw"_s, external,
            "libvirt allow: create-snapshot N a.N a.N-vdb | ");
        row("a file of the name is there", u"libvirt 12.8.0\nimage d\nimage d.N\nmachine m\ndisk vda d"_s, external,
            "libvirt allow: create-snapshot N d.N-2 | ");
        row("mixing", tags.arg(QString()), external,
            "libvirt confirm: create-snapshot N d.N | mixes-kinds@N\n"
            "as-internal allow: create-snapshot N | ");
        row("mixing the other way", chain.arg(QString()), internal,
            "libvirt confirm: create-snapshot N | mixes-kinds@N\n"
            "as-external allow: create-snapshot N d.N | ");
        row("mixed already", mixed.arg(QString(), u"A"_s), internal, "libvirt warn: create-snapshot N | ");
        row("policy", QString(bare.arg(u"12.8.0"_s, QString()) + u"has policy=internal\n"_s), external,
            "libvirt confirm: create-snapshot N d.N | policy-violated@m\n"
            "as-internal allow: create-snapshot N | ");
        row("name taken", tags.arg(QString()), CreateIntent{u"S"_s}, "libvirt block:  | name-taken@S, tag-exists@S");
        row("bad name", tags.arg(QString()), CreateIntent{u"a/b"_s}, "libvirt block: create-snapshot a/b | bad-name@b");
        row("no name", tags.arg(QString()), CreateIntent{}, "libvirt block: create-snapshot | bad-name@");
        row("too long a name", tags.arg(QString()), CreateIntent{QString(250, u'x')},
            QString(u"libvirt block: create-snapshot %1 | bad-name@%1"_s.arg(QString(250, u'x'))).toUtf8().constData());
        row("raw", u"libvirt 12.8.0\nimage d raw\nmachine m\ndisk vda d raw"_s, internal,
            "libvirt block:  | format-without-tags@vda\n"
            "as-external allow: create-snapshot N d.N | ");
        row("no agent", chain.arg(u" running"_s), quiesced,
            "libvirt block: create-snapshot N d.N | no-guest-agent@m\n"
            "without-quiesce warn: create-snapshot N d.N | \n"
            "as-internal confirm: create-snapshot N | mixes-kinds@N\n"
            "shut-down-first allow: shut-down, create-snapshot N d.N, start | ");
        row("internal without memory", tags.arg(u" running"_s), CreateIntent{u"N"_s, {}, Kind::Internal, Memory::Drop},
            "libvirt block: create-snapshot N | internal-keeps-memory@N\n"
            "as-internal warn: create-snapshot N | \n"
            "as-external confirm: create-snapshot N d.N | mixes-kinds@N\n"
            "shut-down-first allow: shut-down, create-snapshot N, start | ");
        row("memory of what is off", tags.arg(QString()), CreateIntent{u"N"_s, {}, Kind::Auto, Memory::Keep},
            "libvirt block: create-snapshot N | no-memory-to-keep@m\n"
            "as-internal allow: create-snapshot N | \n"
            "as-external confirm: create-snapshot N d.N | mixes-kinds@N");
        row("saved state", chain.arg(u" managedsave"_s), external,
            "libvirt block: create-snapshot N d.N | managed-save@m\n"
            "as-internal confirm: create-snapshot N | mixes-kinds@N\n"
            "drop-saved-state confirm: drop-saved-state, create-snapshot N d.N | saved-state-lost@m");
        row("firmware and policy",
            u"libvirt 12.8.0\nimage d\nmachine m running\ndisk vda d\nnvram n\nhas efi policy=internal"_s, plain,
            "libvirt confirm: create-snapshot N d.N.mem d.N | policy-violated@m");
        row("a job", QString(tags.arg(u" running"_s) + u"job vda commit\n"_s), plain,
            "libvirt block: create-snapshot N | block-job-running@vda");
        row("not readable", u"libvirt 12.8.0\nimage d unreadable\nmachine m\ndisk vda d"_s, plain,
            "libvirt warn: create-snapshot N | ");
        row("no room for memory", QString(u"free 100\n"_s + chain.arg(u" running"_s) + u"has memory=200\n"_s), plain,
            "libvirt block: create-snapshot N d.N.mem d.N | no-space@images\n"
            "shut-down-first allow: shut-down, create-snapshot N d.N, start | ");
    }
    void plans()
    {
        QFETCH(QString, host);
        QFETCH(CreateIntent, intent);
        const QString text = proposalText(proposalFor(host, intent));
        QTEST(text, "expected");
    }

    void whatIsAskedForIsInTheStep()
    {
        const Plan plan = proposalFor(chain.arg(u" running agent"_s),
            CreateIntent{u"N"_s, u"before the upgrade"_s, Kind::External, Memory::Drop, true})
                              .plan;
        const Step &step = creation(plan);
        QCOMPARE(step.text, u"before the upgrade"_s);
        QVERIFY(step.has(Step::IsExternal));
        QVERIFY(step.has(Step::Quiesce));
        QVERIFY(!step.has(Step::KeepMemory));
        QCOMPARE(step.path, QString());
        QCOMPARE(step.domain, DomainId(u"m"_s));
        QVERIFY(plan.steps.front().isReversible);
        QVERIFY(plan.outcome);
        QCOMPARE(plan.outcome->domain(DomainId(u"m"_s))->current, u"N"_s);
    }

    void spaceIsCounted()
    {
        const Plan plan
            = proposalFor(QString(chain.arg(u" paused"_s) + u"has memory=512\n"_s), CreateIntent{u"N"_s}).plan;
        QCOMPARE(plan.space, (std::vector<std::pair<QString, Bytes>>{{u"/images"_s, 513 * MiB}}));
        const QString host = u"free 600\n"_s + chain.arg(u" paused"_s) + u"has memory=512\n"_s;
        const Plan tight = proposalFor(host, CreateIntent{u"N"_s}).plan;
        const Finding *little = findingOf(tight, u"little-space"_s);
        QVERIFY(little);
        QCOMPARE(little->arguments, (QStringList{QString::number(513 * MiB), QString::number(600 * MiB)}));
        QVERIFY(findingOf(proposalFor(QString(u"free unknown\n"_s + chain.arg(QString())), CreateIntent{u"N"_s}).plan,
            u"space-unknown"_s));
    }

    void noSuchMachine()
    {
        const Plan plan = propose(
            {DomainId(u"z"_s), CreateIntent{u"N"_s}}, std::make_shared<Inventory>(inventoryOf(tags.arg(QString()))), {})
                              .plan;
        QCOMPARE(planText(plan), u"libvirt block:  | no-such-machine@z"_s);
        QCOMPARE(planText(proposalFor(u"machine m unreadable"_s, CreateIntent{u"N"_s}).plan),
            u"libvirt block:  | not-verified@m"_s);
    }

    // What a row of the tree says is what the plan says.
    void verdictOfIsThePlansVerdict()
    {
        for (const QString &host : {tags.arg(QString()), chain.arg(u" running"_s), mixed.arg(QString(), u"A"_s)}) {
            const Draft base = draftOf(host);
            for (const Kind kind : {Kind::Auto, Kind::Internal, Kind::External}) {
                const Intent intent{DomainId(u"m"_s), CreateIntent{u"N"_s, {}, kind}};
                QCOMPARE(verdictOf(intent, base, {}), propose(intent, base, {}).plan.verdict);
            }
        }
    }

    // The same host planned twice gives the same plan, or nobody could confirm it.
    void planningAgainGivesTheSame()
    {
        const QString host = mixed.arg(u" running"_s, u"A"_s);
        const Plan first = proposalFor(host, CreateIntent{u"N"_s}).plan;
        const Plan second = proposalFor(host, CreateIntent{u"N"_s}).plan;
        QCOMPARE(first.hash(), second.hash());
        QVERIFY(first.hash() != proposalFor(host, CreateIntent{u"O"_s}).plan.hash());
    }
};

QTEST_GUILESS_MAIN(TestPlanCreate)
#include "tst_plancreate.moc"
