// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/event.h"

#include <QAbstractTableModel>

#include <deque>

namespace treewarden {

// What libvirt and QEMU announced, oldest first. Bounded: the oldest go.
class EventModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    static constexpr int MaximumEvents = 10'000;
    enum Column { Time, Machine, Source, Name, Details, ColumnCount };

    explicit EventModel(QObject *parent = nullptr);

    void append(const Event &event);
    void clear();
    const Event &at(int row) const { return m_events[size_t(row)]; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    // DisplayRole: the values as they came (the time in milliseconds since 1970, the data as compact JSON).
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;

private:
    std::deque<Event> m_events;
};

} // namespace treewarden
