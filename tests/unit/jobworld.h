// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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

#include <map>

// A host in memory with one machine, jobs on it, and trees to do them to: for the tests of jobs.
namespace treewarden::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

inline const DomainId machine(u"0e9bd0a8-1c5e-4c0f-9d0a-0000000000aa"_s);
inline const QString folder = u"/images/"_s;
inline constexpr qint64 now = 1'790'000'000;

inline QString domainXml(const QString &file)
{
    return u"<domain type='qemu'><name>web</name><uuid>%1</uuid><memory unit='MiB'>64</memory>"
           "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><devices><disk type='file' device='disk'>"
           "<driver name='qemu' type='qcow2'/><source file='%2'/><target dev='vda' bus='virtio'/></disk></devices>"
           "</domain>"_s.arg(machine.value, folder + file);
}

// A job host over a new connection to the fake one.
inline JobHost connectTo(FakeHost &host)
{
    const Backend backend = host.backend();
    const auto hypervisor = backend.open({});
    if (!hypervisor)
        qFatal("the fake host does not open");
    return makeJobHost(*hypervisor, backend.editor(*hypervisor), backend.stores(*hypervisor));
}

// In memory, where that can be had: a journal waits for the disk with every record.
inline QString stateFolder()
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
    QString lastJob = {}; // the journal's name for it

    World()
    {
        fake->giveMonitors();
        fake->addDomain(domainXml(u"a.qcow2"_s).toUtf8());
        fake->addImage(folder + u"a.qcow2"_s, qcow2Bytes({}), 5 * MiB);
        fake->setContents(folder + u"a.qcow2"_s, "first");
        host = std::make_unique<JobHost>(connectTo(*fake));
    }
    // Another such host with a journal of its own.
    World(const World &other)
        : fake(other.fake->copy())
        , host(std::make_unique<JobHost>(connectTo(*fake)))
        , lastJob(other.lastJob)
    {
        const QString from = other.journal->path();
        QDir().mkpath(QFileInfo(journal->path()).path());
        if (QFile::exists(from) && !QFile::copy(from, journal->path()))
            qFatal("cannot copy %s", qPrintable(from));
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
    Task run(const JobOrder &order)
    {
        const Task task = Runner(*host, journal, options).run(order);
        lastJob = task.entry;
        return task;
    }
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
        Host uefi = read()->host;
        uefi.libvirt = {9, 3, 0}; // the first to take internal snapshots then
        fake->setHost(uefi);
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

inline std::vector<Scenario> scenarios()
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
        {u"revert-external-running"_s, running, RevertIntent{u"e1"_s}, u"branch"_s},
        {u"revert-running-kept"_s, running, RevertIntent{u"e1"_s, RevertIntent::Then::AsItWas, u"kept"_s}, u"branch"_s},
        {u"revert-running-firmware"_s,
            [flashed](World &world) {
                flashed(Kind::External)(world);
                world.fake->setState(machine, DomainState::Running);
            },
            RevertIntent{u"s"_s}, u"branch"_s},
        {u"delete-internal"_s, internal, DeleteIntent{u"i1"_s}},
        {u"delete-below-internal"_s, mixed, DeleteIntent{u"e2"_s}},
        {u"forget"_s, external, DeleteIntent{u"e2"_s, DeleteIntent::Scope::One, true}},
        {u"forget-damaged"_s, damaged, DeleteIntent{u"e2"_s, DeleteIntent::Scope::One, true}},
        {u"revert-external"_s, external, RevertIntent{u"e1"_s}},
        {u"revert-internal"_s, internal, RevertIntent{u"i1"_s}},
        {u"revert-below"_s, mixed, RevertIntent{u"i1"_s}},
        {u"uniform-external"_s, internal, UniformIntent{SnapshotKind::External}},
        {u"uniform-internal"_s, external, UniformIntent{SnapshotKind::Internal}},
        {u"uniform-mixed"_s, mixed, UniformIntent{SnapshotKind::External}},
        {u"create-external-firmware"_s, firmware, CreateIntent{u"new"_s, {}, Kind::External}},
        {u"create-internal-firmware"_s, firmware, CreateIntent{u"new"_s, {}, Kind::Internal}},
        {u"revert-external-firmware"_s, flashed(Kind::External), RevertIntent{u"s"_s}},
        {u"revert-internal-firmware"_s, flashed(Kind::Internal), RevertIntent{u"s"_s}},
        {u"rename-firmware"_s, flashed(Kind::External), RenameIntent{u"s"_s, u"other"_s}},
        {u"delete-internal-firmware"_s, flashed(Kind::Internal), DeleteIntent{u"s"_s}},
        {u"forget-firmware"_s, flashed(Kind::External), DeleteIntent{u"t"_s, DeleteIntent::Scope::One, true}},
        {u"delete-all"_s, external, DeleteIntent{u"e1"_s, DeleteIntent::Scope::WithChildren}},
    };
}

inline const Scenario &scenario(const QString &name)
{
    static const std::vector<Scenario> all = scenarios();
    return *std::find_if(all.begin(), all.end(), [&](const Scenario &each) { return each.name == name; });
}

// A world that is ready for a scenario, and one in which its job was done. Making one takes as long as running a job,
// so that it is made once and copied.
inline World worldFor(const Scenario &what)
{
    static std::map<QString, World> made;
    const auto [world, isNew] = made.try_emplace(what.name);
    if (isNew)
        what.prepare(world->second);
    return world->second;
}
inline World worldAfter(const Scenario &what)
{
    static std::map<QString, World> made;
    auto world = made.find(what.name);
    if (world == made.end()) {
        world = made.emplace(what.name, worldFor(what)).first;
        const Task task = world->second.run(what.what, what.way);
        if (task.outcome != Outcome::Succeeded)
            qFatal("%s: %s / %s", qPrintable(what.name), qPrintable(task.error.subject), qPrintable(task.error.detail));
    }
    return world->second;
}

// One that is ready for it, with what it shows and the plan of the job.
struct ReadyWorld : World
{
    explicit ReadyWorld(const Scenario &what)
        : World(worldFor(what))
        , before(states())
        , currentBefore(current())
        , plan(confirm(what.what, what.way).value())
    {
    }
    const QMap<QString, QByteArray> before;
    const QString currentBefore;
    const ConfirmedPlan plan;
};

// What a plan may lose: the states that it declared, by their names in states().
inline QSet<QString> declaredBy(const Plan &plan)
{
    QSet<QString> declared;
    for (const Loss &loss : plan.losses)
        declared.insert(loss.what == Loss::What::Snapshot ? loss.subject : u"now"_s);
    return declared;
}

inline QString changedName(const Intent &intent, const QString &name)
{
    const auto *rename = std::get_if<RenameIntent>(&intent.what);
    return rename && rename->snapshot == name.section(u'/', 0, 0) ? rename->newName + name.mid(rename->snapshot.size())
                                                                  : name;
}

// States that were there before and nobody shows any more, though the plan did not declare them.
inline QStringList lost(World &world, const QMap<QString, QByteArray> &before, const Plan &plan)
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

inline QByteArray describe(const Task &task)
{
    return (task.outcome ? outcomeName(*task.outcome) : u"none"_s).toUtf8() + ": " + task.error.subject.toUtf8() + " / "
        + task.error.detail.toUtf8()
        + (task.whyNotPutBack
                ? "; left: " + task.whyNotPutBack->subject.toUtf8() + '@' + task.whyNotPutBack->detail.toUtf8()
                : QByteArray());
}

// Whether all that a scenario, or undoing it, does can be put back, where nothing goes wrong.
enum class Undoing { No, Yes };
inline bool isUndoable(const Scenario &what, Undoing undo)
{
    World world(worldAfter(what));
    if (undo == Undoing::Yes && !world.undo(world.lastJob))
        return false;
    const JournalEntry entry = world.entries().back();
    return std::all_of(
        entry.steps.begin(), entry.steps.end(), [](const JournalStep &step) { return step.undoable == Undoable::Yes; });
}

} // namespace treewarden::test
