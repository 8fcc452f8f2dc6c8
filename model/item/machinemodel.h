// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connections.h"

#include <QAbstractItemModel>

namespace treewarden {

// The machines of all connections: connections are the top level, their machines the second. Rows are matched by UUID
// when an inventory arrives, so that selection and scroll position survive. DisplayRole is the machine's name, or the
// connection's URI.
class MachineModel final : public QAbstractItemModel
{
    Q_OBJECT

public:
    enum Role {
        ConnectionRole = Qt::UserRole, // Connection *, on both levels
        UuidRole, // machines only: the UUID's text
        StateRole, // int of DomainState
        PausedByRole, // int of PausedBy
        KindRole, // int of TreeKind
        ProblemCountRole, // int; connections: of images that no machine has any part in
        LeftOverCountRole, // int: files and tags that belong to the machine (connections: to none) and that nothing
                           // uses
        DangerRole, // bool: one of the machine's problems endangers data
        StatusRole, // int of Connection::Status, on both levels
        MachineCountRole, // connections only; -1: nothing was read yet
    };

    explicit MachineModel(Connections *connections, QObject *parent = nullptr);
    ~MachineModel() override;

    QModelIndex indexOf(const Connection *connection) const;
    QModelIndex indexOf(const Connection *connection, const DomainId &machine) const;
    static Connection *connectionOf(const QModelIndex &index); // also through proxies; null for an invalid index
    static DomainId machineOf(const QModelIndex &index); // empty for a connection

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &index) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;

private:
    struct Machine;
    struct Host;

    void append(Connection *connection);
    void takeInventory(const Connection *connection);
    int rowOf(const Connection *connection) const;

    std::vector<std::unique_ptr<Host>> m_hosts;
};

} // namespace treewarden

Q_DECLARE_METATYPE(treewarden::Connection *)
