// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/rowmatch.h"

#include <algorithm>
#include <numeric>

namespace treewarden {

namespace {

QString keyOf(const SnapshotItem &item)
{
    return QString::number(int(item.kind)) + QString::number(int(item.orphanKind)) + item.name + QChar(0) + item.path;
}

} // namespace

RowMatch matchRows(const std::vector<SnapshotItem> &before, const std::vector<SnapshotItem> &after)
{
    RowMatch match;
    match.newRowOf.assign(before.size(), -1);
    match.oldRowOf.assign(after.size(), -1);
    const auto isSame = [](const SnapshotItem &a, const SnapshotItem &b) { return a.isSame(b); };
    if (std::equal(before.begin(), before.end(), after.begin(), after.end(), isSame)) {
        std::iota(match.newRowOf.begin(), match.newRowOf.end(), 0);
        std::iota(match.oldRowOf.begin(), match.oldRowOf.end(), 0);
        return match;
    }
    QHash<QString, int> newRows;
    newRows.reserve(qsizetype(after.size()));
    for (size_t row = 0; row < after.size(); ++row)
        newRows.insert(keyOf(after[row]), int(row));
    int last = -1;
    for (size_t row = 0; row < before.size(); ++row) {
        const auto found = newRows.constFind(keyOf(before[row]));
        if (found == newRows.constEnd()) {
            match.runs += row == 0 || match.newRowOf[row - 1] >= 0;
            continue;
        }
        match.newRowOf[row] = *found;
        match.oldRowOf[size_t(*found)] = int(row);
        match.inOrder = match.inOrder && *found > last;
        last = *found;
        newRows.erase(found); // a second row with the same key is another row
    }
    for (size_t row = 0; row < after.size(); ++row)
        match.runs += match.oldRowOf[row] < 0 && (row == 0 || match.oldRowOf[row - 1] >= 0);
    return match;
}

} // namespace treewarden
