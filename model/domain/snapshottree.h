// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/snapshot.h"

#include <QHash>

namespace treewarden {

// The snapshots of one domain and how they descend from each other. Immutable. Nodes are numbered 0..size()-1 in the
// order they were given; -1 stands for "none". A parent that does not exist, and every loop, is cut: the node becomes
// a root and is listed in brokenParents(), so that no input makes a walk endless.
class SnapshotTree
{
public:
    SnapshotTree() = default;
    SnapshotTree(std::vector<Snapshot> snapshots, const QString &currentName);

    int size() const { return int(m_snapshots.size()); }
    const Snapshot &at(int node) const { return m_snapshots[size_t(node)]; }
    int parent(int node) const { return m_parents[size_t(node)]; }
    const std::vector<int> &children(int node) const { return m_children[size_t(node)]; }
    const std::vector<int> &roots() const { return m_roots; }
    int current() const { return m_current; }
    int find(const QString &name) const { return m_byName.value(name, -1); }
    const std::vector<int> &brokenParents() const { return m_brokenParents; }

private:
    std::vector<Snapshot> m_snapshots;
    std::vector<int> m_parents;
    std::vector<std::vector<int>> m_children;
    std::vector<int> m_roots;
    std::vector<int> m_brokenParents;
    QHash<QString, int> m_byName;
    int m_current = -1;
};

} // namespace treewarden
