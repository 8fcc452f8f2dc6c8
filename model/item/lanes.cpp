// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/lanes.h"

#include <QCollator>

#include <algorithm>
#include <limits>
#include <optional>

namespace treewarden {

namespace {

// Numbers by their value: "daily-9" before "daily-10". The C locale cannot do that.
QCollator nameOrder()
{
    const QLocale locale;
    QCollator collator(locale.language() == QLocale::C ? QLocale(QLocale::English) : locale);
    collator.setNumericMode(true);
    collator.setCaseSensitivity(Qt::CaseInsensitive);
    return collator;
}

class Layout
{
public:
    Layout(const SnapshotTree &tree, const LaneOptions &options)
        : m_tree(tree)
        , m_options(options)
        , m_here(tree.size())
    {
    }

    std::vector<LaneRow> rows()
    {
        if (m_tree.size() == 0)
            return {};
        orderParentsFirst();
        if (m_options.filter.isEmpty())
            showUnfolded();
        else
            showMatches();
        linkShown();
        draw();
        return std::move(m_rows);
    }

private:
    bool isHere(int node) const { return node == m_here; }
    int parent(int node) const { return isHere(node) ? m_tree.current() : m_tree.parent(node); }
    bool isFolded(int node) const
    {
        return !m_options.folded.isEmpty() && !isHere(node) && !m_tree.children(node).empty()
            && m_options.folded.contains(m_tree.at(node).name);
    }
    bool matches(int node) const
    {
        const Snapshot &snapshot = m_tree.at(node);
        return snapshot.name.contains(m_options.filter, Qt::CaseInsensitive)
            || snapshot.description.contains(m_options.filter, Qt::CaseInsensitive);
    }

    // m_order: every parent before its children, "You are here" last. m_sizes: snapshots in each subtree.
    void orderParentsFirst()
    {
        m_order.reserve(size_t(m_here) + 1);
        m_order = m_tree.roots();
        for (size_t next = 0; next < m_order.size(); ++next) {
            const std::vector<int> &children = m_tree.children(m_order[next]);
            m_order.insert(m_order.end(), children.begin(), children.end());
        }
        m_order.push_back(m_here);

        m_sizes.assign(size_t(m_here) + 1, 1);
        m_sizes[size_t(m_here)] = 0;
        for (auto node = m_order.rbegin(); node != m_order.rend(); ++node) {
            if (parent(*node) >= 0)
                m_sizes[size_t(parent(*node))] += m_sizes[size_t(*node)];
        }
        m_shown.assign(size_t(m_here) + 1, false);
        m_muted.assign(size_t(m_here) + 1, false);
        m_trunk.assign(size_t(m_here) + 1, false);
        for (int node = m_here; node >= 0; node = parent(node))
            m_trunk[size_t(node)] = true;
    }

    void showUnfolded()
    {
        for (int node : m_order) {
            const int above = parent(node);
            m_shown[size_t(node)] = isHere(node) || above < 0 || (m_shown[size_t(above)] && !isFolded(above));
        }
    }

    void showMatches()
    {
        std::vector<int> matchingBranches(size_t(m_here) + 1, 0);
        for (auto next = m_order.rbegin(); next != m_order.rend(); ++next) {
            const int node = *next;
            if (isHere(node))
                continue;
            const bool match = matches(node);
            const int branches = matchingBranches[size_t(node)];
            m_shown[size_t(node)] = match || branches > 1;
            m_muted[size_t(node)] = !match;
            if ((match || branches > 0) && parent(node) >= 0)
                ++matchingBranches[size_t(parent(node))];
        }
        const int current = m_tree.current();
        m_shown[size_t(m_here)] = current >= 0 && m_shown[size_t(current)];
    }

    // The children of each node among those that are shown, in drawing order: the one that keeps the lane is last.
    void linkShown()
    {
        m_nearest.assign(size_t(m_here) + 1, -1);
        for (int node : m_order) {
            const int above = parent(node);
            if (above >= 0)
                m_nearest[size_t(node)] = m_shown[size_t(above)] ? above : m_nearest[size_t(above)];
        }
        m_children.resize(size_t(m_here) + 1);
        for (int node = 0; node <= m_here; ++node) {
            if (!m_shown[size_t(node)])
                continue;
            const int above = m_nearest[size_t(node)];
            (above < 0 ? m_roots : m_children[size_t(above)]).push_back(node);
        }
        sort(m_roots);
        for (std::vector<int> &children : m_children) {
            if (children.size() < 2)
                continue;
            sort(children);
            auto keeper
                = std::find_if(children.begin(), children.end(), [this](int node) { return m_trunk[size_t(node)]; });
            if (keeper == children.end()) {
                keeper = std::max_element(children.begin(), children.end(),
                    [this](int a, int b) { return m_sizes[size_t(a)] < m_sizes[size_t(b)]; });
            }
            std::rotate(keeper, keeper + 1, children.end());
        }
    }

    // "You are here" stays last: it is the newest, and has no name.
    void sort(std::vector<int> &siblings)
    {
        const auto end = std::remove(siblings.begin(), siblings.end(), m_here);
        const bool withHere = end != siblings.end();
        siblings.erase(end, siblings.end());
        if (!m_options.byName) {
            std::stable_sort(siblings.begin(), siblings.end(),
                [this](int a, int b) { return m_tree.at(a).created < m_tree.at(b).created; });
        } else if (siblings.size() > 1) {
            if (!m_nameOrder)
                m_nameOrder = nameOrder(); // once for all siblings: to make one takes long
            std::vector<std::pair<QCollatorSortKey, int>> keys;
            keys.reserve(siblings.size());
            for (int node : siblings)
                keys.emplace_back(m_nameOrder->sortKey(m_tree.at(node).name), node);
            std::stable_sort(keys.begin(), keys.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
            // The drawing will be turned over, and names are to be read downwards all the same.
            if (m_options.newestFirst)
                std::reverse(keys.begin(), keys.end());
            std::transform(keys.begin(), keys.end(), siblings.begin(), [](const auto &key) { return key.second; });
        }
        if (withHere)
            siblings.push_back(m_here);
    }

    LaneLine lineToParent(int node) const
    {
        return m_nearest[size_t(node)] == parent(node) ? LaneLine::Solid : LaneLine::Gap;
    }

    void draw()
    {
        struct Step
        {
            int node;
            int lane;
            bool isBranch;
        };
        std::vector<Step> open;
        for (auto root = m_roots.rbegin(); root != m_roots.rend(); ++root)
            open.push_back({*root, 0, false});
        std::vector<int> rowOf(size_t(m_here) + 1, -1);
        while (!open.empty()) {
            const auto [node, lane, isBranch] = open.back();
            open.pop_back();
            const int above = m_nearest[size_t(node)];
            const std::vector<int> &children = m_children[size_t(node)];

            LaneRow row;
            row.kind = isHere(node) ? RowKind::Here : RowKind::Snapshot;
            row.node = isHere(node) ? -1 : node;
            row.parentRow = above < 0 ? -1 : rowOf[size_t(above)];
            row.drawing.lane = lane;
            if (above >= 0)
                (isBranch ? row.drawing.branchAbove : row.drawing.above) = lineToParent(node);
            if (!children.empty())
                row.drawing.below = LaneLine::Solid;
            row.drawing.muted = m_muted[size_t(node)];
            if (!isHere(node) && m_options.filter.isEmpty()) {
                row.drawing.foldable = !m_tree.children(node).empty();
                row.drawing.folded = isFolded(node);
                if (row.drawing.folded)
                    row.drawing.hidden = m_sizes[size_t(node)] - 1;
            }
            rowOf[size_t(node)] = int(m_rows.size());
            m_rows.push_back(row);

            for (size_t next = children.size(); next-- > 0;) {
                const bool keepsLane = next + 1 == children.size();
                open.push_back({children[next], keepsLane ? lane : lane + 1, !keepsLane});
            }
        }
        if (m_options.newestFirst)
            turnOver();
    }

    void turnOver()
    {
        std::reverse(m_rows.begin(), m_rows.end());
        for (LaneRow &row : m_rows) {
            std::swap(row.drawing.above, row.drawing.below);
            std::swap(row.drawing.branchAbove, row.drawing.branchBelow);
            if (row.parentRow >= 0)
                row.parentRow = int(m_rows.size()) - 1 - row.parentRow;
        }
    }

    const SnapshotTree &m_tree;
    const LaneOptions &m_options;
    const int m_here; // the node number of "You are here": one past the snapshots
    std::vector<int> m_order;
    std::vector<int> m_sizes;
    std::vector<char> m_shown;
    std::vector<char> m_muted;
    std::vector<char> m_trunk;
    std::vector<int> m_nearest; // the nearest ancestor that is shown
    std::vector<int> m_roots;
    std::vector<std::vector<int>> m_children;
    std::optional<QCollator> m_nameOrder;
    std::vector<LaneRow> m_rows;
};

std::vector<int> orderOrphans(const std::vector<Orphan> &orphans, const LaneOptions &options)
{
    std::vector<int> order;
    for (int index = 0; index < int(orphans.size()); ++index) {
        const Orphan &orphan = orphans[size_t(index)];
        if (options.filter.isEmpty() || orphan.name.contains(options.filter, Qt::CaseInsensitive)
            || orphan.path.contains(options.filter, Qt::CaseInsensitive))
            order.push_back(index);
    }
    const auto at = [&orphans](int index) -> const Orphan & { return orphans[size_t(index)]; };
    if (options.byName) {
        const QCollator collator = nameOrder();
        std::stable_sort(
            order.begin(), order.end(), [&](int a, int b) { return collator.compare(at(a).name, at(b).name) < 0; });
        return order;
    }
    // What nobody knows the age of stands last.
    const auto age = [&](int index) {
        const Fact<qint64> &created = at(index).created;
        if (!created.isKnown())
            return std::numeric_limits<qint64>::max();
        return options.newestFirst ? ~*created : *created;
    };
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return age(a) < age(b); });
    return order;
}

} // namespace

std::vector<LaneRow> layLanes(const SnapshotTree &tree, const std::vector<Orphan> &orphans, const LaneOptions &options)
{
    std::vector<LaneRow> rows = Layout(tree, options).rows();
    const size_t snapshots = rows.size();
    for (int index : orderOrphans(orphans, options)) {
        LaneRow row;
        row.kind = RowKind::Orphan;
        row.node = index;
        row.drawing.separatorAbove = rows.size() == snapshots && snapshots > 0;
        rows.push_back(row);
    }
    return rows;
}

} // namespace treewarden
