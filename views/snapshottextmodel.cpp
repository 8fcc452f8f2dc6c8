// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/snapshottextmodel.h"

#include "views/text/snapshottext.h"
#include "views/text/unittext.h"

#include <QDateTime>

namespace treewarden {

SnapshotTextModel::SnapshotTextModel(QObject *parent)
    : SnapshotModel(parent)
    , m_now(QDateTime::currentSecsSinceEpoch())
{
}

void SnapshotTextModel::setNow(qint64 now)
{
    m_now = now;
    if (rowCount() > 0)
        Q_EMIT dataChanged(
            index(0, CreatedColumn), index(rowCount() - 1, CreatedColumn), {Qt::DisplayRole, Qt::AccessibleTextRole});
}

qint64 SnapshotTextModel::agesLast() const
{
    qint64 shortest = 0;
    for (int row = 0; row < rowCount(); ++row) {
        const Fact<qint64> when = created(row);
        if (!when.isKnown())
            continue;
        const qint64 lasts = UnitText::ageLasts(*when, m_now);
        if (shortest == 0 || lasts < shortest)
            shortest = lasts;
    }
    return shortest;
}

QVariant SnapshotTextModel::data(const QModelIndex &index, int role) const
{
    if (role >= Qt::UserRole || !index.isValid())
        return SnapshotModel::data(index, role);
    if (index.column() == DeleteColumn)
        return deletion(index, role);
    const SnapshotItem shown = item(index.row());
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case SnapshotColumn:
            return SnapshotText::name(shown);
        case StateColumn:
            return SnapshotText::state(shown);
        case CreatedColumn:
            return SnapshotText::taken(shown, m_now);
        case OnlyHereColumn:
            return SnapshotText::onlyHere(onlyHere(index.row()));
        default:
            return {};
        }
    case Qt::ToolTipRole:
        return SnapshotText::toolTip(shown, onlyHere(index.row()));
    case Qt::AccessibleTextRole:
        return accessibleText(index);
    case Qt::AccessibleDescriptionRole:
        return SnapshotText::spokenPlace(shown, parentName(index.row()), index.row(), rowCount());
    default:
        return {};
    }
}

// The delegate paints a shield; there are words for those who point at it or cannot see it.
QVariant SnapshotTextModel::deletion(const QModelIndex &index, int role) const
{
    if (role != Qt::ToolTipRole && role != Qt::AccessibleTextRole)
        return {};
    const QVariant known = SnapshotModel::data(index, VerdictRole);
    if (!known.isValid())
        return {};
    const auto verdict = known.value<RowVerdict>();
    const QString reason = SnapshotText::deletionReason(verdict);
    const QString sentence = SnapshotText::deletion(verdict);
    return reason.isEmpty() ? sentence : sentence + u'\n' + reason;
}

QVariant SnapshotTextModel::accessibleText(const QModelIndex &index) const
{
    if (index.column() == SnapshotColumn) {
        // The keyboard does not go to the other columns.
        const QString row = SnapshotText::spoken(item(index.row()), onlyHere(index.row()), m_now);
        const QString judged = deletion(index, Qt::AccessibleTextRole).toString();
        return judged.isEmpty() ? row : QString(row + u'\n' + judged);
    }
    const QString value = data(index, Qt::DisplayRole).toString();
    return value.isEmpty() ? value : SnapshotText::columnTitle(Column(index.column())) + QStringLiteral(": ") + value;
}

QString SnapshotTextModel::parentName(int row) const
{
    const int parent = parentRow(row);
    return parent < 0 ? QString() : item(parent).name;
}

QVariant SnapshotTextModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return SnapshotText::columnTitle(Column(section));
    case Qt::ToolTipRole:
        return SnapshotText::columnHelp(Column(section));
    case Qt::TextAlignmentRole:
        return int(Qt::AlignLeading | Qt::AlignVCenter);
    default:
        return {};
    }
}

} // namespace treewarden
