// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/snapshotmodel.h"

namespace treewarden {

// The snapshot model with words: display, tool tip and accessible texts, made when they are asked for.
class SnapshotTextModel : public SnapshotModel
{
    Q_OBJECT

public:
    explicit SnapshotTextModel(QObject *parent = nullptr);

    // Ages are told relative to `now`, in seconds since 1970.
    void setNow(qint64 now);
    // Seconds until one of the ages shown reads differently; 0: none ever will.
    qint64 agesLast() const;

    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QVariant deletion(const QModelIndex &index, int role) const;
    QVariant accessibleText(const QModelIndex &index) const;
    QString parentName(int row) const;

    qint64 m_now;
};

} // namespace treewarden
