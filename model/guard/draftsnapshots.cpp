// SPDX-License-Identifier: GPL-3.0-or-later
// What libvirt knows of a machine's snapshots, as its calls change it.
#include "model/guard/draft.h"
#include "model/guard/material.h"

namespace treewarden {

namespace {

void moveChildren(DraftDomain &domain, const QString &from, const QString &to)
{
    for (const auto &each : domain.snapshots.children(from)) {
        Snapshot child = *each;
        child.parent = to;
        domain.snapshots.replace(each->name, std::make_shared<const Snapshot>(std::move(child)));
    }
}

// What a revert has made libvirt knows as the snapshot's only until one is made current, and be it the same one (seen
// with 11.3 and 12.8).
void setCurrent(DraftDomain &domain, const QString &name)
{
    if (const Snapshot *left = domain.snapshot(domain.current); left && !left->revertDisks.empty()) {
        Snapshot changed = *left;
        changed.revertDisks.clear();
        domain.snapshots.replace(changed.name, std::make_shared<const Snapshot>(changed));
    }
    domain.current = name;
}

} // namespace

void Draft::addSnapshot(const DomainId &id, const Snapshot &snapshot, bool makeCurrent)
{
    DraftDomain &domain = edit(id);
    domain.snapshots.append(std::make_shared<const Snapshot>(snapshot));
    if (makeCurrent)
        setCurrent(domain, snapshot.name);
    noteDomain(EffectKind::AddMetadata, id, snapshot.name);
}

void Draft::changeSnapshot(const DomainId &id, const QString &name, const Snapshot &to)
{
    DraftDomain &domain = edit(id);
    domain.snapshots.replace(name, std::make_shared<const Snapshot>(to));
    if (to.name != name)
        moveChildren(domain, name, to.name);
    if (domain.current == name)
        domain.current = to.name;
    noteDomain(EffectKind::ChangeMetadata, id, name);
}

void Draft::makeCurrent(const DomainId &id, const QString &name)
{
    setCurrent(edit(id), name);
    noteDomain(EffectKind::ChangeMetadata, id, name);
}

void Draft::forgetSnapshot(const DomainId &id, const QString &name)
{
    DraftDomain &domain = edit(id);
    const Snapshot *gone = domain.snapshot(name);
    if (!gone)
        return;
    const QString parent = gone->parent;
    domain.snapshots.remove(name);
    moveChildren(domain, name, parent);
    if (domain.current == name)
        domain.current = parent;
    // With its last child.
    if (const Snapshot *left = domain.snapshot(parent);
        left && !left->revertDisks.empty() && domain.children(parent).empty()) {
        Snapshot changed = *left;
        settleRevertDisks(changed);
        domain.snapshots.replace(changed.name, std::make_shared<const Snapshot>(changed));
    }
    noteDomain(EffectKind::DropMetadata, id, name);
}

} // namespace treewarden
