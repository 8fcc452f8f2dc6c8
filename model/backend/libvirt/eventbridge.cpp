// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/eventbridge.h"

#include "model/backend/libvirt/errors.h"
#include "model/qmp/qmpevent.h"

#include <libvirt/libvirt-qemu.h>

#include <QDateTime>
#include <QJsonObject>

namespace treewarden::libvirt {

using namespace Qt::StringLiterals;

namespace {

using ListenerPointer = std::shared_ptr<const EventBridge::Listener>;

const EventBridge::Listener &listenerOf(void *opaque)
{
    return **static_cast<ListenerPointer *>(opaque);
}

void releaseListener(void *opaque)
{
    delete static_cast<ListenerPointer *>(opaque);
}

Event eventOf(virDomainPtr domain, EventSource source, const QString &name)
{
    Event event;
    event.time = QDateTime::currentMSecsSinceEpoch();
    char uuid[VIR_UUID_STRING_BUFLEN] = {};
    if (virDomainGetUUIDString(domain, uuid) == 0)
        event.domain = DomainId(QString::fromLatin1(uuid));
    event.domainName = QString::fromUtf8(virDomainGetName(domain));
    event.source = source;
    event.name = name;
    return event;
}

QString named(const char *const *names, int count, int value)
{
    return value >= 0 && value < count ? QString::fromLatin1(names[value]) : QString::number(value);
}

// virDomainEventType, and the virDomainEvent...DetailType that belongs to each. Plain arrays: the event thread may read
// them while the process ends.
constexpr int MaximumDetails = 9;
struct Lifecycle
{
    const char *name;
    const char *details[MaximumDetails];
};
constexpr Lifecycle Lifecycles[] = {
    {"defined", {"added", "updated", "renamed", "from-snapshot"}},
    {"undefined", {"removed", "renamed"}},
    {"started", {"booted", "migrated", "restored", "from-snapshot", "wakeup", "recovered"}},
    {"suspended",
        {"paused", "migrated", "ioerror", "watchdog", "restored", "from-snapshot", "api-error", "postcopy",
            "postcopy-failed"}},
    {"resumed", {"unpaused", "migrated", "from-snapshot", "postcopy", "postcopy-failed"}},
    {"stopped", {"shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from-snapshot", "recreated"}},
    {"shutdown", {"finished", "guest", "host"}},
    {"pmsuspended", {"memory", "disk"}},
    {"crashed", {"panicked", "crashloaded"}},
};

void onLifecycle(virConnectPtr, virDomainPtr domain, int kind, int detail, void *opaque)
{
    Event event = eventOf(domain, EventSource::Libvirt, u"lifecycle"_s);
    const Lifecycle *lifecycle = kind >= 0 && kind < int(std::size(Lifecycles)) ? &Lifecycles[kind] : nullptr;
    const char *known = lifecycle && detail >= 0 && detail < MaximumDetails ? lifecycle->details[detail] : nullptr;
    event.data.insert(u"event"_s, lifecycle ? QString::fromLatin1(lifecycle->name) : QString::number(kind));
    event.data.insert(u"detail"_s, known ? QString::fromLatin1(known) : QString::number(detail));
    listenerOf(opaque).onEvent(event);
}

void onBlockJob(virConnectPtr, virDomainPtr domain, const char *disk, int type, int status, void *opaque)
{
    static const char *const types[] = {"unknown", "pull", "copy", "commit", "active-commit", "backup"};
    static const char *const statuses[] = {"completed", "failed", "canceled", "ready"};
    Event event = eventOf(domain, EventSource::Libvirt, u"block-job-2"_s);
    event.disk = QString::fromUtf8(disk);
    event.data.insert(u"type"_s, named(types, int(std::size(types)), type));
    event.data.insert(u"status"_s, named(statuses, int(std::size(statuses)), status));
    listenerOf(opaque).onEvent(event);
}

QJsonValue valueOf(const virTypedParameter &parameter)
{
    switch (parameter.type) {
    case VIR_TYPED_PARAM_INT:
        return parameter.value.i;
    case VIR_TYPED_PARAM_UINT:
        return qint64(parameter.value.ui);
    case VIR_TYPED_PARAM_LLONG:
        return qint64(parameter.value.l);
    case VIR_TYPED_PARAM_ULLONG:
        return qint64(parameter.value.ul);
    case VIR_TYPED_PARAM_DOUBLE:
        return parameter.value.d;
    case VIR_TYPED_PARAM_BOOLEAN:
        return bool(parameter.value.b);
    case VIR_TYPED_PARAM_STRING:
        return QString::fromUtf8(parameter.value.s);
    default:
        return {};
    }
}

void onJobCompleted(virConnectPtr, virDomainPtr domain, virTypedParameterPtr parameters, int count, void *opaque)
{
    Event event = eventOf(domain, EventSource::Libvirt, u"job-completed"_s);
    for (int index = 0; index < count; ++index)
        event.data.insert(QString::fromLatin1(parameters[index].field), valueOf(parameters[index]));
    listenerOf(opaque).onEvent(event);
}

void onIoError(virConnectPtr, virDomainPtr domain, const char *path, const char *alias, int action, const char *reason,
    void *opaque)
{
    static const char *const actions[] = {"none", "pause", "report"};
    Event event = eventOf(domain, EventSource::Libvirt, u"io-error-reason"_s);
    event.data = {{u"path"_s, QString::fromUtf8(path)}, {u"alias"_s, QString::fromUtf8(alias)},
        {u"action"_s, named(actions, int(std::size(actions)), action)}, {u"reason"_s, QString::fromUtf8(reason)}};
    listenerOf(opaque).onEvent(event);
}

void onAgentLifecycle(virConnectPtr, virDomainPtr domain, int state, int reason, void *opaque)
{
    static const char *const states[] = {"0", "connected", "disconnected"};
    Event event = eventOf(domain, EventSource::Libvirt, u"agent-lifecycle"_s);
    event.data = {{u"state"_s, named(states, int(std::size(states)), state)}, {u"reason"_s, reason}};
    listenerOf(opaque).onEvent(event);
}

void onMetadataChange(virConnectPtr, virDomainPtr domain, int type, const char *uri, void *opaque)
{
    Event event = eventOf(domain, EventSource::Libvirt, u"metadata-change"_s);
    event.data = {{u"type"_s, type}, {u"uri"_s, QString::fromUtf8(uri)}};
    listenerOf(opaque).onEvent(event);
}

void onThreshold(virConnectPtr, virDomainPtr domain, const char *device, const char *path, unsigned long long threshold,
    unsigned long long excess, void *opaque)
{
    Event event = eventOf(domain, EventSource::Libvirt, u"block-threshold"_s);
    event.disk = QString::fromUtf8(device);
    event.data
        = {{u"path"_s, QString::fromUtf8(path)}, {u"threshold"_s, qint64(threshold)}, {u"excess"_s, qint64(excess)}};
    listenerOf(opaque).onEvent(event);
}

void onMonitor(virConnectPtr, virDomainPtr domain, const char *name, long long seconds, unsigned int microseconds,
    const char *details, void *opaque)
{
    Event event = eventOf(domain, EventSource::Qmp, QString::fromLatin1(name));
    if (const Result<Event> read = readEvent(event.name, seconds, microseconds, QByteArray(details))) {
        event.time = read->time;
        event.disk = read->disk;
        event.job = read->job;
        event.data = read->data;
    }
    listenerOf(opaque).onEvent(event);
}

void onClose(virConnectPtr, int reason, void *opaque)
{
    static const char *const reasons[] = {"error", "end of file", "keepalive timeout", "client"};
    const ErrorCode code
        = reason == VIR_CONNECT_CLOSE_REASON_KEEPALIVE ? ErrorCode::TimedOut : ErrorCode::ConnectionLost;
    listenerOf(opaque).onClosed({code, {}, named(reasons, int(std::size(reasons)), reason)});
}

} // namespace

Result<std::unique_ptr<EventBridge>> EventBridge::create(virConnectPtr connection, Listener listener)
{
    const auto shared = std::make_shared<const Listener>(std::move(listener));
    std::unique_ptr<EventBridge> bridge(new EventBridge(connection));

    const std::pair<int, virConnectDomainEventGenericCallback> wanted[] = {
        {VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(onLifecycle)},
        {VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, VIR_DOMAIN_EVENT_CALLBACK(onBlockJob)},
        {VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, VIR_DOMAIN_EVENT_CALLBACK(onJobCompleted)},
        {VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, VIR_DOMAIN_EVENT_CALLBACK(onIoError)},
        {VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(onAgentLifecycle)},
        {VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(onMetadataChange)},
        {VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD, VIR_DOMAIN_EVENT_CALLBACK(onThreshold)},
    };
    for (const auto &[id, callback] : wanted) {
        auto *opaque = new ListenerPointer(shared);
        const int handle = virConnectDomainEventRegisterAny(connection, nullptr, id, callback, opaque, releaseListener);
        if (handle < 0)
            delete opaque;
        else
            bridge->m_domainEvents.push_back(handle);
    }
    if (bridge->m_domainEvents.empty())
        return lastError(u"events"_s);

    auto *monitor = new ListenerPointer(shared);
    bridge->m_monitorEvent = virConnectDomainQemuMonitorEventRegister(connection, nullptr, "^(BLOCK_|JOB_)", onMonitor,
        monitor, releaseListener, VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX);
    if (bridge->m_monitorEvent < 0)
        delete monitor;

    // The test driver has no such event: libvirt takes the callback all the same and never frees what is given with it.
    if (qstrcmp(virConnectGetType(connection), "TEST") == 0)
        return bridge;
    auto *close = new ListenerPointer(shared);
    bridge->m_watchesClose = virConnectRegisterCloseCallback(connection, onClose, close, releaseListener) == 0;
    if (!bridge->m_watchesClose)
        delete close;
    return bridge;
}

EventBridge::~EventBridge()
{
    for (int handle : m_domainEvents)
        virConnectDomainEventDeregisterAny(m_connection, handle);
    if (m_monitorEvent >= 0)
        virConnectDomainQemuMonitorEventDeregister(m_connection, m_monitorEvent);
    if (m_watchesClose)
        virConnectUnregisterCloseCallback(m_connection, onClose);
}

} // namespace treewarden::libvirt
