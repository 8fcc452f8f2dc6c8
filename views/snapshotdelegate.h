// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/snapshotmodel.h"

#include <QStyledItemDelegate>

namespace treewarden {

// Paints a row of the snapshot tree: lanes, mark, name and second line in the first column. Every row has the same
// height. Mirrored in right-to-left layouts.
class SnapshotDelegate : public QStyledItemDelegate
{
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

    // Where a click folds or unfolds the row; empty where it cannot be folded. `cell` is the first column's.
    static QRect foldMark(const QRect &cell, const QStyleOptionViewItem &option, const SnapshotItem &item);

protected:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override;
};

} // namespace treewarden
