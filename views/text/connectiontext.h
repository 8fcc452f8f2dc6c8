// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connection.h"

#include <QCoreApplication>

namespace treewarden {

class ConnectionText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::ConnectionText)

public:
    static bool isSandbox(const QString &uri) { return uri == QLatin1String("sandbox"); }
    static bool isRemote(const QString &uri);
    static QString name(
        const QString &uri); // "This computer (qemu:///system)", "nas.lan (qemu+ssh)", the path of a socket
    static QString status(Connection::Status status);
    // The line below a connection's name; empty when it is open and shows machines. `now`: milliseconds since 1970.
    static QString statusLine(const Connection &connection, int machineCount, qint64 now);
    // "Waiting for libvirt on qemu:///system: reading snapshots of web, 12 s"
    static QString waiting(const Connection &connection, const Connection::Activity &activity, qint64 now);
    static QString activity(const QString &what, const QString &subject);
};

} // namespace treewarden
