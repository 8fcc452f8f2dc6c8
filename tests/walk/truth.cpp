// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/truth.h"

using namespace Qt::StringLiterals;

namespace treewarden::test {

namespace {

struct Follow
{
    Truth::Machine &machine;
    const SeenDomain &seen;

    void operator()(const CreateIntent &intent) const { machine.snapshots.insert(intent.name, disks()); }
    void operator()(const RevertIntent &intent) const
    {
        if (!intent.safetySnapshot.isEmpty())
            machine.snapshots.insert(intent.safetySnapshot, disks());
        Contents then = machine.snapshots.value(intent.snapshot);
        then.remove(u"memory"_s);
        // A saved state is more than the present: somebody put it by.
        if (machine.current.contains(SavedState))
            then.insert(SavedState, machine.current.value(SavedState));
        machine.current = then;
    }
    void operator()(const DeleteIntent &intent) const
    {
        if (intent.scope != DeleteIntent::Scope::ChildrenOnly)
            machine.snapshots.remove(intent.snapshot);
        if (intent.scope != DeleteIntent::Scope::One) {
            for (const QString &name : descendants(seen, intent.snapshot))
                machine.snapshots.remove(name);
        }
    }
    void operator()(const RenameIntent &intent) const
    {
        machine.snapshots.insert(intent.newName, machine.snapshots.take(intent.snapshot));
    }
    void operator()(const DescribeIntent &) const { }
    void operator()(const PolicyIntent &) const { }
    void operator()(const RemoveOrphanIntent &) const { }
    void operator()(const BackupIntent &) const { }
    // The disks of all stay; memory that was saved in one kind is not kept in the other.
    void operator()(const UniformIntent &) const
    {
        for (Contents &contents : machine.snapshots)
            contents.remove(u"memory"_s);
    }
    void operator()(const PowerIntent &) const { machine.current.remove(SavedState); }

    Contents disks() const
    {
        Contents contents = machine.current;
        contents.remove(SavedState);
        return contents;
    }
};

// Only what was there, and could be read, can be missed.
QStringList differences(const Contents &expected, const Contents &found)
{
    QStringList all;
    for (auto part = expected.begin(); part != expected.end(); ++part) {
        const QByteArray now = found.value(part.key());
        if (part->isEmpty() || now == *part)
            continue;
        all << u"%1 %2"_s.arg(part.key(), now.isEmpty() ? u"cannot be read"_s : u"shows something else"_s);
    }
    return all;
}

} // namespace

QStringList descendants(const SeenDomain &domain, const QString &snapshot)
{
    QStringList found;
    for (auto each = domain.snapshots.begin(); each != domain.snapshots.end(); ++each) {
        if (each->parent == snapshot)
            found << each.key() << descendants(domain, each.key());
    }
    return found;
}

QString Missed::toString() const
{
    return u"%1 %2: %3"_s.arg(machine, snapshot.isEmpty() ? u"now"_s : snapshot, what);
}

Truth truthOf(const Sight &sight)
{
    Truth truth;
    for (auto domain = sight.domains.begin(); domain != sight.domains.end(); ++domain) {
        Truth::Machine machine{sight.current(domain.key()), {}};
        for (const QString &name : domain->snapshots.keys())
            machine.snapshots.insert(name, sight.snapshot(domain.key(), name));
        truth.machines.insert(domain.key(), machine);
    }
    return truth;
}

Truth afterIntent(const Truth &before, const Sight &sight, const QString &machine, const Intent &intent)
{
    Truth after = before;
    const SeenDomain seen = sight.domains.value(machine);
    std::visit(Follow{after.machines[machine], seen}, intent.what);
    return after;
}

std::vector<Missed> missing(const Truth &expected, const Sight &after)
{
    std::vector<Missed> found;
    for (auto machine = expected.machines.begin(); machine != expected.machines.end(); ++machine) {
        const QStringList now = differences(machine->current, after.current(machine.key()));
        if (!now.isEmpty())
            found.push_back({machine.key(), {}, now.join(u", "_s)});
        const SeenDomain domain = after.domains.value(machine.key());
        for (auto each = machine->snapshots.begin(); each != machine->snapshots.end(); ++each) {
            if (!domain.snapshots.contains(each.key())) {
                found.push_back({machine.key(), each.key(), u"is not listed"_s});
                continue;
            }
            const QStringList then = differences(*each, after.snapshot(machine.key(), each.key()));
            if (!then.isEmpty())
                found.push_back({machine.key(), each.key(), then.join(u", "_s)});
        }
    }
    return found;
}

} // namespace treewarden::test
