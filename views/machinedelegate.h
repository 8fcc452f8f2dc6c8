// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace treewarden {

// Draws connections as headings with their status below, machines with a mark for their state and badges.
class MachineDelegate : public QStyledItemDelegate
{
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    // Where "Retry now" stands, in the coordinates of option.rect; empty: this row has none.
    QRect retryRect(const QStyleOptionViewItem &option, const QModelIndex &index) const;

private:
    void paintConnection(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const;
    void paintMachine(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const;
};

} // namespace treewarden
