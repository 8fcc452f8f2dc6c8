// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody does next: an operation of ours, or something that goes on around it.
#include "tests/walk/walk.h"
#include "tests/walk/words.h"

using namespace Qt::StringLiterals;

namespace treewarden::test {

namespace {

SnapshotKind otherKind(const SeenDomain &domain, SnapshotKind kind)
{
    const bool isAll = std::all_of(domain.snapshots.begin(), domain.snapshots.end(),
        [&](const SeenSnapshot &each) { return each.isExternal() == (kind == SnapshotKind::External); });
    if (!isAll)
        return kind;
    return kind == SnapshotKind::External ? SnapshotKind::Internal : SnapshotKind::External;
}

} // namespace

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
    // Nobody leaves a saved state for long.
    if (domain.isSaved && m_dice.oneIn(3))
        return Intent{id, PowerIntent{PowerIntent::To::Start}};
    const int roll = m_dice.below(100);
    const QString name = u"s%1"_s.arg(++m_names);
    if (roll < 38 || domain.snapshots.isEmpty()) {
        CreateIntent create{.name = name};
        const int kind = m_dice.below(10);
        create.kind = kind < 5 ? CreateIntent::Kind::Internal : CreateIntent::Kind::External;
        create.memory = kind >= 8 && isOn ? CreateIntent::Memory::Keep
            : kind >= 5                   ? CreateIntent::Memory::Drop
                                          : CreateIntent::Memory::Auto;
        return Intent{id, create};
    }
    if (roll < 60) {
        RevertIntent revert{.snapshot = chooseSnapshot(domain)};
        const int then = m_dice.below(4);
        if (then >= 2)
            revert.then = then == 2 ? RevertIntent::Then::Start : RevertIntent::Then::Pause;
        if (m_dice.oneIn(2))
            revert.safetySnapshot = u"safe-%1"_s.arg(m_names);
        return Intent{id, revert};
    }
    if (roll < 82) {
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
    if (roll < 84)
        return Intent{id, RenameIntent{chooseSnapshot(domain), name}};
    if (roll < 86)
        return Intent{id, DescribeIntent{chooseSnapshot(domain), u"text "_s + name}};
    if (roll < 88)
        return Intent{
            id, UniformIntent{otherKind(domain, m_dice.oneIn(2) ? SnapshotKind::Internal : SnapshotKind::External)}};
    if (domain.state == "paused"_L1 && m_dice.oneIn(2))
        return Intent{id, PowerIntent{PowerIntent::To::Resume}};
    return Intent{id, PowerIntent{isOn ? PowerIntent::To::ForceOff : PowerIntent::To::Start}};
}

// None that the machines began with, nor one that lies there from another write of late.
int Walk::nextPattern()
{
    constexpr int First = 16;
    return First + m_writes++ % 150;
}

// After something that is no operation of ours: that is nobody's loss but by an earlier mistake.
Result<> Walk::settle(const QString &what, Truth expected)
{
    auto seen = look();
    if (!seen)
        return failure(seen.error());
    const std::vector<Missed> lost = missing(expected, seen->sight);
    if (!lost.empty()) {
        QStringList details;
        for (const Missed &each : lost)
            details << each.toString();
        report(what, details);
        ++(m_mode == WalkMode::Obey ? m_figures.losses : m_figures.missed);
    }
    m_seen = std::move(*seen);
    return {};
}

// Whoever works in a machine writes to its disks. One that is paused, or whose memory is saved, does not.
Result<> Walk::write(const QString &machine)
{
    const SeenDomain domain = m_seen.sight.domains.value(machine);
    if (domain.isSaved || domain.state == "paused"_L1)
        return {};
    const QStringList targets = domain.disks.keys();
    const QString target = targets[m_dice.below(int(targets.size()))];
    const int block = m_dice.below(100);
    say(u"write %1 %2 block %3"_s.arg(machine, target).arg(block));
    if (const auto written
        = m_machines.write(machine, domain.state != "shut off"_L1, target, domain.disks[target], block, nextPattern());
        !written)
        return written;
    Truth expected = truthOf(m_seen.sight);
    const QByteArray old = expected.machines[machine].current.take(target);
    m_last.reset();
    if (const auto settled = settle(u"a write into a machine's own disk lost"_s, expected); !settled)
        return settled;
    if (m_seen.sight.current(machine).value(target) == old)
        return failure(ErrorCode::Failed, machine, u"a write is not seen: the oracle is blind"_s);
    return {};
}

// A disk that the snapshots until now do not have.
Result<> Walk::attach(const QString &machine)
{
    const SeenDomain domain = m_seen.sight.domains.value(machine);
    QString target;
    for (const QString &free : {u"vdb"_s, u"vdc"_s}) {
        if (target.isEmpty() && !domain.disks.contains(free))
            target = free;
    }
    if (target.isEmpty() || domain.isSaved)
        return {};
    say(u"attach %1 to %2"_s.arg(target, machine));
    const bool isRunning = domain.state != "shut off"_L1;
    if (const auto attached = m_machines.attach(machine, isRunning, target, ++m_disks); !attached)
        return attached;
    if (const auto settled = settle(u"a disk that was attached cost something"_s, truthOf(m_seen.sight)); !settled)
        return settled;
    const QByteArray shown = m_seen.sight.current(machine).value(target);
    if (shown.isEmpty())
        return failure(ErrorCode::Failed, machine, u"the attached disk is not seen"_s);
    // Whoever undoes what was done before it came does not want to be rid of it.
    if (m_last)
        m_last->before.machines[machine].current.insert(target, shown);
    return {};
}

// The machine ends, and its memory is kept by libvirt.
Result<> Walk::save(const QString &machine)
{
    const SeenDomain domain = m_seen.sight.domains.value(machine);
    if (domain.state != "running"_L1)
        return {};
    say(u"managed save of "_s + machine);
    if (const auto saved = m_machines.save(machine); !saved)
        return saved;
    if (const auto settled = settle(u"a managed save cost something"_s, truthOf(m_seen.sight)); !settled)
        return settled;
    const QByteArray shown = m_seen.sight.current(machine).value(SavedState);
    if (shown.isEmpty())
        return failure(ErrorCode::Failed, machine, u"the saved state is not seen"_s);
    if (m_last)
        m_last->before.machines[machine].current.insert(SavedState, shown);
    return {};
}

} // namespace treewarden::test
