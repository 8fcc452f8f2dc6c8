// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/measurements.h"
#include "model/item/rowmatch.h"

#include <QAbstractItemModel>
#include <QHash>

#include <memory>

namespace treewarden {

class Verdicts;

// The snapshots of one machine as flat rows with lanes (a deep tree of rows would stall every tree view). Values only:
// no colours and no sentences. An update keeps persistent indexes: what stays is moved or left alone, never reset.
// What costs something is found out for a row when that row is first asked for it, and forgotten with the next update.
// GUI thread only; holds the values it is given.
class SnapshotModel : public QAbstractItemModel
{
    Q_OBJECT

public:
    enum Column { SnapshotColumn, StateColumn, CreatedColumn, OnlyHereColumn, DeleteColumn, ColumnCount };
    enum Role {
        ItemRole = Qt::UserRole + 1, // SnapshotItem
        OnlyHereRole, // Fact<Bytes>; found out when it is first asked for
        VerdictRole, // RowVerdict on deleting a snapshot; invalid: not known yet, dataChanged() will follow
    };
    // Why there are rows, or none.
    enum class Content {
        NoMachine, // none was chosen
        Gone, // the machine is not in the inventory
        Reading,
        Unreadable, // why() has the reason
        NoSnapshots, // nor orphans
        NoMatch,
        Rows,
    };

    explicit SnapshotModel(QObject *parent = nullptr);

    // An empty id: no machine. Null is taken as an empty inventory or assessment.
    void show(std::shared_ptr<const Inventory> inventory, std::shared_ptr<const Assessment> assessment,
        const DomainId &domain);
    // What deleting an internal snapshot would free on its disks, once somebody has measured it.
    void setMeasured(const DomainId &domain, const QString &snapshot, const Fact<Bytes> &bytes);

    // Where VerdictRole comes from; outlives the model. To be called again when they have a new judge.
    void setVerdicts(Verdicts *verdicts);

    void setOrder(bool newestFirst, bool byName);
    void setFilter(const QString &text);
    void setFolded(int row, bool folded);
    void unfoldAll();
    const LaneOptions &options() const { return m_options; }
    // What is folded on each machine, by the snapshots' names. To be set before anything is shown.
    const QHash<DomainId, QSet<QString>> &folds() const { return m_folded; }
    void setFolds(QHash<DomainId, QSet<QString>> folds) { m_folded = std::move(folds); }

    Content content() const { return m_content; }
    Error why() const;
    DomainId domainId() const { return m_domainId; }
    std::shared_ptr<const Domain> domain() const { return m_rows.domain; }
    std::shared_ptr<const Inventory> inventory() const { return m_inventory; }

    // `row` is within the rows.
    SnapshotItem item(int row) const { return m_rows.item(row); }
    Fact<qint64> created(int row) const { return m_rows.created(row); } // of the item, without making one
    const Snapshot *snapshot(int row) const { return m_rows.snapshot(row); } // null for other kinds
    // The row of the nearest ancestor that is shown; -1: none.
    int parentRow(int row) const { return m_rows.rows[size_t(row)].parentRow; }
    Fact<Bytes> onlyHere(int row) const;
    int find(const SnapshotItem &like) const { return m_rows.find(like); } // -1: not among the rows

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &child) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;

Q_SIGNALS:
    // Around every change of rows, so that a view can keep its place.
    void aboutToUpdate();
    void updated();

private:
    Content contentFor(const SnapshotRows &rows) const;
    void relay();
    void update(SnapshotRows next, std::shared_ptr<const Inventory> inventory);
    void removeAndInsert(const RowMatch &match, const SnapshotRows &next, std::shared_ptr<const Inventory> inventory);
    void changeLayout(const RowMatch &match, const SnapshotRows &next, std::shared_ptr<const Inventory> inventory);
    void take(SnapshotRows rows, std::shared_ptr<const Inventory> inventory);
    void announce(const SnapshotRows &before, const std::vector<int> &oldRowOf);
    void announceOnlyHere(const QList<int> &rows);
    Fact<Bytes> findOnlyHere(int row) const;

    std::shared_ptr<const Inventory> m_inventory;
    std::shared_ptr<const Assessment> m_assessment;
    DomainId m_domainId;
    SnapshotRows m_rows;
    LaneOptions m_options;
    QHash<DomainId, QSet<QString>> m_folded;
    Measurements m_measured;
    Content m_content = Content::NoMachine;
    Verdicts *m_verdicts = nullptr;
    mutable QHash<int, Fact<Bytes>> m_onlyHere; // by row: what somebody has asked for
};

} // namespace treewarden
