// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/rowmatch.h"

#include <utility>

namespace treewarden {

namespace {

QString keyOf(const Orphan &orphan)
{
    return QString::number(int(orphan.kind)) + orphan.name + QChar(0) + orphan.path;
}

// Numbers what rows can be about: first the snapshots of the tree, then "You are here", then the orphans.
class Subjects
{
public:
    explicit Subjects(const SnapshotRows &rows)
        : m_rows(rows)
        , m_here(rows.tree() ? rows.tree()->size() : 0)
    {
    }

    int count() const { return m_here + 1 + (m_rows.findings ? int(m_rows.findings->orphans.size()) : 0); }
    // Of a row that is made of the same values.
    int of(const LaneRow &shown) const
    {
        switch (shown.kind) {
        case RowKind::Snapshot:
            return shown.node;
        case RowKind::Here:
            return m_here;
        case RowKind::Orphan:
            return m_here + 1 + shown.node;
        }
        return m_here;
    }
    // Of a row that is made of other values; -1: there is no such thing here.
    int like(const SnapshotRows &others, int row)
    {
        if (const Snapshot *snapshot = others.snapshot(row))
            return m_rows.tree() ? m_rows.tree()->find(snapshot->name) : -1;
        const Orphan *orphan = others.orphan(row);
        if (!orphan)
            return m_here;
        if (m_orphans.isEmpty()) {
            for (int subject = m_here + 1; subject < count(); ++subject)
                m_orphans.insert(keyOf(m_rows.findings->orphans[size_t(subject - m_here - 1)]), subject);
        }
        return m_orphans.value(keyOf(*orphan), -1);
    }

private:
    const SnapshotRows &m_rows;
    const int m_here;
    QHash<QString, int> m_orphans; // numbers; once they are asked for
};

} // namespace

RowMatch matchRows(const SnapshotRows &before, const SnapshotRows &after)
{
    RowMatch match;
    match.newRowOf.assign(before.rows.size(), -1);
    match.oldRowOf.assign(after.rows.size(), -1);
    Subjects subjects(after);
    std::vector<int> rowOf(size_t(subjects.count()), -1);
    for (int row = 0; row < after.size(); ++row)
        rowOf[size_t(subjects.of(after.rows[size_t(row)]))] = row;

    const bool sameValues = before.hasValuesOf(after);
    int last = -1;
    for (int row = 0; row < before.size(); ++row) {
        const int subject = sameValues ? subjects.of(before.rows[size_t(row)]) : subjects.like(before, row);
        const int found = subject < 0 ? -1 : std::exchange(rowOf[size_t(subject)], -1); // names may be twice
        if (found < 0) {
            match.runs += row == 0 || match.newRowOf[size_t(row) - 1] >= 0;
            continue;
        }
        match.newRowOf[size_t(row)] = found;
        match.oldRowOf[size_t(found)] = row;
        match.inOrder = match.inOrder && found > last;
        last = found;
    }
    for (size_t row = 0; row < after.rows.size(); ++row)
        match.runs += match.oldRowOf[row] < 0 && (row == 0 || match.oldRowOf[row - 1] >= 0);
    return match;
}

} // namespace treewarden
