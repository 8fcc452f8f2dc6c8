// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connection.h"

#include <vector>

namespace treewarden {

// The hosts the window shows, in the order they were added. Owns its connections; GUI thread.
class Connections : public QObject
{
    Q_OBJECT

public:
    // `backendFor` is asked once for each URI that is added.
    explicit Connections(std::function<Backend(const QString &uri)> backendFor, QObject *parent = nullptr);

    const std::vector<Connection *> &all() const { return m_all; }
    Connection *find(const QString &uri) const; // null: not here
    QStringList uris() const;

    // The connection of this URI, new (and not opened yet) or the one that is here already.
    Connection *add(const QString &uri);
    void remove(Connection *connection);

Q_SIGNALS:
    void added(treewarden::Connection *connection);
    void aboutToBeRemoved(treewarden::Connection *connection);
    void removed();

private:
    std::function<Backend(const QString &uri)> m_backendFor;
    std::vector<Connection *> m_all;
};

} // namespace treewarden
