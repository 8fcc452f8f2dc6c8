// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs on a host in memory, whose calls fail, lie and lose the connection one after another. Whatever happens: the
// history says what was done, and nobody has lost what the plan did not declare.
#include "model/domain/nvramcopy.h"
#include "model/job/pins.h"
#include "model/job/recovery.h"
#include "model/job/runner.h"
#include "model/job/undo.h"
#include "tests/support/fakehypervisor.h"

#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const DomainId machine(u"0e9bd0a8-1c5e-4c0f-9d0a-0000000000aa"_s);
const QString folder = u"/images/"_s;
constexpr qint64 now = 1'790'000'000;

QString domainXml(const QString &file)
{
    return u"<domain type='qemu'><name>web</name><uuid>%1</uuid><memory unit='MiB'>64</memory>"
           "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><devices><disk type='file' device='disk'>"
           "<driver name='qemu' type='qcow2'/><source file='%2'/><target dev='vda' bus='virtio'/></disk></devices>"
           "</domain>"_s.arg(machine.value, folder + file);
}

// A job host over a new connection to the fake one.
JobHost connectTo(FakeHost &host)
{
    const Backend backend = host.backend();
    const auto hypervisor = backend.open({});
    if (!hypervisor)
        qFatal("the fake host does not open");
    return makeJobHost(*hypervisor, backend.editor(*hypervisor), backend.stores(*hypervisor));
}

// In memory, where that can be had: a journal waits for the disk with every record.
QString stateFolder()
{
    const QFileInfo memory(u"/dev/shm"_s);
    return memory.isDir() && memory.isWritable() ? u"/dev/shm/tw-XXXXXX"_s : QDir::tempPath() + u"/tw-XXXXXX"_s;
}

struct World
{
    std::shared_ptr<FakeHost> fake = FakeHost::create();
    QTemporaryDir state{stateFolder()};
    std::shared_ptr<Journal> journal = std::make_shared<Journal>(state.path(), u"test:///"_s);
    std::unique_ptr<JobHost> host;
    Runner::Options options{1ms, 200ms, {}};

    World()
    {
        fake->giveMonitors();
        fake->addDomain(domainXml(u"a.qcow2"_s).toUtf8());
        fake->addImage(folder + u"a.qcow2"_s, qcow2Bytes({}), 5 * MiB);
        fake->setContents(folder + u"a.qcow2"_s, "first");
        host = std::make_unique<JobHost>(connectTo(*fake));
    }

    std::shared_ptr<const Inventory> read() const
    {
        const auto inventory = connectTo(*fake).read();
        if (!inventory)
            qFatal("cannot read: %s", qPrintable(inventory.error().detail));
        return *inventory;
    }
    // The first way that is not blocked, with all that it asks for.
    std::optional<ConfirmedPlan> confirm(const Intent::What &what, const QString &way = {}) const
    {
        Proposal proposal = propose({machine, what}, read(), {now, true});
        std::vector<Plan> plans{std::move(proposal.plan)};
        for (Plan &plan : proposal.alternatives)
            plans.push_back(std::move(plan));
        for (Plan &plan : plans) {
            if (plan.verdict == Verdict::Block || (!way.isEmpty() && plan.way != way))
                continue;
            QStringList all;
            for (const Finding &finding : plan.confirmations())
                all += finding.id;
            if (const auto confirmed = ConfirmedPlan::confirm(std::make_shared<const Plan>(std::move(plan)), all))
                return *confirmed;
        }
        return {};
    }
    Task run(const ConfirmedPlan &plan) { return run(orderOf(plan, {now, true})); }
    Task run(const JobOrder &order) { return Runner(*host, journal, options).run(order); }
    Task run(const Intent::What &what, const QString &way = {})
    {
        const auto plan = confirm(what, way);
        if (!plan)
            return {};
        return run(*plan);
    }
    Result<Task> undo(const QString &entry)
    {
        return undoOrder(*journal, *host, entry).map([this](const JobOrder &order) { return run(order); });
    }
    // What each snapshot and the machine show.
    QMap<QString, QByteArray> states() const
    {
        QMap<QString, QByteArray> shown;
        const auto inventory = read();
        const auto domain = inventory->domain(machine);
        if (!domain || !domain->definition.isKnown())
            return shown;
        for (const Disk &disk : domain->definition->disks)
            shown.insert(u"now"_s, fake->shows(disk.source.location.name));
        if (domain->definition->nvram)
            shown.insert(u"now/nvram"_s, fake->shows(domain->definition->nvram->path));
        if (!domain->snapshots.isKnown())
            return shown;
        for (int node = 0; node < domain->snapshots->size(); ++node) {
            const Snapshot &snapshot = domain->snapshots->at(node);
            for (const SnapshotDisk &disk : snapshot.disks) {
                const QString frozen = snapshot.frozen(disk.target).location.name;
                if (disk.kind == SnapshotDiskKind::Internal)
                    shown.insert(snapshot.name, fake->shows(frozen, snapshot.name));
                else if (disk.kind == SnapshotDiskKind::External)
                    shown.insert(snapshot.name, fake->shows(frozen));
            }
            if (const QString copy = nvramCopyPath(snapshot); !copy.isEmpty() && fake->has(copy))
                shown.insert(snapshot.name + u"/nvram"_s, fake->shows(copy));
        }
        return shown;
    }
    QString current() const
    {
        const auto domain = read()->domain(machine);
        const int node = domain->snapshots.isKnown() ? domain->snapshots->current() : -1;
        return node < 0 ? QString() : domain->snapshots->at(node).name;
    }
    QStringList names() const { return read()->domain(machine)->snapshots.isKnown() ? states().keys() : QStringList(); }
    // Without second names that are kept for an undo.
    QStringList files() const
    {
        QStringList found = fake->files();
        found.removeIf([](const QString &file) { return isPin(file); });
        return found;
    }
    qsizetype pins() const { return fake->files().size() - files().size(); }
    // A guest writes into what the machine runs on.
    void write(const QByteArray &word)
    {
        const auto domain = read()->domain(machine);
        fake->setContents(domain->definition->disks.front().source.location.name, word);
    }
    // The machine has firmware, which keeps its variables; what it writes there.
    void flash(const QByteArray &word)
    {
        const QString nvram = folder + u"vars.fd"_s;
        QByteArray xml = fake->definition(machine);
        if (!xml.contains("<nvram>"))
            fake->setDefinition(
                machine, xml.replace("</type></os>", QByteArray("</type><nvram>" + nvram.toUtf8() + "</nvram></os>")));
        fake->addImage(nvram, word, MiB);
        fake->setContents(nvram, word);
    }
    void make(const QString &name, CreateIntent::Kind kind)
    {
        const Task task = run(CreateIntent{name, {}, kind});
        if (task.outcome != Outcome::Succeeded)
            qFatal("cannot make %s: %s %s", qPrintable(name), qPrintable(task.error.subject),
                qPrintable(task.error.detail));
    }
    std::vector<JournalEntry> entries() const { return journal->read()->entries; }
};

// Trees to work on, and what to do to them.
struct Scenario
{
    QString name;
    std::function<void(World &)> prepare;
    Intent::What what;
    QString way = {};
};

std::vector<Scenario> scenarios()
{
    using Kind = CreateIntent::Kind;
    const auto nothing = [](World &) {};
    const auto external = [](World &world) {
        world.make(u"e1"_s, Kind::External);
        world.write("second");
        world.make(u"e2"_s, Kind::External);
        world.write("third");
    };
    const auto internal = [](World &world) {
        world.make(u"i1"_s, Kind::Internal);
        world.write("second");
        world.make(u"i2"_s, Kind::Internal);
        world.write("third");
    };
    const auto mixed = [](World &world) {
        world.make(u"i1"_s, Kind::Internal);
        world.write("second");
        world.make(u"e2"_s, Kind::External);
        world.write("third");
    };
    const auto firmware = [](World &world) { world.flash("variables"); };
    const auto flashed = [firmware](Kind kind) {
        return [firmware, kind](World &world) {
            firmware(world);
            world.make(u"s"_s, kind);
            world.write("second");
            world.flash("others");
            world.make(u"t"_s, kind);
            world.write("third");
            world.flash("newest");
        };
    };
    const auto running = [external](World &world) {
        external(world);
        world.fake->setState(machine, DomainState::Running);
    };
    // As after a revert to an internal snapshot that nobody guarded: the machine writes into what e2 froze.
    const auto damaged = [mixed](World &world) {
        const auto base = world.read()->domain(machine)->definition->disks.front().source.location.name;
        mixed(world);
        const auto overlay = world.read()->domain(machine)->definition->disks.front().source.location.name;
        world.fake->setDefinition(machine, world.fake->definition(machine).replace(overlay.toUtf8(), base.toUtf8()));
    };
    const auto leftOver = [](World &world) {
        world.fake->addImage(folder + u"stray"_s, qcow2Bytes({20 * GiB, folder + u"a.qcow2"_s, u"qcow2"_s, {}}), MiB);
        world.fake->setContents(folder + u"stray"_s, "stray");
    };
    const auto unlisted = [](World &world) {
        world.make(u"i1"_s, Kind::Internal);
        world.fake->removeSnapshot(machine, u"i1"_s);
    };
    return {
        {u"remove-orphan"_s, leftOver, RemoveOrphanIntent{folder + u"stray"_s}},
        {u"remove-orphan-tag"_s, unlisted, RemoveOrphanIntent{folder + u"a.qcow2"_s, u"i1"_s}},
        {u"create-external"_s, nothing, CreateIntent{u"new"_s, {}, Kind::External}},
        {u"create-internal"_s, nothing, CreateIntent{u"new"_s, {}, Kind::Internal}},
        {u"rename"_s, external, RenameIntent{u"e1"_s, u"other"_s}},
        {u"describe"_s, internal, DescribeIntent{u"i1"_s, u"a word"_s}},
        {u"delete-external"_s, external, DeleteIntent{u"e2"_s}},
        {u"delete-external-running"_s, running, DeleteIntent{u"e2"_s}},
        {u"delete-internal"_s, internal, DeleteIntent{u"i1"_s}},
        {u"delete-below-internal"_s, mixed, DeleteIntent{u"e2"_s}},
        {u"forget"_s, external, DeleteIntent{u"e2"_s, DeleteIntent::Scope::One, true}},
        {u"forget-damaged"_s, damaged, DeleteIntent{u"e2"_s, DeleteIntent::Scope::One, true}},
        {u"revert-external"_s, external, RevertIntent{u"e1"_s}},
        {u"revert-internal"_s, internal, RevertIntent{u"i1"_s}},
        {u"revert-below"_s, mixed, RevertIntent{u"i1"_s}},
        {u"create-external-firmware"_s, firmware, CreateIntent{u"new"_s, {}, Kind::External}},
        {u"create-internal-firmware"_s, firmware, CreateIntent{u"new"_s, {}, Kind::Internal}},
        {u"revert-external-firmware"_s, flashed(Kind::External), RevertIntent{u"s"_s}},
        {u"revert-branch-firmware"_s, flashed(Kind::External), RevertIntent{u"s"_s}, u"branch"_s},
        {u"revert-internal-firmware"_s, flashed(Kind::Internal), RevertIntent{u"s"_s}},
        {u"rename-firmware"_s, flashed(Kind::External), RenameIntent{u"s"_s, u"other"_s}},
        {u"delete-internal-firmware"_s, flashed(Kind::Internal), DeleteIntent{u"s"_s}},
        {u"forget-firmware"_s, flashed(Kind::External), DeleteIntent{u"t"_s, DeleteIntent::Scope::One, true}},
        {u"delete-all"_s, external, DeleteIntent{u"e1"_s, DeleteIntent::Scope::WithChildren}},
    };
}

const Scenario &scenario(const QString &name)
{
    static const std::vector<Scenario> all = scenarios();
    return *std::find_if(all.begin(), all.end(), [&](const Scenario &each) { return each.name == name; });
}

// What a plan may lose: the states that it declared, by their names in states().
QSet<QString> declaredBy(const Plan &plan)
{
    QSet<QString> declared;
    for (const Loss &loss : plan.losses)
        declared.insert(loss.what == Loss::What::Snapshot ? loss.subject : u"now"_s);
    return declared;
}

QString changedName(const Intent &intent, const QString &name)
{
    const auto *rename = std::get_if<RenameIntent>(&intent.what);
    return rename && rename->snapshot == name.section(u'/', 0, 0) ? rename->newName + name.mid(rename->snapshot.size())
                                                                  : name;
}

// States that were there before and nobody shows any more, though the plan did not declare them.
QStringList lost(World &world, const QMap<QString, QByteArray> &before, const Plan &plan)
{
    const QMap<QString, QByteArray> after = world.states();
    const QSet<QString> declared = declaredBy(plan);
    QStringList found;
    for (auto state = before.cbegin(); state != before.cend(); ++state) {
        const QString renamed = changedName(plan.intent, state.key());
        if (declared.contains(state.key().section(u'/', 0, 0)) || after.value(state.key()) == state.value()
            || after.value(renamed) == state.value())
            continue;
        // libvirt may have been told to forget a snapshot, whose files stay.
        const auto files = world.fake->files();
        const bool isStillThere = std::any_of(files.begin(), files.end(), [&](const QString &file) {
            if (world.fake->shows(file) == state.value())
                return true;
            const QStringList tags = world.fake->tags(file);
            return std::any_of(tags.begin(), tags.end(),
                [&](const QString &tag) { return world.fake->shows(file, tag) == state.value(); });
        });
        if (!isStillThere)
            found += state.key();
    }
    return found;
}

QByteArray describe(const Task &task)
{
    return (task.outcome ? outcomeName(*task.outcome) : u"none"_s).toUtf8() + ": " + task.error.subject.toUtf8() + " / "
        + task.error.detail.toUtf8();
}

} // namespace

class TestJobRunner : public QObject
{
    Q_OBJECT

private:
    // The host shows the last step that was done; what later steps of the plan have done to an earlier one's result is
    // not in question then. A commit shows in nothing but the contents.
    static void checkLastDone(World &world, const JournalEntry &entry, const QByteArray &context)
    {
        const auto last = std::find_if(
            entry.steps.rbegin(), entry.steps.rend(), [](const JournalStep &step) { return step.isDone; });
        if (last == entry.steps.rend())
            return;
        const bool isThere = last->step.kind == StepKind::CommitOffline
            ? world.fake->shows(last->step.path) == world.fake->shows(last->step.base)
            : isDone(last->step, *std::make_unique<JobHost>(connectTo(*world.fake))).value_or(false);
        QVERIFY2(isThere, QByteArray(stepName(last->step.kind).toUtf8() + " in " + context).constData());
        // None before it was left out.
        for (auto earlier = last; earlier != entry.steps.rend(); ++earlier)
            QVERIFY2(earlier->isDone, context.constData());
    }

private Q_SLOTS:
    void succeeds_data()
    {
        QTest::addColumn<QString>("name");
        for (const Scenario &each : scenarios())
            QTest::newRow(qPrintable(each.name)) << each.name;
    }

    void succeeds()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        World world;
        what.prepare(world);
        const auto before = world.states();
        const auto plan = world.confirm(what.what, what.way);
        QVERIFY(plan);
        QStringList points;
        world.options.passed = [&](const QString &point) { points += point; };
        const Task task = world.run(*plan);
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QCOMPARE(lost(world, before, plan->plan()), QStringList());
        const JournalEntry entry = world.entries().back();
        QCOMPARE(entry.entry, task.entry);
        QVERIFY(entry.outcome == Outcome::Succeeded);
        for (const JournalStep &step : entry.steps)
            QVERIFY(step.isBegun && step.isDone);
        QCOMPARE(entry.hash, QString::fromLatin1(plan->plan().hash()));
        QStringList expected{u"intent"_s};
        for (size_t i = 0; i < entry.steps.size(); ++i)
            expected += {u"step-begun"_s, u"step-ran"_s, u"step-done"_s};
        expected += u"outcome"_s;
        QCOMPARE(points, expected);
    }

    void undoPutsBackAllStates_data() { succeeds_data(); }

    // Where it is offered.
    void undoPutsBackAllStates()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        World world;
        what.prepare(world);
        const auto before = world.states();
        const QString current = world.current();
        const QStringList files = world.files();
        const Task task = world.run(what.what, what.way);
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        const auto after = world.states();
        const HistoryEntry history = toHistory(world.entries().back(), *world.host);
        const auto undone = world.undo(task.entry);
        if (history.undo == HistoryEntry::Undo::No) {
            QVERIFY(!undone);
            QCOMPARE(undone.error().code, ErrorCode::Unsupported);
            QCOMPARE(world.states(), after);
            return;
        }
        QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject + u" / " + undone.error().detail));
        QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
        QVERIFY(undone->isUndo);
        QCOMPARE(world.states(), before);
        QCOMPARE(world.current(), current);
        QCOMPARE(world.files(), files);
        const auto entries = world.entries();
        QVERIFY(entries[entries.size() - 2].isUndone);
        QCOMPARE(entries.back().undoes, task.entry);
        QCOMPARE(toHistory(entries[entries.size() - 2], *world.host).pinned, Bytes(0));
        // Once.
        const auto again = world.undo(task.entry);
        QVERIFY(!again);
        QCOMPARE(again.error().subject, u"undone-already"_s);
    }

    void faults_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("kind");
        using Kind = FakeHost::Fault::Kind;
        for (const Scenario &each : scenarios()) {
            for (const auto &[kind, word] : {std::pair(Kind::Fail, "fails"),
                     std::pair(Kind::FailAfterwards, "fails late"), std::pair(Kind::Lie, "lies"),
                     std::pair(Kind::Lose, "is lost"), std::pair(Kind::LoseAfterwards, "is lost late")})
                QTest::addRow("%s, %s", qPrintable(each.name), word) << each.name << int(kind);
        }
    }

    // Each change of the host goes wrong in turn.
    void faults()
    {
        QFETCH(QString, name);
        QFETCH(int, kind);
        const Scenario &what = scenario(name);
        const auto fault = FakeHost::Fault::Kind(kind);
        using Kind = FakeHost::Fault::Kind;
        for (int n = 1; n < 40; ++n) {
            World world;
            what.prepare(world);
            const auto before = world.states();
            const QString current = world.current();
            const auto plan = world.confirm(what.what, what.way);
            QVERIFY(plan);
            const qsizetype done = world.fake->changes().size();
            world.fake->setFault(u"*"_s, {fault}, n);
            const Task task = world.run(*plan);
            QVERIFY(task.outcome);
            const QStringList changes = world.fake->changes().mid(done);
            const QByteArray context
                = QByteArray::number(n) + ". " + changes.join(u' ').toUtf8() + " -> " + describe(task);
            // The host may be anything, but nobody lost anything that he did not agree to.
            const QStringList gone = lost(world, before, plan->plan());
            QVERIFY2(gone.isEmpty(), QByteArray(gone.join(u' ').toUtf8() + " after " + context).constData());
            const JournalEntry entry = world.entries().back();
            QCOMPARE(entry.entry, task.entry);
            QVERIFY2(entry.outcome == task.outcome, context.constData());
            const HistoryEntry history = toHistory(entry);
            QVERIFY(history.outcome == task.outcome);
            if (changes.size() < n) { // nothing went wrong any more
                QVERIFY2(task.outcome == Outcome::Succeeded, context.constData());
                QVERIFY(n > 1);
                return;
            }
            if (changes.value(n - 1) == "pin"_L1 && task.outcome == Outcome::Succeeded) {
                // A file that could not be kept is said; nothing else is wrong.
                QVERIFY2(fault != Kind::Lose && fault != Kind::LoseAfterwards, context.constData());
                continue;
            }
            if (fault == Kind::Lose || fault == Kind::LoseAfterwards)
                QVERIFY2(task.outcome == Outcome::Indeterminate, context.constData());
            else
                QVERIFY2(task.outcome == Outcome::Failed, context.constData());
            // Half of a renaming would leave two names for one state.
            if (name == "rename"_L1 && (fault == Kind::Fail || fault == Kind::FailAfterwards)) {
                QVERIFY2(world.states() == before, context.constData());
                QCOMPARE(world.current(), current);
            }
            if (!entry.isPutBack)
                checkLastDone(world, entry, context);
            if (QTest::currentTestFailed())
                return;
            if (entry.isPutBack) {
                QCOMPARE(world.states(), before);
                for (const auto &step : history.steps)
                    QVERIFY(!step.isDone);
            }
        }
        QFAIL("the plan has no end");
    }

    void stalePlanDoesNothing_data()
    {
        QTest::addColumn<QString>("change");
        for (const char *change : {"snapshot", "gone", "started", "written-by-another"})
            QTest::newRow(change) << QString::fromLatin1(change);
    }

    void stalePlanDoesNothing()
    {
        QFETCH(QString, change);
        World world;
        // Which ends in a file that is committed while the machine is off; a running one is asked to do it itself.
        scenario(u"delete-below-internal"_s).prepare(world);
        const auto plan = world.confirm(DeleteIntent{u"e2"_s});
        QVERIFY(plan);
        if (change == "snapshot"_L1) {
            world.make(u"e3"_s, CreateIntent::Kind::External);
        } else if (change == "gone"_L1) {
            QVERIFY(world.host->hypervisor->forgetSnapshot(machine, u"e2"_s));
        } else if (change == "started"_L1) {
            QVERIFY(world.host->hypervisor->start(machine));
        } else {
            // Another machine has come to rely on what would be written.
            const auto frozen = world.read()->domain(machine)->definition->disks.front().source.location.name;
            const QString base = world.fake->backing(frozen);
            QString xml = domainXml(u"clone.qcow2"_s);
            xml.replace(machine.value, u"0e9bd0a8-1c5e-4c0f-9d0a-0000000000bb"_s).replace(u"web"_s, u"clone"_s);
            world.fake->addImage(folder + u"clone.qcow2"_s, qcow2Bytes({20 * GiB, base, u"qcow2"_s, {}}), MiB);
            world.fake->addDomain(xml.toUtf8());
        }
        const auto before = world.states();
        const qsizetype changes = world.fake->changes().size();
        const Task task = world.run(*plan);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(task.error.code, ErrorCode::Busy);
        QCOMPARE(task.error.subject, u"stale-plan"_s);
        QCOMPARE(world.fake->changes().size(), changes);
        QCOMPARE(world.states(), before);
        const JournalEntry entry = world.entries().back();
        QVERIFY(entry.outcome == Outcome::Failed);
        for (const JournalStep &step : entry.steps)
            QVERIFY(!step.isBegun);
    }

    void cancelAtEachMoment_data() { succeeds_data(); }

    void cancelAtEachMoment()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        for (int at = 0; at < 60; ++at) {
            World world;
            what.prepare(world);
            const auto before = world.states();
            const QString current = world.current();
            const auto plan = world.confirm(what.what, what.way);
            QVERIFY(plan);
            int passed = 0;
            Runner *running = nullptr;
            world.options.passed = [&](const QString &) {
                if (passed++ == at)
                    running->cancel();
            };
            Runner runner(*world.host, world.journal, world.options);
            running = &runner;
            const Task task = runner.run(orderOf(*plan, {now, true}));
            QVERIFY(task.outcome);
            QVERIFY(*task.outcome == Outcome::Cancelled || *task.outcome == Outcome::Succeeded);
            QCOMPARE(lost(world, before, plan->plan()), QStringList());
            const JournalEntry entry = world.entries().back();
            QVERIFY(entry.outcome == task.outcome);
            if (entry.isPutBack) {
                QCOMPARE(world.states(), before);
                QCOMPARE(world.current(), current);
            }
            if (passed <= at)
                return;
        }
        QFAIL("the plan has no end");
    }

    void anotherJobKeepsOut()
    {
        World world;
        const auto plan = world.confirm(CreateIntent{u"new"_s, {}, CreateIntent::Kind::Internal});
        QVERIFY(plan);
        const auto lock = world.journal->lock({machine}, u"of-another"_s);
        QVERIFY(lock);
        const Task task = world.run(*plan);
        QVERIFY(task.outcome == Outcome::Failed);
        QCOMPARE(task.error.code, ErrorCode::Busy);
        QCOMPARE(task.error.detail, u"of-another"_s);
        QVERIFY(task.entry.isEmpty());
        QVERIFY(world.entries().empty());
        QVERIFY(world.fake->changes().isEmpty());
    }

    void guestThatDoesNotShutDownIsLeftAlone()
    {
        World world;
        world.fake->setState(machine, DomainState::Running);
        const auto plan = world.confirm(PowerIntent{PowerIntent::To::ShutDown});
        QVERIFY(plan);
        world.fake->setFault(u"stop"_s, {FakeHost::Fault::Kind::Lie}, 1);
        const Task task = world.run(*plan);
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(task.error.code, ErrorCode::TimedOut);
        QCOMPARE(world.fake->state(machine), DomainState::Running);
    }

    void undoIsRefusedWhereTheMachineWentOn()
    {
        World world;
        scenario(u"revert-external"_s).prepare(world);
        const Task task = world.run(RevertIntent{u"e1"_s});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        world.write("a day's work");
        const auto after = world.states();
        const auto undone = world.undo(task.entry);
        QVERIFY(!undone);
        QCOMPARE(undone.error().code, ErrorCode::Unsupported);
        QCOMPARE(world.states(), after);
    }

    void interruptedJobIsFoundAndPutBack_data() { succeeds_data(); }

    // As if the program had been killed: the runner's thread never comes back from that moment.
    void interruptedJobIsFoundAndPutBack()
    {
        QFETCH(QString, name);
        const Scenario &what = scenario(name);
        struct Killed
        {
        };
        for (int at = 0; at < 60; ++at) {
            World world;
            what.prepare(world);
            const auto before = world.states();
            const QString current = world.current();
            const auto plan = world.confirm(what.what, what.way);
            QVERIFY(plan);
            int passed = 0;
            bool wasKilled = false;
            world.options.passed = [&](const QString &point) {
                if (passed++ == at && point != "outcome"_L1)
                    throw Killed();
            };
            try {
                world.run(*plan);
            } catch (const Killed &) {
                wasKilled = true;
            }
            const auto found = findInterrupted(*world.journal, *world.host);
            QVERIFY(found);
            QCOMPARE(lost(world, before, plan->plan()), QStringList());
            if (!wasKilled) {
                QVERIFY(found->empty());
                return;
            }
            QCOMPARE(found->size(), size_t(1));
            const RecoveryItem &item = found->front();
            QVERIFY(!item.entry.outcome);
            auto settled = world.journal->find(item.entry.entry);
            QVERIFY(settled);
            JobHost looked = connectTo(*world.fake);
            QVERIFY(settleInterrupted(*settled, looked));
            checkLastDone(world, *settled, QByteArray::number(at));
            if (QTest::currentTestFailed())
                return;
            const QString entry = item.entry.entry;
            if (item.canPutBack) {
                world.options.passed = {};
                const auto undone = world.undo(entry);
                QVERIFY2(undone, undone ? "" : qPrintable(undone.error().subject + u" / " + undone.error().detail));
                QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
                QCOMPARE(world.states(), before);
                QCOMPARE(world.current(), current);
            } else {
                QVERIFY(!item.whyNot.subject.isEmpty());
                QVERIFY(leaveAsItIs(*world.journal, *world.host, entry));
                QVERIFY(
                    world.journal->find(entry)->outcome == (item.isComplete ? Outcome::Succeeded : Outcome::Failed));
            }
            QCOMPARE(lost(world, before, plan->plan()), QStringList());
            const auto again = findInterrupted(*world.journal, *world.host);
            QVERIFY(again && again->empty());
        }
        QFAIL("the plan has no end");
    }

    // One who has libvirt's volumes alone is told before, and not by a step that fails.
    void withoutFilesOnlyLibvirtsOwn()
    {
        World world;
        scenario(u"delete-below-internal"_s).prepare(world);
        const auto proposal = [&](const Intent::What &what) {
            return propose({machine, what}, world.read(), {now, false});
        };
        const auto blocks = [](const Plan &plan, const QString &id) {
            return std::any_of(plan.findings.begin(), plan.findings.end(),
                [&](const Finding &finding) { return finding.id == id && finding.severity == Verdict::Block; });
        };
        QVERIFY(proposal(CreateIntent{u"new"_s, {}, CreateIntent::Kind::External}).plan.verdict != Verdict::Block);
        for (const Intent::What &what : {Intent::What(DeleteIntent{u"e2"_s}), Intent::What(RevertIntent{u"i1"_s})}) {
            const Proposal found = proposal(what);
            QVERIFY(std::any_of(found.alternatives.begin(), found.alternatives.end(),
                [&](const Plan &plan) { return blocks(plan, u"files-out-of-reach"_s); }));
            for (const Plan &plan : found.alternatives) {
                const bool edits = std::any_of(plan.steps.begin(), plan.steps.end(), [](const PlannedStep &each) {
                    return each.step.kind == StepKind::CommitOffline || each.step.kind == StepKind::ExtractTag;
                });
                QCOMPARE(blocks(plan, u"files-out-of-reach"_s), edits);
            }
        }
    }

    void pinsExpire()
    {
        World world;
        scenario(u"delete-below-internal"_s).prepare(world);
        const Task task = world.run(DeleteIntent{u"e2"_s});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        const JournalEntry entry = world.entries().back();
        QCOMPARE(world.pins(), 1);
        QVERIFY(toHistory(entry, *world.host).pinned > 0);
        constexpr qint64 Day = 24 * 3600 * 1000;
        QCOMPARE(*expirePins(*world.journal, *world.host, {30, 0}, entry.time + 29 * Day), 0);
        QCOMPARE(world.pins(), 1);
        QCOMPARE(*expirePins(*world.journal, *world.host, {30, 0}, entry.time + 31 * Day), 1);
        QCOMPARE(world.pins(), 0);
        QCOMPARE(toHistory(world.entries().back(), *world.host).pinned, Bytes(0));
    }

    // The oldest go first until the rest fits.
    void pinsExpireBySize()
    {
        World world;
        scenario(u"delete-below-internal"_s).prepare(world);
        QVERIFY(world.run(DeleteIntent{u"e2"_s}).outcome == Outcome::Succeeded);
        world.make(u"e3"_s, CreateIntent::Kind::External);
        QVERIFY(world.run(DeleteIntent{u"e3"_s}).outcome == Outcome::Succeeded);
        QCOMPARE(world.pins(), 2);
        const auto entries = world.entries();
        const Bytes held = toHistory(entries.back(), *world.host).pinned;
        QVERIFY(held > 0);
        QCOMPARE(*expirePins(*world.journal, *world.host, {30, 2 * held}, entries.back().time), 0);
        QCOMPARE(*expirePins(*world.journal, *world.host, {30, held}, entries.back().time), 1);
        QCOMPARE(world.pins(), 1);
        QCOMPARE(toHistory(world.entries().back(), *world.host).pinned, held);
    }
};

QTEST_GUILESS_MAIN(TestJobRunner)
#include "tst_jobrunner.moc"
