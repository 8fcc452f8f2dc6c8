// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/measurements.h"
#include "model/item/rowmatch.h"

#include <QAbstractItemModel>
#include <QHash>

#include <memory>
#include <optional>

namespace treewarden {

// The snapshots of one machine as flat rows with lanes (a deep tree of rows would stall every tree view). Values only:
// no colours and no sentences. An update keeps persistent indexes: what stays is moved or left alone, never reset.
// GUI thread only; holds the values it is given.
class SnapshotModel : public QAbstractItemModel
{
    Q_OBJECT

public:
    enum Column { SnapshotColumn, StateColumn, CreatedColumn, OnlyHereColumn, ColumnCount };
    enum Role {
        ItemRole = Qt::UserRole + 1, // SnapshotItem
        OnlyHereRole, // Fact<Bytes>; found out when it is first asked for
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
    std::shared_ptr<const Domain> domain() const { return m_domain; }
    std::shared_ptr<const Inventory> inventory() const { return m_inventory; }

    // `row` is within the rows.
    const SnapshotItem &item(int row) const { return m_items[size_t(row)]; }
    const Snapshot *snapshot(int row) const; // null for other kinds
    // The row of the nearest ancestor that is shown; -1: none.
    int parentRow(int row) const { return m_parentRows[size_t(row)]; }
    Fact<Bytes> onlyHere(int row) const;
    int find(const SnapshotItem &like) const; // -1: not among the rows

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
    struct Contents
    {
        std::vector<LaneRow> rows;
        std::vector<SnapshotItem> items;
    };
    Contents contents() const;
    Content contentFor(const std::vector<LaneRow> &rows) const;
    void relay();
    void replace(Contents next);
    void removeAndInsert(const RowMatch &match, Contents &next);
    void changeLayout(const RowMatch &match, Contents &next);
    void announce(const std::vector<SnapshotItem> &before, const std::vector<int> &oldRowOf);
    void takeParentRows(const std::vector<LaneRow> &rows);
    int node(int row) const;
    Fact<Bytes> findOnlyHere(int row) const;

    std::shared_ptr<const Inventory> m_inventory;
    std::shared_ptr<const Assessment> m_assessment;
    std::shared_ptr<const Domain> m_domain;
    DomainId m_domainId;
    std::vector<Orphan> m_orphans; // without those that stand in the tree as a snapshot without data
    QSet<QString> m_dataMissing;
    QHash<QString, QStringList> m_problems; // by subject
    LaneOptions m_options;
    QHash<DomainId, QSet<QString>> m_folded;
    Measurements m_measured;
    Content m_content = Content::NoMachine;
    std::vector<SnapshotItem> m_items;
    std::vector<int> m_parentRows;
    mutable std::vector<std::optional<Fact<Bytes>>> m_onlyHere;
};

} // namespace treewarden
