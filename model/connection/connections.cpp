// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/connection/connections.h"

#include <algorithm>

namespace treewarden {

Connections::Connections(std::function<Backend(const QString &)> backendFor, QObject *parent)
    : QObject(parent)
    , m_backendFor(std::move(backendFor))
{
}

Connection *Connections::find(const QString &uri) const
{
    const auto found
        = std::find_if(m_all.begin(), m_all.end(), [&](const Connection *each) { return each->uri() == uri; });
    return found == m_all.end() ? nullptr : *found;
}

QStringList Connections::uris() const
{
    QStringList uris;
    for (const Connection *connection : m_all)
        uris.append(connection->uri());
    return uris;
}

Connection *Connections::add(const QString &uri)
{
    if (Connection *existing = find(uri))
        return existing;
    auto *connection = new Connection(uri, m_backendFor(uri), this);
    m_all.push_back(connection);
    Q_EMIT added(connection);
    return connection;
}

void Connections::remove(Connection *connection)
{
    const auto found = std::find(m_all.begin(), m_all.end(), connection);
    if (found == m_all.end())
        return;
    Q_EMIT aboutToBeRemoved(connection);
    m_all.erase(found);
    // Not `delete`: the call may come from a slot of the connection itself.
    connection->close();
    connection->deleteLater();
    Q_EMIT removed();
}

} // namespace treewarden
