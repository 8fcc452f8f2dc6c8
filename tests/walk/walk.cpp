// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/walk.h"

#include "tests/walk/prediction.h"
#include "tests/walk/words.h"

using namespace Qt::StringLiterals;

namespace treewarden::test {

void WalkFigures::add(const WalkFigures &other)
{
    QHash<QByteArray, int> numbers;
    forEach(other, [&](const char *name, int number) { numbers.insert(name, number); });
    forEach(*this, [&](const char *name, int &number) { number += numbers.value(name); });
    reports += other.reports;
}

QJsonObject WalkFigures::toJson() const
{
    QJsonObject json;
    forEach(*this, [&](const char *name, int number) { json.insert(QLatin1StringView(name), number); });
    return json;
}

WalkFigures WalkFigures::fromJson(const QJsonObject &json)
{
    WalkFigures figures;
    forEach(figures, [&](const char *name, int &number) { number = json.value(QLatin1StringView(name)).toInt(); });
    return figures;
}

QString WalkFigures::table() const
{
    const auto share = [](int part, int whole) {
        return whole > 0 ? u"%1 (%2 %)"_s.arg(part).arg(100.0 * part / whole, 0, 'f', 1) : QString::number(part);
    };
    const std::vector<std::pair<QString, QString>> rows = {
        {u"walks"_s, QString::number(walks)},
        {u"  that could not go on"_s, QString::number(stopped)},
        {u"operations"_s, QString::number(operations)},
        {u"plans run, guard obeyed"_s, QString::number(ran)},
        {u"  of them another way than libvirt's"_s, QString::number(alternatives)},
        {u"  undone again"_s, QString::number(undone)},
        {u"  refused, no other way"_s, QString::number(refused)},
        {u"  losses that were not declared"_s, QString::number(losses)},
        {u"  jobs that did not reach their end"_s, QString::number(failures)},
        {u"effects unlike predicted"_s, QString::number(surprises)},
        {u"losses by plain libvirt, guard defied"_s, QString::number(lostByLibvirt)},
        {u"  missed by the guard"_s, QString::number(missed)},
        {u"  blocks"_s, QString::number(blocks)},
        {u"  blocks where nothing would have been lost"_s, share(harmless, operations)},
        {u"  blocks with another way"_s, share(withAlternative, blocks)},
        {u"    ways run that reached the end, no loss"_s, share(reachedInstead, triedInstead)},
    };
    QString text;
    for (const auto &[name, value] : rows)
        text += name.leftJustified(46) + value + u'\n';
    return text;
}

Walk::Walk(const WalkHost &host, quint64 seed, WalkMode mode, WalkRunner runner)
    : m_host(host)
    , m_seed(seed)
    , m_mode(mode)
    , m_runner(std::move(runner))
    , m_dice(seed * 2 + (mode == WalkMode::Defy ? 1 : 0))
    , m_machines(host, host.makeFolder(u"w"_s))
    , m_oracle(host, host.folder() + u"/w"_s)
    , m_reader(host.hypervisor(), host.stores())
{
    m_figures.walks = 1;
}

void Walk::say(const QString &line)
{
    m_history << line;
    if (qEnvironmentVariableIsSet("TREEWARDEN_WALK_TALK"))
        std::fprintf(stderr, "%s\n", line.toUtf8().constData());
}

void Walk::report(const QString &what, const QStringList &details)
{
    QStringList lines{u"seed %1 (%2), operation %3: %4"_s.arg(m_seed)
                          .arg(m_mode == WalkMode::Obey ? u"obey"_s : u"defy"_s)
                          .arg(m_figures.operations)
                          .arg(what)};
    for (const QString &detail : details)
        lines << u"    "_s + detail;
    lines << u"  what was done: "_s + m_machines.description();
    for (const QString &line : std::as_const(m_history))
        lines << u"    "_s + line;
    lines << u"  before the last:"_s;
    for (const QString &line : describe(m_seen.sight))
        lines << u"    "_s + line;
    m_figures.reports << lines.join(u'\n');
}

Result<Walk::Seen> Walk::look()
{
    const auto sight = m_oracle.look(m_machines.names());
    if (!sight)
        return failure(sight.error());
    const auto inventory = m_reader.readAll();
    if (!inventory)
        return failure(inventory.error());
    return Seen{*inventory, *sight};
}

// None that the machines began with, nor one that lies there from another write of late.
int Walk::nextPattern()
{
    constexpr int First = 16;
    return First + m_writes++ % 150;
}

Result<> Walk::go(int operations)
{
    const auto begin = [&]() -> Result<> {
        if (const auto made = m_machines.make(m_dice); !made)
            return made;
        auto seen = look();
        if (!seen)
            return failure(seen.error());
        m_seen = std::move(*seen);
        return {};
    };
    Result<> going = begin();
    for (int i = 0; going && i < operations; ++i) {
        ++m_figures.operations;
        if (m_dice.oneIn(5)) {
            going = write();
            continue;
        }
        if (m_mode == WalkMode::Obey && m_last && m_dice.oneIn(4)) {
            going = undo();
            continue;
        }
        const QString machine = m_machines.names()[m_dice.below(int(m_machines.names().size()))];
        const std::optional<Intent> intent = choose(machine);
        if (!intent)
            continue;
        going = m_mode == WalkMode::Obey ? obey(machine, *intent) : defy(machine, *intent);
    }
    if (!going) {
        ++m_figures.stopped;
        report(u"the walk could not go on"_s, {explain(going.error())});
    }
    return going;
}

QString Walk::chooseSnapshot(const SeenDomain &domain)
{
    const QStringList names = domain.snapshots.keys();
    return names.isEmpty() ? QString() : names[m_dice.below(int(names.size()))];
}

std::optional<Intent> Walk::choose(const QString &machine)
{
    const SeenDomain domain = m_seen.sight.domains.value(machine);
    DomainId id;
    for (const auto &each : m_seen.inventory->domains) {
        if (each->name == machine)
            id = each->uuid;
    }
    const bool isOn = domain.state != "shut off"_L1;
    const int roll = m_dice.below(100);
    const QString name = u"s%1"_s.arg(++m_names);
    if (roll < 40 || domain.snapshots.isEmpty()) {
        CreateIntent create{.name = name};
        const int kind = m_dice.below(10);
        create.kind = kind < 5 ? CreateIntent::Kind::Internal : CreateIntent::Kind::External;
        create.memory = kind >= 8 && isOn ? CreateIntent::Memory::Keep
            : kind >= 5                   ? CreateIntent::Memory::Drop
                                          : CreateIntent::Memory::Auto;
        return Intent{id, create};
    }
    if (roll < 60)
        return Intent{id, RevertIntent{.snapshot = chooseSnapshot(domain)}};
    if (roll < 84) {
        DeleteIntent deletion{.snapshot = chooseSnapshot(domain)};
        const int scope = m_dice.below(10);
        if (scope == 0)
            deletion.scope = DeleteIntent::Scope::WithChildren;
        else if (scope == 1)
            deletion.scope = DeleteIntent::Scope::ChildrenOnly;
        else if (scope == 2)
            deletion.metadataOnly = true;
        if (deletion.scope == DeleteIntent::Scope::ChildrenOnly && descendants(domain, deletion.snapshot).isEmpty())
            deletion.scope = DeleteIntent::Scope::One;
        return Intent{id, deletion};
    }
    if (roll < 88 && m_mode == WalkMode::Obey) {
        if (m_dice.oneIn(3))
            return Intent{id, UniformIntent{m_dice.oneIn(2) ? SnapshotKind::Internal : SnapshotKind::External}};
        if (m_dice.oneIn(2))
            return Intent{id, RenameIntent{chooseSnapshot(domain), name}};
        return Intent{id, DescribeIntent{chooseSnapshot(domain), u"text "_s + name}};
    }
    return Intent{id, PowerIntent{isOn ? PowerIntent::To::ForceOff : PowerIntent::To::Start}};
}

// Whoever works in a machine writes to its disks; that is nobody's loss but by an earlier mistake.
Result<> Walk::write()
{
    const QString machine = m_machines.names()[m_dice.below(int(m_machines.names().size()))];
    const SeenDomain domain = m_seen.sight.domains.value(machine);
    const QStringList targets = domain.disks.keys();
    const QString target = targets[m_dice.below(int(targets.size()))];
    const int block = m_dice.below(100);
    say(u"write %1 %2 block %3"_s.arg(machine, target).arg(block));
    if (const auto written
        = m_machines.write(machine, domain.state != "shut off"_L1, target, domain.disks[target], block, nextPattern());
        !written)
        return written;
    auto seen = look();
    if (!seen)
        return failure(seen.error());
    Truth expected = truthOf(m_seen.sight);
    const QByteArray old = expected.machines[machine].current.take(target);
    if (seen->sight.current(machine).value(target) == old)
        return failure(ErrorCode::Failed, machine, u"a write is not seen: the oracle is blind"_s);
    const std::vector<Missed> lost = missing(expected, seen->sight);
    if (!lost.empty()) {
        QStringList details;
        for (const Missed &each : lost)
            details << each.toString();
        report(u"a write into a machine's own disk lost"_s, details);
        ++(m_mode == WalkMode::Obey ? m_figures.losses : m_figures.missed);
    }
    m_seen = std::move(*seen);
    m_last.reset();
    return {};
}

Proposal Walk::ask(const Intent &intent) const
{
    return propose(intent, m_seen.inventory, m_host.surroundings());
}

Result<> Walk::obey(const QString &machine, const Intent &intent)
{
    say(machine + u": "_s + intentWords(intent).join(u' '));
    const Proposal proposal = ask(intent);
    std::shared_ptr<const Plan> plan;
    std::vector<const Plan *> ways;
    for (const Plan &other : proposal.alternatives) {
        if (!asksTheGuest(other))
            ways.push_back(&other);
    }
    const int count = int(ways.size());
    if (count > 0 && (proposal.plan.verdict == Verdict::Block || m_dice.oneIn(3))) {
        plan = std::make_shared<const Plan>(*ways[size_t(m_dice.below(count))]);
        ++m_figures.alternatives;
    } else if (proposal.plan.verdict != Verdict::Block) {
        plan = std::make_shared<const Plan>(proposal.plan);
    }
    if (!plan) {
        say(u"  no way: "_s + describe(proposal.plan));
        ++m_figures.refused;
        return {};
    }
    say(u"  "_s + describe(*plan));
    QStringList acknowledged;
    for (const Finding &finding : plan->confirmations())
        acknowledged << finding.id;
    const auto confirmed = ConfirmedPlan::confirm(plan, acknowledged);
    if (!confirmed)
        return failure(confirmed.error());

    const Draft before(m_seen.inventory);
    const auto entry = m_runner.run(*confirmed);
    ++m_figures.ran;
    auto seen = look();
    if (!seen)
        return failure(seen.error());
    if (!entry) {
        say(u"  failed: "_s + explain(entry.error()));
        report(u"the job did not reach its end"_s, {explain(entry.error())});
        ++m_figures.failures;
    }
    const Truth truth = truthOf(m_seen.sight);
    QStringList details;
    for (const Missed &lost : missing(entry ? afterIntent(truth, m_seen.sight, machine, intent) : truth, seen->sight)) {
        if (!isNamed(*plan, lost))
            details << lost.toString();
    }
    if (!details.isEmpty()) {
        report(u"lost, and not declared"_s, details);
        ++m_figures.losses;
    }
    if (entry) {
        const QStringList surprises = unlikePredicted(before, *plan, m_seen.sight, seen->sight);
        if (!surprises.isEmpty()) {
            report(u"not as predicted"_s, surprises);
            ++m_figures.surprises;
        }
        m_last = Done{*entry, truth, m_seen.sight.files.keys()};
    } else {
        m_last.reset();
    }
    m_seen = std::move(*seen);
    return {};
}

Result<> Walk::undo()
{
    const Done last = *std::exchange(m_last, std::nullopt);
    say(u"undo"_s);
    const auto undone = m_runner.undo(last.entry);
    auto seen = look();
    if (!seen)
        return failure(seen.error());
    if (undone) {
        ++m_figures.undone;
        QStringList details;
        for (const Missed &lost : missing(last.before, seen->sight))
            details << lost.toString();
        if (!details.isEmpty()) {
            report(u"undone, and yet lost"_s, details);
            ++m_figures.losses;
        }
    } else {
        say(u"  not undone: "_s + explain(undone.error()));
        // What was not undone has to be as it was.
        QStringList details;
        for (const Missed &lost : missing(truthOf(m_seen.sight), seen->sight))
            details << lost.toString();
        if (!details.isEmpty()) {
            report(u"an undo that was refused lost"_s, details);
            ++m_figures.losses;
        }
    }
    m_seen = std::move(*seen);
    return {};
}

} // namespace treewarden::test
