// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/snapshotlist.h"

namespace treewarden {

SnapshotList::SnapshotList(std::vector<Pointer> snapshots)
    : NamedList(snapshots)
{
    std::vector<std::pair<NamedPlace, Pointer>> byParent;
    for (Pointer &each : snapshots)
        byParent.push_back({{each->parent, int(byParent.size())}, std::move(each)});
    m_byParent = SharedMap<NamedPlace, Pointer>(std::move(byParent));
}

std::vector<std::shared_ptr<const Snapshot>> SnapshotList::children(QStringView parent) const
{
    std::vector<Pointer> found;
    for (auto each = m_byParent.lowerBound(parent); each != m_byParent.end() && each->first.name == parent; ++each)
        found.push_back(each->second);
    return found;
}

void SnapshotList::append(Pointer snapshot)
{
    const QString parent = snapshot->parent;
    m_byParent.insert({parent, NamedList::append(snapshot)}, snapshot);
}

void SnapshotList::replace(const QString &name, Pointer snapshot)
{
    const int place = placeOf(name);
    m_byParent.remove({(*at(place))->parent, place});
    m_byParent.insert({snapshot->parent, place}, snapshot);
    NamedList::replace(place, std::move(snapshot));
}

void SnapshotList::remove(const QString &name)
{
    const int place = placeOf(name);
    m_byParent.remove({(*at(place))->parent, place});
    NamedList::remove(place);
}

} // namespace treewarden
