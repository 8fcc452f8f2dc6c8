// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs on real libvirt and QEMU, from the window's connection to the journal, and each put back again.
#include "tests/live/jobmachine.h"
#include "tests/support/sandboxfixture.h"

#include <sys/prctl.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Kind = CreateIntent::Kind;
using Memory = CreateIntent::Memory;

// Trees, by the snapshots that are made in them, and what to do to each.
struct Scenario
{
    QString name;
    QStringList tree; // "i1": internal, "e1": external; "on": started
    Intent::What what;
    QString way = {};
    bool isUndone = true; // undo is offered, and puts back all states
};

std::vector<Scenario> scenarios()
{
    const QStringList none;
    const QStringList external{u"e1"_s, u"e2"_s};
    const QStringList internal{u"i1"_s, u"i2"_s};
    const QStringList mixed{u"i1"_s, u"e2"_s};
    return {
        {u"create-external"_s, none, CreateIntent{u"new"_s, {}, Kind::External}},
        {u"create-internal"_s, none, CreateIntent{u"new"_s, {}, Kind::Internal}},
        {u"create-external-on"_s, {u"e1"_s, u"on"_s}, CreateIntent{u"new"_s, {}, Kind::External, Memory::Drop}},
        {u"create-external-with-memory"_s, {u"on"_s}, CreateIntent{u"new"_s, {}, Kind::External, Memory::Keep}},
        {u"create-internal-with-memory"_s, {u"on"_s}, CreateIntent{u"new"_s, {}, Kind::Internal, Memory::Keep}},
        {u"rename"_s, external, RenameIntent{u"e1"_s, u"other"_s}},
        {u"describe"_s, internal, DescribeIntent{u"i1"_s, u"a < b & \"c\""_s}},
        {u"forget"_s, external, DeleteIntent{u"e2"_s, DeleteIntent::Scope::One, true}},
        {u"delete-external"_s, external, DeleteIntent{u"e2"_s}, {}, false},
        {u"delete-external-on"_s, external + QStringList{u"on"_s}, DeleteIntent{u"e2"_s}, {}, false},
        {u"delete-internal"_s, internal, DeleteIntent{u"i1"_s}, {}, false},
        {u"delete-below-internal"_s, mixed, DeleteIntent{u"e2"_s}, {}, false},
        {u"delete-below-internal-on"_s, mixed + QStringList{u"on"_s}, DeleteIntent{u"e2"_s}, {}, false},
        {u"revert-internal"_s, internal, RevertIntent{u"i1"_s}, u"libvirt"_s, false},
        {u"revert-by-branch"_s, external, RevertIntent{u"e1"_s}, u"branch"_s},
        {u"revert-by-extraction"_s, mixed, RevertIntent{u"i1"_s}, u"extract"_s},
    };
}

const Scenario &scenario(const QString &name)
{
    static const std::vector<Scenario> all = scenarios();
    return *std::find_if(all.begin(), all.end(), [&](const Scenario &each) { return each.name == name; });
}

} // namespace

class tst_Jobs : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<JobMachine> m_machine;

    void prepare(const QStringList &tree)
    {
        int value = 1;
        for (const QString &word : tree) {
            if (word == "on"_L1) {
                QVERIFY(m_machine->execute(PowerIntent{PowerIntent::To::Start}).outcome == Outcome::Succeeded);
                continue;
            }
            const Task task
                = m_machine->execute(CreateIntent{word, {}, word.startsWith(u'e') ? Kind::External : Kind::Internal});
            QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
            QVERIFY(m_machine->write(++value));
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        // Nobody here gathers QEMU's processes while a test waits for libvirt, which waits for their end.
        prctl(PR_SET_CHILD_SUBREAPER, 0);
        m_machine = std::make_unique<JobMachine>();
        QVERIFY(m_machine->daemon.start());
        QVERIFY(m_machine->connect());
    }
    void cleanupTestCase()
    {
        m_machine.reset();
        QVERIFY(waitForWorkers(10s));
    }
    void init() { QVERIFY(m_machine->renew()); }

    void runsAndIsPutBack_data()
    {
        QTest::addColumn<QString>("name");
        for (const Scenario &each : scenarios())
            QTest::newRow(qPrintable(each.name)) << each.name;
    }

    void runsAndIsPutBack()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        prepare(what.tree);
        if (QTest::currentTestFailed())
            return;
        const auto before = m_machine->states();
        QCOMPARE(before.size(), 1 + what.tree.size() - what.tree.count(u"on"_s));
        for (int value : before)
            QVERIFY(value > 0);
        const QString current = m_machine->current();
        QStringList findings;
        auto plan = m_machine->confirm(what.what, what.way, &findings);
        if (!plan) // this libvirt needs no way of ours
            plan = m_machine->confirm(what.what, u"libvirt"_s, &findings);
        QVERIFY2(plan, qPrintable(findings.join(u' ')));
        const Task task = m_machine->execute(*plan);
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        const auto after = m_machine->states();

        // Nobody lost what was not declared.
        QSet<QString> declared;
        for (const Loss &loss : plan->plan().losses)
            declared.insert(loss.what == Loss::What::Snapshot ? loss.subject : u"now"_s);
        const auto *rename = std::get_if<RenameIntent>(&what.what);
        const auto *revert = std::get_if<RevertIntent>(&what.what);
        const auto *drop = std::get_if<DeleteIntent>(&what.what);
        for (auto state = before.cbegin(); state != before.cend(); ++state) {
            QString shown = state.key();
            if (rename && rename->snapshot == shown)
                shown = rename->newName;
            const bool isMeant = (revert && shown == "now"_L1) || (drop && drop->snapshot == shown);
            if (!isMeant && !declared.contains(shown))
                QVERIFY2(after.value(shown, -1) == state.value(), qPrintable(shown));
        }
        if (revert)
            QCOMPARE(after.value(u"now"_s), before.value(revert->snapshot));
        if (drop)
            QVERIFY(!after.contains(drop->snapshot));

        const JournalEntry entry = m_machine->entry(task.entry);
        QVERIFY(entry.outcome == Outcome::Succeeded);
        for (const JournalStep &step : entry.steps)
            QVERIFY(step.isDone);

        // By a way of libvirt's own, of which newer ones have more, it may be another matter.
        const bool isOffered = toHistory(entry, m_machine->host()).undo != HistoryEntry::Undo::No;
        if (what.way.isEmpty() || what.way == plan->plan().way)
            QCOMPARE(isOffered, what.isUndone);
        const Task undone = m_machine->undo(task.entry);
        if (isOffered) {
            QVERIFY2(undone.outcome == Outcome::Succeeded, describe(undone).constData());
            QCOMPARE(m_machine->states(), before);
            // libvirt has no call that makes none of them current.
            if (!current.isEmpty())
                QCOMPARE(m_machine->current(), current);
        } else {
            QVERIFY2(undone.outcome == Outcome::Failed, describe(undone).constData());
            QCOMPARE(m_machine->states(), after);
        }
        (void)run(u"virsh"_s, m_machine->virsh({u"destroy"_s, u"one"_s}));
        QCOMPARE(m_machine->broken(), QByteArray());
    }

    // A merge takes a checkpoint's bitmap along, or the plan has said that it does not.
    void bitmapsGoWhereItIsSaid_data()
    {
        QTest::addColumn<QStringList>("tree");
        QTest::addColumn<bool>("isOn");
        QTest::addColumn<QString>("way");
        QTest::newRow("libvirt") << QStringList{u"e"_s} << true << u"libvirt"_s;
        QTest::newRow("libvirt, off") << QStringList{u"e"_s} << false << u"libvirt"_s;
        QTest::newRow("by a running machine") << QStringList{u"i"_s, u"e"_s} << true << u"merge"_s;
        QTest::newRow("by qemu-img") << QStringList{u"i"_s, u"e"_s} << false << u"merge"_s;
    }

    void bitmapsGoWhereItIsSaid()
    {
        QFETCH(QStringList, tree);
        QFETCH(bool, isOn);
        QFETCH(QString, way);
        prepare(tree + QStringList{u"on"_s});
        if (QTest::currentTestFailed())
            return;
        const auto made = run(u"virsh"_s, m_machine->virsh({u"checkpoint-create-as"_s, u"one"_s, u"c"_s}));
        QVERIFY2(made.exitCode == 0, made.error.constData());
        if (!isOn)
            QVERIFY(m_machine->execute(PowerIntent{PowerIntent::To::ForceOff}).outcome == Outcome::Succeeded);
        QStringList findings;
        const auto plan = m_machine->confirm(DeleteIntent{u"e"_s}, way, &findings);
        QVERIFY2(plan, qPrintable(findings.join(u' ')));
        const std::vector<Finding> confirmed = plan->plan().confirmations();
        const bool isSaid = std::any_of(confirmed.begin(), confirmed.end(), [](const Finding &finding) {
            return finding == Finding{u"bitmaps-lost"_s, Verdict::Confirm, u"one"_s, {u"c"_s}};
        });
        const Task task = m_machine->execute(*plan);
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        if (isOn)
            QVERIFY(m_machine->execute(PowerIntent{PowerIntent::To::ForceOff}).outcome == Outcome::Succeeded);
        const auto info = run(u"qemu-img"_s, {u"info"_s, m_machine->path(u"one.qcow2"_s)});
        QCOMPARE(info.exitCode, 0);
        QCOMPARE(info.output.contains("bitmaps:"), !isSaid);
        QCOMPARE(isSaid, !isOn && way == "merge"_L1);
    }

    void savedStateOnTheWayBack_data()
    {
        QTest::addColumn<QStringList>("tree");
        QTest::addColumn<QString>("snapshot");
        QTest::newRow("external") << QStringList{u"e1"_s, u"e2"_s, u"on"_s} << u"e1"_s;
        QTest::newRow("internal-below") << QStringList{u"i1"_s, u"e2"_s, u"on"_s} << u"i1"_s;
    }

    // Its memory would meet other disks. There is a way back all the same, which throws it away and says so.
    void savedStateOnTheWayBack()
    {
        QFETCH(QStringList, tree);
        QFETCH(QString, snapshot);
        prepare(tree);
        if (QTest::currentTestFailed())
            return;
        const auto saved = run(u"virsh"_s, m_machine->virsh({u"managedsave"_s, u"one"_s}));
        QVERIFY2(saved.exitCode == 0, saved.error.constData());
        const auto before = m_machine->states();
        QStringList findings;
        const auto plan = m_machine->confirm(RevertIntent{snapshot}, {}, &findings);
        QVERIFY2(plan, qPrintable(findings.join(u' ')));
        QVERIFY(findings.contains(u"libvirt:managed-save"_s));
        const std::vector<Finding> confirmed = plan->plan().confirmations();
        QVERIFY(std::any_of(confirmed.begin(), confirmed.end(),
            [](const Finding &finding) { return finding.id == "saved-state-lost"_L1; }));
        const Task task = m_machine->execute(*plan);
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QVERIFY(!m_machine->read()->domain(m_machine->id())->hasManagedSave);
        auto expected = before;
        expected[u"now"_s] = before.value(snapshot);
        QCOMPARE(m_machine->states(), expected);
        // Nobody has the memory any more.
        const Task refused = m_machine->undo(task.entry);
        QVERIFY(refused.outcome == Outcome::Failed);
        QCOMPARE(refused.error.subject, u"not-undoable"_s);
        QCOMPARE(m_machine->states(), expected);
    }

    // One that came after a job keeps that from being undone, for as long as it is there.
    void savedStateKeepsFromUndoing()
    {
        prepare({u"e1"_s});
        if (QTest::currentTestFailed())
            return;
        const auto before = m_machine->states();
        const Task task = m_machine->execute(CreateIntent{u"new"_s, {}, Kind::External});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        const auto after = m_machine->states();
        QVERIFY(m_machine->execute(PowerIntent{PowerIntent::To::Start}).outcome == Outcome::Succeeded);
        QCOMPARE(run(u"virsh"_s, m_machine->virsh({u"managedsave"_s, u"one"_s})).exitCode, 0);
        const Task refused = m_machine->undo(task.entry);
        QVERIFY(refused.outcome == Outcome::Failed);
        QCOMPARE(refused.error.subject, u"managed-save"_s);
        QCOMPARE(m_machine->states(), after);
        QCOMPARE(run(u"virsh"_s, m_machine->virsh({u"managedsave-remove"_s, u"one"_s})).exitCode, 0);
        const Task undone = m_machine->undo(task.entry);
        QVERIFY2(undone.outcome == Outcome::Succeeded, describe(undone).constData());
        QCOMPARE(m_machine->states(), before);
        QCOMPARE(m_machine->broken(), QByteArray());
    }

    // QEMU saves the memory of a paused machine once: "paused due to previous migration".
    void memoryOfAPausedMachineIsSavedOnce()
    {
        const auto with = [](const char *name, CreateIntent::Memory memory) {
            return CreateIntent{QString::fromLatin1(name), {}, CreateIntent::Kind::External, memory};
        };
        QVERIFY(m_machine->execute(PowerIntent{PowerIntent::To::Start}).outcome == Outcome::Succeeded);
        QVERIFY(m_machine->execute(PowerIntent{PowerIntent::To::Pause}).outcome == Outcome::Succeeded);
        const Task first = m_machine->execute(with("m1", CreateIntent::Memory::Keep));
        QVERIFY2(first.outcome == Outcome::Succeeded, describe(first).constData());

        QStringList found;
        (void)m_machine->confirm(with("m2", CreateIntent::Memory::Keep), {}, &found);
        QVERIFY2(found.contains(u"libvirt:memory-saved-already"_s), qPrintable(found.join(u' ')));
        // So it is, and libvirt's words reach whoever asked.
        const QString memory = m_machine->path(u"m2.mem"_s);
        const auto refused = m_machine->host().hypervisor->createSnapshot(m_machine->id(),
            u"<domainsnapshot><name>m2</name><memory snapshot='external' file='%1'/></domainsnapshot>"_s.arg(memory)
                .toUtf8(),
            Hypervisor::SnapshotScope::WholeMachine);
        QVERIFY(!refused);
        QCOMPARE(refused.error().subject, JobMachine::one());
        QVERIFY2(refused.error().detail.contains(u"previous migration"_s), qPrintable(refused.error().detail));
        QCOMPARE(m_machine->power(), DomainState::Paused);

        // Where it is left open the disks alone are kept; the earlier file has the memory.
        const Task second = m_machine->execute(with("m2", CreateIntent::Memory::Auto));
        QVERIFY2(second.outcome == Outcome::Succeeded, describe(second).constData());
        QVERIFY(m_machine->execute(PowerIntent{PowerIntent::To::Resume}).outcome == Outcome::Succeeded);
        QVERIFY(m_machine->execute(PowerIntent{PowerIntent::To::Pause}).outcome == Outcome::Succeeded);
        const Task third = m_machine->execute(with("m3", CreateIntent::Memory::Keep));
        QVERIFY2(third.outcome == Outcome::Succeeded, describe(third).constData());
        const auto domain = m_machine->read()->domain(m_machine->id());
        const auto memoryOf = [&](const char *name) {
            return domain->snapshots->at(domain->snapshots->find(QString::fromLatin1(name))).memory;
        };
        QCOMPARE(memoryOf("m1"), MemoryKind::External);
        QCOMPARE(memoryOf("m2"), MemoryKind::None);
        QCOMPARE(memoryOf("m3"), MemoryKind::External);
    }

    void stalePlanIsRefused_data()
    {
        QTest::addColumn<QStringList>("virsh");
        QTest::newRow("another-snapshot")
            << QStringList{u"snapshot-create-as"_s, u"one"_s, u"x"_s, u"--disk-only"_s, u"--no-metadata"_s};
        QTest::newRow("gone") << QStringList{u"snapshot-delete"_s, u"one"_s, u"e2"_s, u"--metadata"_s};
        QTest::newRow("started") << QStringList{u"start"_s, u"one"_s};
    }

    void stalePlanIsRefused()
    {
        QFETCH(QStringList, virsh);
        prepare({u"i1"_s, u"e2"_s});
        if (QTest::currentTestFailed())
            return;
        const auto plan = m_machine->confirm(DeleteIntent{u"e2"_s});
        QVERIFY(plan);
        QCOMPARE(run(u"virsh"_s, m_machine->virsh(virsh)).exitCode, 0);
        const auto before = m_machine->states();
        const Task task = m_machine->execute(*plan);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(task.error.subject, u"stale-plan"_s);
        QCOMPARE(m_machine->states(), before);
        for (const JournalStep &step : m_machine->entry(task.entry).steps)
            QVERIFY(!step.isBegun);
    }
};

TREEWARDEN_LIVE_MAIN(tst_Jobs)
#include "tst_jobs.moc"
