// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/domain/event.h"

namespace treewarden {

QString sourceName(EventSource source)
{
    return source == EventSource::Libvirt ? QStringLiteral("libvirt") : QStringLiteral("qmp");
}

QJsonObject toJson(const Event &event)
{
    const auto orNull = [](const QString &text) { return text.isEmpty() ? QJsonValue() : QJsonValue(text); };
    return {
        {QStringLiteral("time"), double(event.time) / 1000},
        {QStringLiteral("domain"), event.domainName},
        {QStringLiteral("source"), sourceName(event.source)},
        {QStringLiteral("event"), event.name},
        {QStringLiteral("disk"), orNull(event.disk)},
        {QStringLiteral("job"), orNull(event.job)},
        {QStringLiteral("data"), event.data},
    };
}

} // namespace treewarden
