// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/eventtext.h"

#include "model/base/visible.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QStringList>

namespace treewarden {

QString EventText::source(EventSource source)
{
    return source == EventSource::Libvirt ? tr("libvirt") : tr("QMP");
}

QString EventText::name(const Event &event)
{
    if (event.source == EventSource::Qmp)
        return event.name;
    if (event.name == QLatin1String("lifecycle")) {
        const QString what = event.data.value(QLatin1String("event")).toString();
        if (what == QLatin1String("defined"))
            return tr("Defined");
        if (what == QLatin1String("undefined"))
            return tr("Undefined");
        if (what == QLatin1String("started"))
            return tr("Started");
        if (what == QLatin1String("suspended"))
            return tr("Paused");
        if (what == QLatin1String("resumed"))
            return tr("Resumed");
        if (what == QLatin1String("stopped"))
            return tr("Stopped");
        if (what == QLatin1String("shutdown"))
            return tr("Shut down");
        if (what == QLatin1String("pmsuspended"))
            return tr("Suspended by its guest");
        if (what == QLatin1String("crashed"))
            return tr("Crashed");
        return tr("Changed its state");
    }
    if (event.name == QLatin1String("block-job") || event.name == QLatin1String("block-job-2"))
        return tr("Block job");
    if (event.name == QLatin1String("job-completed"))
        return tr("Job completed");
    if (event.name == QLatin1String("job-iteration") || event.name == QLatin1String("migration-iteration"))
        return tr("Job goes on");
    if (event.name == QLatin1String("device-removed"))
        return tr("Device removed");
    if (event.name == QLatin1String("device-added"))
        return tr("Device added");
    if (event.name == QLatin1String("disk-change"))
        return tr("Disk changed");
    if (event.name == QLatin1String("io-error") || event.name == QLatin1String("io-error-reason"))
        return tr("I/O error");
    if (event.name == QLatin1String("agent-lifecycle"))
        return tr("Guest agent");
    if (event.name == QLatin1String("block-threshold"))
        return tr("Disk reached its threshold");
    if (event.name == QLatin1String("reboot"))
        return tr("Rebooted");
    if (event.name == QLatin1String("watchdog"))
        return tr("Watchdog");
    return event.name;
}

QString EventText::details(const Event &event)
{
    QStringList parts;
    if (!event.disk.isEmpty())
        parts += event.disk;
    if (!event.job.isEmpty() && event.job != event.disk)
        parts += event.job;
    for (auto entry = event.data.begin(); entry != event.data.end(); ++entry) {
        // name() has it in words.
        if (event.name == QLatin1String("lifecycle") && entry.key() == QLatin1String("event"))
            continue;
        const QJsonValue value = entry.value();
        const QString text = value.isString() ? value.toString()
            : value.isObject() ? QString::fromUtf8(QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact))
            : value.isArray()  ? QString::fromUtf8(QJsonDocument(value.toArray()).toJson(QJsonDocument::Compact))
                               : value.toVariant().toString();
        if (!text.isEmpty() && text != event.disk && text != event.job)
            parts += event.name == QLatin1String("lifecycle") ? text : QString(entry.key() % u": " % text);
    }
    return visible(parts.join(QLatin1String(", ")));
}

} // namespace treewarden
