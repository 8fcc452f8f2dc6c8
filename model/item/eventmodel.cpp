// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/eventmodel.h"

#include <QJsonDocument>

namespace treewarden {

namespace {

// Removed at once when full, so that a storm of events does not move every row for each of them.
constexpr int Surplus = EventModel::MaximumEvents / 20;

} // namespace

EventModel::EventModel(QObject *parent)
    : QAbstractTableModel(parent)
{
}

void EventModel::append(const Event &event)
{
    if (int(m_events.size()) >= MaximumEvents) {
        beginRemoveRows({}, 0, Surplus - 1);
        m_events.erase(m_events.begin(), m_events.begin() + Surplus);
        endRemoveRows();
    }
    const int row = int(m_events.size());
    beginInsertRows({}, row, row);
    m_events.push_back(event);
    endInsertRows();
}

void EventModel::clear()
{
    beginResetModel();
    m_events.clear();
    endResetModel();
}

int EventModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_events.size());
}

int EventModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant EventModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || role != Qt::DisplayRole)
        return {};
    const Event &event = at(index.row());
    switch (index.column()) {
    case Time:
        return event.time;
    case Machine:
        return event.domainName;
    case Source:
        return sourceName(event.source);
    case Name:
        return event.name;
    case Details:
        return QString::fromUtf8(QJsonDocument(event.data).toJson(QJsonDocument::Compact));
    default:
        return {};
    }
}

} // namespace treewarden
