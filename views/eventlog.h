// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/eventmodel.h"

#include <QSortFilterProxyModel>
#include <QWidget>

class QLineEdit;
class QToolButton;
class QTreeView;

namespace treewarden {

class ToneLabel;

// The event model in words, and filtered by any of them.
class EventTextModel : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    void setFilter(const QString &text);
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    const Event &at(const QModelIndex &index) const;

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override;

private:
    QString textOf(const Event &event, int column) const;

    QString m_filter;
};

// What libvirt and QEMU announced while the window is open. Follows the newest until the user scrolls up.
class EventLog : public QWidget
{
    Q_OBJECT

public:
    explicit EventLog(QWidget *parent = nullptr);

    void append(const Event &event) { m_events.append(event); }
    const EventModel &events() const { return m_events; }
    // The widths of the columns.
    QByteArray saveState() const;
    void restoreState(const QByteArray &state);
    // What is shown, as JSON lines.
    QByteArray toJsonLines() const;

Q_SIGNALS:
    void exportFailed(const QString &path, const QString &why);

private:
    void copy();
    void chooseExport();
    void showEmpty();

    EventModel m_events;
    EventTextModel m_texts;
    QTreeView *m_view;
    ToneLabel *m_empty;
    QLineEdit *m_filter;
    QToolButton *m_copy;
    QToolButton *m_export;
    QToolButton *m_clear;
    bool m_follows = true;
};

} // namespace treewarden
