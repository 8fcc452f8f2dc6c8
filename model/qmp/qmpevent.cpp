// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qmp/qmpevent.h"

#include <QJsonDocument>
#include <QRegularExpression>

#include <limits>

namespace treewarden {

using namespace Qt::StringLiterals;

Result<Event> readEvent(const QString &name, qint64 seconds, quint32 microseconds, const QByteArray &details)
{
    Event event;
    event.source = EventSource::Qmp;
    event.name = name;
    if (seconds >= 0 && seconds < std::numeric_limits<qint64>::max() / 1000 - 1)
        event.time = seconds * 1000 + qint64(microseconds / 1000);
    if (!details.isEmpty()) {
        QJsonParseError parsed;
        const QJsonDocument document = QJsonDocument::fromJson(details, &parsed);
        if (!document.isObject())
            return failure(ErrorCode::Malformed, name,
                parsed.error != QJsonParseError::NoError
                    ? QString(u"offset %1: %2"_s.arg(parsed.offset).arg(parsed.errorString()))
                    : u"the data are no object"_s);
        event.data = document.object();
    }
    // "device" is a job's id in these events only; elsewhere it is a device of the guest.
    if (name.startsWith(u"BLOCK_JOB_"))
        event.job = event.data.value("device"_L1).toString();
    else if (name == u"JOB_STATUS_CHANGE")
        event.job = event.data.value("id"_L1).toString();
    event.disk = diskOfJob(event.job);
    return event;
}

QString diskOfJob(const QString &job)
{
    static const QRegularExpression pattern(
        u"^(?:pull|commit|copy|backup)-([a-z]+)-libvirt-[0-9]+-(?:format|storage)\\z"_s);
    return pattern.match(job).captured(1);
}

} // namespace treewarden
