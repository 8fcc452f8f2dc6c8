// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/connectiontext.h"

#include "model/base/visible.h"
#include "views/text/errortext.h"
#include "views/text/unittext.h"

#include <QUrl>
#include <QUrlQuery>

namespace treewarden {

bool ConnectionText::isRemote(const QString &uri)
{
    return !QUrl(uri).host().isEmpty();
}

QString ConnectionText::name(const QString &uri)
{
    if (isSandbox(uri))
        return tr("Sandbox (inside Treewarden)");
    const QUrl url(uri);
    if (!url.host().isEmpty())
        return tr("%1 (%2)", "host (kind of connection)").arg(visible(url.host()), url.scheme());
    if (uri == QLatin1String("qemu:///session"))
        return tr("Your session (%1)").arg(uri);
    if (uri == QLatin1String("qemu:///system"))
        return tr("This computer (%1)").arg(uri);
    const QString socket = QUrlQuery(url).queryItemValue(QStringLiteral("socket"), QUrl::FullyDecoded);
    return visible(socket.isEmpty() ? uri : socket);
}

QString ConnectionText::status(Connection::Status status)
{
    switch (status) {
    case Connection::Status::Closed:
        return tr("Not connected");
    case Connection::Status::Connecting:
        return tr("Connecting…");
    case Connection::Status::Open:
        return tr("Connected");
    case Connection::Status::Failed:
        return tr("Connection failed");
    case Connection::Status::Lost:
        return tr("Connection lost");
    }
    return {};
}

QString ConnectionText::statusLine(const Connection &connection, int machineCount, qint64 now)
{
    const auto again = [&](const QString &reason) {
        if (connection.retryAt() == 0)
            return reason;
        const qint64 seconds = std::max<qint64>(0, (connection.retryAt() - now + 999) / 1000);
        return tr("%1, connecting again in %2", "reason, time").arg(reason, UnitText::seconds(seconds));
    };
    switch (connection.status()) {
    case Connection::Status::Closed:
        return tr("Not connected");
    case Connection::Status::Connecting:
        return tr("Connecting…");
    case Connection::Status::Failed:
        return again(tr("Failed: %1", "reason").arg(ErrorText::connectionReason(connection.error())));
    case Connection::Status::Lost:
        return again(tr("Connection lost: %1", "reason").arg(ErrorText::lossReason(connection.error())));
    case Connection::Status::Open:
        if (machineCount < 0)
            return tr("Reading machines…");
        return machineCount == 0 ? tr("No machines on this host yet") : QString();
    }
    return {};
}

QString ConnectionText::waiting(const Connection &connection, const Connection::Activity &activity, qint64 now)
{
    const QString uri = isSandbox(connection.uri()) ? tr("the sandbox") : connection.uri();
    // What the user asked for names a machine by its UUID, what a reading does by its name.
    const auto machine = connection.inventory()->domain(DomainId(activity.subject));
    return tr("Waiting for libvirt on %1: %2, %3", "host, what it does, since when")
        .arg(uri, ConnectionText::activity(activity.what, machine ? machine->name : activity.subject),
            UnitText::seconds((now - activity.since) / 1000));
}

QString ConnectionText::activity(const QString &what, const QString &subject)
{
    const auto of = [&](const QString &alone, const QString &named) {
        return subject.isEmpty() ? alone : named.arg(visible(subject));
    };
    if (what == QLatin1String("open"))
        return tr("connecting");
    if (what == QLatin1String("sandbox"))
        return of(tr("making the example machines"), tr("making the example machine %1"));
    if (what == QLatin1String("host"))
        return tr("asking for its version");
    if (what == QLatin1String("domains"))
        return tr("listing machines");
    if (what == QLatin1String("definition"))
        return of(tr("reading a definition"), tr("reading the definition of %1"));
    if (what == QLatin1String("snapshots"))
        return of(tr("reading snapshots"), tr("reading snapshots of %1"));
    if (what == QLatin1String("checkpoints"))
        return of(tr("reading checkpoints"), tr("reading checkpoints of %1"));
    if (what == QLatin1String("images"))
        return of(tr("reading disk images"), tr("reading %1"));
    if (what == QLatin1String("volumes"))
        return tr("listing storage pools");
    if (what == QLatin1String("monitor"))
        return of(tr("asking QEMU"), tr("asking the QEMU of %1"));
    if (what == QLatin1String("start"))
        return of(tr("starting a machine"), tr("starting %1"));
    if (what == QLatin1String("shutdown") || what == QLatin1String("force-off"))
        return of(tr("stopping a machine"), tr("stopping %1"));
    if (what == QLatin1String("pool"))
        return of(tr("making a storage pool"), tr("making a storage pool of %1"));
    if (what == QLatin1String("snapshot-xml"))
        return of(tr("reading a snapshot"), tr("reading the snapshot %1"));
    if (what == QLatin1String("backups"))
        return tr("looking at a folder of backups");
    if (what == QLatin1String("measure"))
        return of(tr("measuring a snapshot"), tr("measuring the snapshot %1"));
    return of(tr("an answer"), tr("an answer about %1"));
}

} // namespace treewarden
