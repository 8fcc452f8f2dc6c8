// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/machinemodel.h"

#include <algorithm>

namespace treewarden {

struct MachineModel::Machine
{
    DomainId uuid;
    QString name;
    DomainState state = DomainState::Unknown;
    PausedBy pausedBy = PausedBy::Other;
    TreeKind kind = TreeKind::None;
    int problems = 0;
    int leftOver = 0;
    bool danger = false;

    bool operator==(const Machine &) const = default;
};

struct MachineModel::Host
{
    Connection *connection = nullptr;
    bool wasRead = false;
    Assessment::Attention ofNoMachine; // images that no machine has any part in
    std::vector<Machine> machines;
};

MachineModel::MachineModel(Connections *connections, QObject *parent)
    : QAbstractItemModel(parent)
{
    for (Connection *connection : connections->all())
        append(connection);
    connect(connections, &Connections::added, this, [this](Connection *connection) {
        const int row = int(m_hosts.size());
        beginInsertRows({}, row, row);
        append(connection);
        endInsertRows();
    });
    connect(connections, &Connections::aboutToBeRemoved, this, [this](Connection *connection) {
        const int row = rowOf(connection);
        disconnect(connection, nullptr, this, nullptr);
        beginRemoveRows({}, row, row);
        m_hosts.erase(m_hosts.begin() + row);
        endRemoveRows();
    });
}

MachineModel::~MachineModel() = default;

void MachineModel::append(Connection *connection)
{
    m_hosts.push_back(std::make_unique<Host>());
    m_hosts.back()->connection = connection;
    connect(connection, &Connection::inventoryChanged, this, [this, connection] { takeInventory(connection); });
    connect(connection, &Connection::statusChanged, this, [this, connection] {
        const QModelIndex top = indexOf(connection);
        Q_EMIT dataChanged(top, top);
        if (const int count = rowCount(top))
            Q_EMIT dataChanged(index(0, 0, top), index(count - 1, 0, top), {StatusRole});
    });
    if (connection->inventory()->generation > 0)
        takeInventory(connection);
}

void MachineModel::takeInventory(const Connection *connection)
{
    const int hostRow = rowOf(connection);
    Host &host = *m_hosts[size_t(hostRow)];
    const QModelIndex top = index(hostRow, 0);

    const auto inventory = connection->inventory();
    const auto assessment = connection->assessment();
    const QHash<DomainId, Assessment::Attention> attention = assessment->attention();
    std::vector<Machine> wanted;
    QSet<DomainId> present;
    for (const auto &domain : inventory->domains) {
        const TreeKind kind = domain->snapshots.isKnown() ? treeKind(*domain->snapshots) : TreeKind::None;
        const Assessment::Attention of = attention.value(domain->uuid);
        wanted.push_back(
            {domain->uuid, domain->name, domain->state, domain->pausedBy, kind, of.problems, of.leftOver, of.isDanger});
        present.insert(domain->uuid);
    }

    for (int row = int(host.machines.size()) - 1; row >= 0; --row) {
        if (present.contains(host.machines[size_t(row)].uuid))
            continue;
        beginRemoveRows(top, row, row);
        host.machines.erase(host.machines.begin() + row);
        endRemoveRows();
    }
    for (int row = 0; row < int(wanted.size()); ++row) {
        const Machine &machine = wanted[size_t(row)];
        const auto found = std::find_if(host.machines.begin() + row, host.machines.end(),
            [&](const Machine &each) { return each.uuid == machine.uuid; });
        if (found == host.machines.end()) {
            beginInsertRows(top, row, row);
            host.machines.insert(host.machines.begin() + row, machine);
            endInsertRows();
            continue;
        }
        if (const int from = int(found - host.machines.begin()); from != row) {
            beginMoveRows(top, from, from, top, row);
            std::rotate(host.machines.begin() + row, found, found + 1);
            endMoveRows();
        }
        if (host.machines[size_t(row)] != machine) {
            host.machines[size_t(row)] = machine;
            Q_EMIT dataChanged(index(row, 0, top), index(row, 0, top));
        }
    }
    host.wasRead = inventory->generation > 0;
    host.ofNoMachine = attention.value({});
    Q_EMIT dataChanged(top, top);
}

int MachineModel::rowOf(const Connection *connection) const
{
    const auto found = std::find_if(
        m_hosts.begin(), m_hosts.end(), [&](const auto &host) { return host->connection == connection; });
    return found == m_hosts.end() ? -1 : int(found - m_hosts.begin());
}

QModelIndex MachineModel::indexOf(const Connection *connection) const
{
    return index(rowOf(connection), 0);
}

QModelIndex MachineModel::indexOf(const Connection *connection, const DomainId &machine) const
{
    const QModelIndex top = indexOf(connection);
    if (!top.isValid())
        return {};
    const auto &machines = m_hosts[size_t(top.row())]->machines;
    const auto found
        = std::find_if(machines.begin(), machines.end(), [&](const Machine &each) { return each.uuid == machine; });
    return found == machines.end() ? QModelIndex() : index(int(found - machines.begin()), 0, top);
}

Connection *MachineModel::connectionOf(const QModelIndex &index)
{
    return index.data(ConnectionRole).value<Connection *>();
}

DomainId MachineModel::machineOf(const QModelIndex &index)
{
    return DomainId(index.data(UuidRole).toString());
}

QModelIndex MachineModel::index(int row, int column, const QModelIndex &parent) const
{
    if (row < 0 || row >= rowCount(parent) || column != 0)
        return {};
    return createIndex(row, column, parent.isValid() ? m_hosts[size_t(parent.row())].get() : nullptr);
}

QModelIndex MachineModel::parent(const QModelIndex &index) const
{
    const auto *host = static_cast<const Host *>(index.internalPointer());
    return host ? indexOf(host->connection) : QModelIndex();
}

int MachineModel::rowCount(const QModelIndex &parent) const
{
    if (!parent.isValid())
        return int(m_hosts.size());
    return parent.internalPointer() ? 0 : int(m_hosts[size_t(parent.row())]->machines.size());
}

int MachineModel::columnCount(const QModelIndex &) const
{
    return 1;
}

QVariant MachineModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const auto *parentHost = static_cast<const Host *>(index.internalPointer());
    const Host &host = parentHost ? *parentHost : *m_hosts[size_t(index.row())];
    switch (role) {
    case ConnectionRole:
        return QVariant::fromValue(host.connection);
    case StatusRole:
        return int(host.connection->status());
    default:
        break;
    }
    if (!parentHost) {
        switch (role) {
        case Qt::DisplayRole:
            return host.connection->uri();
        case MachineCountRole:
            return host.wasRead ? int(host.machines.size()) : -1;
        case ProblemCountRole:
            return host.ofNoMachine.problems;
        case LeftOverCountRole:
            return host.ofNoMachine.leftOver;
        default:
            return {};
        }
    }
    const Machine &machine = host.machines[size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return machine.name;
    case UuidRole:
        return machine.uuid.value;
    case StateRole:
        return int(machine.state);
    case PausedByRole:
        return int(machine.pausedBy);
    case KindRole:
        return int(machine.kind);
    case ProblemCountRole:
        return machine.problems;
    case LeftOverCountRole:
        return machine.leftOver;
    case DangerRole:
        return machine.danger;
    default:
        return {};
    }
}

} // namespace treewarden
