// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/namedlist.h"
#include "model/domain/snapshot.h"

namespace treewarden {

inline const QString &nameOf(const std::shared_ptr<const Snapshot> &snapshot)
{
    return snapshot->name;
}

// The snapshots of a machine, which have names of their own.
class SnapshotList : public NamedList<std::shared_ptr<const Snapshot>>
{
    using Pointer = std::shared_ptr<const Snapshot>;

public:
    SnapshotList() = default;
    explicit SnapshotList(std::vector<Pointer> snapshots);

    std::vector<Pointer> children(QStringView parent) const; // an empty name: the roots
    void append(Pointer snapshot);
    void replace(const QString &name, Pointer snapshot);
    void remove(const QString &name);

private:
    SharedMap<NamedPlace, Pointer> m_byParent;
};

} // namespace treewarden
