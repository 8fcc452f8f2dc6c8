// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/domain/snapshottree.h"

namespace treewarden {

SnapshotTree::SnapshotTree(std::vector<Snapshot> snapshots, const QString &currentName)
    : m_snapshots(std::move(snapshots))
    , m_parents(m_snapshots.size(), -1)
    , m_children(m_snapshots.size())
{
    m_byName.reserve(size());
    for (int node = 0; node < size(); ++node)
        m_byName.insert(at(node).name, node);
    for (int node = 0; node < size(); ++node) {
        const QString &parentName = at(node).parent;
        if (parentName.isEmpty())
            continue;
        m_parents[size_t(node)] = find(parentName);
        if (m_parents[size_t(node)] < 0)
            m_brokenParents.push_back(node);
    }

    // Each node is walked once: a walk upwards stops at what an earlier one has settled.
    enum Mark : char { Fresh, OnPath, Settled };
    std::vector<char> marks(m_snapshots.size(), Fresh);
    std::vector<int> path;
    for (int start = 0; start < size(); ++start) {
        path.clear();
        int node = start;
        while (node >= 0 && marks[size_t(node)] == Fresh) {
            marks[size_t(node)] = OnPath;
            path.push_back(node);
            node = parent(node);
        }
        if (node >= 0 && marks[size_t(node)] == OnPath) {
            m_parents[size_t(node)] = -1;
            m_brokenParents.push_back(node);
        }
        for (int walked : path)
            marks[size_t(walked)] = Settled;
    }

    for (int node = 0; node < size(); ++node) {
        if (parent(node) < 0)
            m_roots.push_back(node);
        else
            m_children[size_t(parent(node))].push_back(node);
    }
    m_current = currentName.isEmpty() ? -1 : find(currentName);
}

} // namespace treewarden
