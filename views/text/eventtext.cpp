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

// How a machine came to its new state: the words of the backend's table of virDomainEvent...DetailType.
QString EventText::lifecycleDetail(const QString &event, const QString &detail)
{
    static const struct
    {
        const char *event; // empty: any
        const char *detail;
        const char *words;
    } table[] = {
        {"defined", "added", QT_TR_NOOP("new")},
        {"defined", "updated", QT_TR_NOOP("changed")},
        {"", "renamed", QT_TR_NOOP("renamed")},
        {"undefined", "removed", QT_TR_NOOP("removed")},
        {"started", "booted", QT_TR_NOOP("booted")},
        {"started", "restored", QT_TR_NOOP("from its saved memory")},
        {"started", "wakeup", QT_TR_NOOP("woken up")},
        {"started", "recovered", QT_TR_NOOP("after a move to another host that failed")},
        {"suspended", "paused", QT_TR_NOOP("on request")},
        {"suspended", "ioerror", QT_TR_NOOP("after an I/O error")},
        {"suspended", "watchdog", QT_TR_NOOP("by its watchdog")},
        {"suspended", "restored", QT_TR_NOOP("from its saved memory")},
        {"suspended", "api-error", QT_TR_NOOP("after a call of libvirt that failed")},
        {"resumed", "unpaused", QT_TR_NOOP("on request")},
        {"", "postcopy", QT_TR_NOOP("while its memory follows from another host")},
        {"", "postcopy-failed", QT_TR_NOOP("as its memory could not follow from another host")},
        {"stopped", "shutdown", QT_TR_NOOP("shut down by its guest")},
        {"stopped", "destroyed", QT_TR_NOOP("forced off")},
        {"stopped", "crashed", QT_TR_NOOP("crashed")},
        {"stopped", "saved", QT_TR_NOOP("its memory was saved")},
        {"stopped", "failed", QT_TR_NOOP("QEMU failed")},
        {"stopped", "recreated", QT_TR_NOOP("to be made anew")},
        {"shutdown", "finished", QT_TR_NOOP("finished")},
        {"shutdown", "guest", QT_TR_NOOP("asked for by its guest")},
        {"shutdown", "host", QT_TR_NOOP("asked for by the host")},
        {"pmsuspended", "memory", QT_TR_NOOP("to memory")},
        {"pmsuspended", "disk", QT_TR_NOOP("to disk")},
        {"crashed", "panicked", QT_TR_NOOP("its kernel panicked")},
        {"crashed", "crashloaded", QT_TR_NOOP("its kernel panicked and went on with another")},
        {"", "from-snapshot", QT_TR_NOOP("from a snapshot")},
        {"", "migrated", QT_TR_NOOP("for a move between hosts")},
    };
    for (const auto &row : table) {
        if (detail == QLatin1String(row.detail) && (*row.event == 0 || event == QLatin1String(row.event)))
            return tr(row.words);
    }
    return detail.isEmpty() ? QString() : tr("reason %1", "one that this version does not know").arg(detail);
}

// What libvirt says of a value, for the names that it has for it; others stay as they are.
QString EventText::value(const Event &event, const QString &key, const QString &value)
{
    static const struct
    {
        const char *event;
        const char *key;
        const char *value; // null: any
        const char *words; // "%1": the value
    } table[] = {
        {"block-job-2", "type", "pull", QT_TR_NOOP("pull")},
        {"block-job-2", "type", "copy", QT_TR_NOOP("copy")},
        {"block-job-2", "type", "commit", QT_TR_NOOP("merge")},
        {"block-job-2", "type", "active-commit", QT_TR_NOOP("merge of the active layer")},
        {"block-job-2", "type", "backup", QT_TR_NOOP("backup")},
        {"block-job-2", "status", "completed", QT_TR_NOOP("completed")},
        {"block-job-2", "status", "failed", QT_TR_NOOP("failed")},
        {"block-job-2", "status", "canceled", QT_TR_NOOP("cancelled")},
        {"block-job-2", "status", "ready", QT_TR_NOOP("ready to finish")},
        {"io-error-reason", "path", nullptr, "%1"},
        {"io-error-reason", "alias", nullptr, "%1"},
        {"io-error-reason", "action", "none", QT_TR_NOOP("nothing was done about it")},
        {"io-error-reason", "action", "pause", QT_TR_NOOP("the machine was paused")},
        {"io-error-reason", "action", "report", QT_TR_NOOP("its guest was told")},
        {"io-error-reason", "reason", "enospc", QT_TR_NOOP("no space is left")},
        {"io-error-reason", "reason", nullptr, QT_TR_NOOP("reason: %1")},
        {"agent-lifecycle", "state", "connected", QT_TR_NOOP("connected")},
        {"agent-lifecycle", "state", "disconnected", QT_TR_NOOP("disconnected")},
        {"agent-lifecycle", "reason", nullptr, ""},
        {"block-threshold", "path", nullptr, "%1"},
        {"block-threshold", "threshold", nullptr, QT_TR_NOOP("threshold %1 bytes")},
        {"block-threshold", "excess", nullptr, QT_TR_NOOP("%1 bytes above it")},
        {"metadata-change", "type", "0", QT_TR_NOOP("description")},
        {"metadata-change", "type", "1", QT_TR_NOOP("title")},
        {"metadata-change", "type", "2", QT_TR_NOOP("metadata of a program")},
        {"metadata-change", "uri", nullptr, "%1"},
    };
    if (event.source == EventSource::Libvirt) {
        for (const auto &row : table) {
            if (event.name == QLatin1String(row.event) && key == QLatin1String(row.key)
                && (!row.value || value == QLatin1String(row.value))) {
                const QString words = *row.words && *row.words != '%' ? tr(row.words) : QString::fromLatin1(row.words);
                return words.contains(QLatin1String("%1")) ? words.arg(value) : words;
            }
        }
    }
    return key % u": " % value;
}

QString EventText::details(const Event &event)
{
    QStringList parts;
    if (!event.disk.isEmpty())
        parts += event.disk;
    if (!event.job.isEmpty() && event.job != event.disk)
        parts += event.job;
    if (event.name == QLatin1String("lifecycle") && event.source == EventSource::Libvirt) {
        parts += lifecycleDetail(
            event.data.value(QLatin1String("event")).toString(), event.data.value(QLatin1String("detail")).toString());
    } else {
        for (auto entry = event.data.begin(); entry != event.data.end(); ++entry) {
            const QJsonValue data = entry.value();
            const QString text = data.isString() ? data.toString()
                : data.isObject() ? QString::fromUtf8(QJsonDocument(data.toObject()).toJson(QJsonDocument::Compact))
                : data.isArray()  ? QString::fromUtf8(QJsonDocument(data.toArray()).toJson(QJsonDocument::Compact))
                                  : data.toVariant().toString();
            if (!text.isEmpty() && text != event.disk && text != event.job)
                parts += value(event, entry.key(), text);
        }
    }
    parts.removeAll(QString());
    return visible(parts.join(tr(", ", "between the parts of an event")));
}

} // namespace treewarden
