// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/libvirthypervisor.h"

#include "model/backend/libvirt/backups.h"
#include "model/backend/libvirt/blockjobs.h"
#include "model/backend/libvirt/changes.h"
#include "model/backend/libvirt/errors.h"
#include "model/backend/libvirt/eventbridge.h"
#include "model/backend/libvirt/eventloop.h"
#include "model/backend/libvirt/handles.h"
#include "model/backend/libvirt/volumes.h"
#include "model/backend/libvirt/volumesource.h"

#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>

#include <QHash>
#include <QSet>
#include <QSysInfo>
#include <QUrl>
#include <QUrlQuery>

#include <mutex>
#include <tuple>

namespace treewarden::libvirt {

using namespace Qt::StringLiterals;

namespace {

// A daemon that does not answer for this long is given up: 5 s, 9 times.
constexpr int KeepAliveInterval = 5;
constexpr unsigned KeepAliveCount = 9;

Version versionOf(unsigned long number)
{
    return {int(number / 1000000), int(number / 1000 % 1000), int(number % 1000)};
}

DomainState stateOf(int state)
{
    switch (state) {
    case VIR_DOMAIN_RUNNING:
        return DomainState::Running;
    case VIR_DOMAIN_BLOCKED:
        return DomainState::Blocked;
    case VIR_DOMAIN_PAUSED:
        return DomainState::Paused;
    case VIR_DOMAIN_SHUTDOWN:
        return DomainState::ShuttingDown;
    case VIR_DOMAIN_SHUTOFF:
        return DomainState::ShutOff;
    case VIR_DOMAIN_CRASHED:
        return DomainState::Crashed;
    case VIR_DOMAIN_PMSUSPENDED:
        return DomainState::PmSuspended;
    default:
        return DomainState::Unknown;
    }
}

// Of virDomainPausedReason.
PausedBy pausedBy(int reason)
{
    switch (reason) {
    case VIR_DOMAIN_PAUSED_IOERROR:
        return PausedBy::IoError;
    case VIR_DOMAIN_PAUSED_MIGRATION:
    case VIR_DOMAIN_PAUSED_POSTCOPY:
    case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED:
        return PausedBy::Migration;
    default:
        return PausedBy::Other;
    }
}

// ID and VERSION_ID of os-release; the development versions of distributions have no number.
QString distribution()
{
    const QString version = QSysInfo::productVersion();
    return version == "unknown"_L1 ? QSysInfo::productType() : QSysInfo::productType() + u' ' + version;
}

DomainId uuidOf(virDomainPtr domain)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = {};
    virDomainGetUUIDString(domain, uuid);
    return DomainId(QString::fromLatin1(uuid));
}

unsigned flagsFor(Hypervisor::Secrets secrets)
{
    return secrets == Hypervisor::Secrets::Include ? VIR_DOMAIN_SNAPSHOT_XML_SECURE : 0;
}

class LibvirtHypervisor : public Hypervisor
{
public:
    LibvirtHypervisor(ConnectHandle connection, QString uri)
        : m_connection(std::move(connection))
        , m_uri(std::move(uri))
    {
    }

    Result<Host> host() override
    {
        Host host;
        if (char *uri = virConnectGetURI(connection()))
            host.uri = QString::fromUtf8(adopt(uri));
        else
            return lastError(m_uri);
        if (char *name = virConnectGetHostname(connection()))
            host.hostName = QString::fromUtf8(adopt(name));
        unsigned long version = 0;
        if (virConnectGetLibVersion(connection(), &version) < 0)
            return lastError(m_uri);
        host.libvirt = versionOf(version);
        if (virConnectGetVersion(connection(), &version) == 0)
            host.hypervisor = versionOf(version);
        host.isLocal = isLocalUri(m_uri);
        if (host.isLocal)
            host.distribution = distribution();
        return host;
    }

    // Four round trips, however many machines there are.
    Result<std::vector<DomainSummary>> domains() override
    {
        const auto all = list(0);
        if (!all)
            return failure(all.error());
        const auto persistent = uuids(VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
        if (!persistent)
            return failure(persistent.error());
        const auto saved = uuids(VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE);
        if (!saved)
            return failure(saved.error());

        QHash<DomainId, std::pair<DomainState, PausedBy>> states;
        virDomainStatsRecordPtr *records = nullptr;
        const int count = virConnectGetAllDomainStats(
            connection(), VIR_DOMAIN_STATS_STATE, &records, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
        if (count < 0)
            return lastError(m_uri);
        for (int index = 0; index < count; ++index) {
            int state = -1;
            int reason = 0;
            virTypedParamsGetInt(records[index]->params, records[index]->nparams, "state.state", &state);
            virTypedParamsGetInt(records[index]->params, records[index]->nparams, "state.reason", &reason);
            states.insert(uuidOf(records[index]->dom),
                {stateOf(state), state == VIR_DOMAIN_PAUSED ? pausedBy(reason) : PausedBy::Other});
        }
        virDomainStatsRecordListFree(records);

        std::vector<DomainSummary> summaries;
        for (const DomainHandle &domain : *all) {
            DomainSummary summary;
            summary.uuid = uuidOf(domain.get());
            summary.name = QString::fromUtf8(virDomainGetName(domain.get()));
            std::tie(summary.state, summary.pausedBy) = states.value(summary.uuid);
            summary.persistent = persistent->contains(summary.uuid);
            summary.hasManagedSave = saved->contains(summary.uuid);
            summaries.push_back(std::move(summary));
        }
        return summaries;
    }

    Result<QByteArray> domainXml(const DomainId &id, Definition definition, Secrets secrets) override
    {
        return withDomain<QByteArray>(id, [&](virDomainPtr domain) -> Result<QByteArray> {
            const unsigned flags = (definition == Definition::Persistent ? VIR_DOMAIN_XML_INACTIVE : 0)
                | (secrets == Secrets::Include ? VIR_DOMAIN_XML_SECURE : 0);
            char *xml = virDomainGetXMLDesc(domain, flags);
            if (!xml)
                return lastError(id.value);
            return adopt(xml);
        });
    }

    Result<SnapshotNames> snapshotNames(const DomainId &id) override
    {
        return withDomain<SnapshotNames>(id, [&](virDomainPtr domain) -> Result<SnapshotNames> {
            const auto snapshots = listSnapshots(domain, id);
            if (!snapshots)
                return failure(snapshots.error());
            SnapshotNames names;
            names.names.reserve(qsizetype(snapshots->size()));
            for (const SnapshotHandle &snapshot : *snapshots)
                names.names.push_back(QString::fromUtf8(virDomainSnapshotGetName(snapshot.get())));
            const int has = names.names.isEmpty() ? 0 : virDomainHasCurrentSnapshot(domain, 0);
            if (has < 0)
                return lastError(id.value);
            if (has > 0) {
                const SnapshotHandle current(virDomainSnapshotCurrent(domain, 0));
                // Deleted by another program between the two calls: then there is none.
                if (!current && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN_SNAPSHOT)
                    return lastError(id.value);
                if (current)
                    names.current = QString::fromUtf8(virDomainSnapshotGetName(current.get()));
            }
            return names;
        });
    }

    Result<> readSnapshots(
        const DomainId &id, const std::function<void(const QByteArray &)> &each, Secrets secrets) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) -> Result<> {
            const auto snapshots = listSnapshots(domain, id);
            if (!snapshots)
                return failure(snapshots.error());
            for (const SnapshotHandle &snapshot : *snapshots) {
                char *xml = virDomainSnapshotGetXMLDesc(snapshot.get(), flagsFor(secrets));
                if (!xml) {
                    // Deleted by another program since it was listed.
                    if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_SNAPSHOT)
                        continue;
                    return lastError(snapshot.get());
                }
                each(adopt(xml));
            }
            return {};
        });
    }

    // Listing costs less than to look up more than a few.
    Result<> readSnapshots(const DomainId &id, const QStringList &names,
        const std::function<bool(const QString &, const QByteArray &)> &each) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) -> Result<> {
            const auto snapshots = listSnapshots(domain, id);
            if (!snapshots)
                return failure(snapshots.error());
            const QSet<QString> wanted(names.begin(), names.end());
            for (const SnapshotHandle &snapshot : *snapshots) {
                const QString name = QString::fromUtf8(virDomainSnapshotGetName(snapshot.get()));
                if (!wanted.contains(name))
                    continue;
                char *xml = virDomainSnapshotGetXMLDesc(snapshot.get(), 0);
                if (!xml && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN_SNAPSHOT)
                    return lastError(name);
                if (xml && !each(name, adopt(xml)))
                    break;
            }
            return {};
        });
    }

    Result<QByteArray> snapshotXml(const DomainId &id, const QString &name, Secrets secrets) override
    {
        return withDomain<QByteArray>(id, [&](virDomainPtr domain) -> Result<QByteArray> {
            const SnapshotHandle snapshot(virDomainSnapshotLookupByName(domain, name.toUtf8().constData(), 0));
            char *xml = snapshot ? virDomainSnapshotGetXMLDesc(snapshot.get(), flagsFor(secrets)) : nullptr;
            if (!xml)
                return lastError(name);
            return adopt(xml);
        });
    }

    Result<std::vector<QByteArray>> checkpointXml(const DomainId &id) override
    {
        using Documents = std::vector<QByteArray>;
        return withDomain<Documents>(id, [&](virDomainPtr domain) -> Result<Documents> {
            virDomainCheckpointPtr *array = nullptr;
            const int count = virDomainListAllCheckpoints(domain, &array, 0);
            if (count < 0)
                return lastError(id.value);
            Documents documents;
            for (const CheckpointHandle &checkpoint : adopt<CheckpointHandle>(array, count)) {
                char *xml = virDomainCheckpointGetXMLDesc(checkpoint.get(), VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN);
                if (!xml)
                    return lastError(checkpoint.get());
                documents.push_back(adopt(xml));
            }
            return documents;
        });
    }

    Result<QByteArray> qmp(const DomainId &id, const QByteArray &command) override
    {
        return withDomain<QByteArray>(id, [&](virDomainPtr domain) -> Result<QByteArray> {
            char *reply = nullptr;
            if (virDomainQemuMonitorCommand(domain, command.constData(), &reply, 0) < 0)
                return lastError(id.value);
            return adopt(reply);
        });
    }

    Result<Volumes> volumes() override { return listVolumes(connection(), m_uri); }

    Result<QString> volumePath(const QString &pool, const QString &volume) override
    {
        return libvirt::volumePath(connection(), pool, volume);
    }

    Result<Volume> volume(const QString &path) override
    {
        const auto handle = findVolume(connection(), path);
        if (!handle)
            return failure(handle.error());
        return describeVolume(handle->get());
    }

    Result<std::unique_ptr<ByteSource>> openVolume(const QString &path) override
    {
        auto handle = findVolume(connection(), path);
        if (!handle)
            return failure(handle.error());
        return openVolumeSource(connection(), std::move(*handle), path);
    }

    Result<> start(const DomainId &id) override
    {
        return withDomain<void>(
            id, [&](virDomainPtr domain) -> Result<> { return check(virDomainCreate(domain), id.value); });
    }

    Result<> stop(const DomainId &id, StopKind kind) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) -> Result<> {
            if (kind == StopKind::Shutdown)
                return check(virDomainShutdown(domain), id.value);
            const Result<> done = check(virDomainDestroy(domain), id.value);
            // One that stopped in the meantime is as it was to be.
            return !done && virDomainIsActive(domain) == 0 ? Result<>() : done;
        });
    }

    Result<> defineDomain(const QByteArray &xml) override { return libvirt::defineDomain(connection(), xml); }

    Result<> undefineDomain(const DomainId &id) override { return withDomain<void>(id, libvirt::undefineDomain); }

    Result<> setAutostart(const DomainId &id, bool on) override
    {
        return withDomain<void>(
            id, [&](virDomainPtr domain) { return check(virDomainSetAutostart(domain, on), id.value); });
    }

    Result<> createSnapshot(const DomainId &id, const QByteArray &xml, SnapshotScope scope, Quiesce quiesce) override
    {
        const unsigned flags = (scope == SnapshotScope::DisksOnly ? VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY : 0)
            | (quiesce == Quiesce::ByAgent ? VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE : 0);
        return withDomain<void>(id, [&](virDomainPtr domain) { return libvirt::createSnapshot(domain, xml, flags); });
    }

    Result<> revertToSnapshot(const DomainId &id, const QString &name, AfterRevert after) override
    {
        const unsigned flags = after == AfterRevert::Running ? VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING
            : after == AfterRevert::Paused                   ? VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED
                                                             : 0;
        return withDomain<void>(
            id, [&](virDomainPtr domain) { return libvirt::revertToSnapshot(domain, name, flags); });
    }

    Result<> pause(const DomainId &id) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) { return check(virDomainSuspend(domain), id.value); });
    }

    Result<> resume(const DomainId &id) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) { return check(virDomainResume(domain), id.value); });
    }

    Result<> deleteSnapshot(const DomainId &id, const QString &name) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) { return libvirt::deleteSnapshot(domain, name, 0); });
    }

    Result<> forgetSnapshot(const DomainId &id, const QString &name) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) {
            return libvirt::deleteSnapshot(domain, name, VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY);
        });
    }

    Result<> setMetadata(const DomainId &id, const QByteArray &xml) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) { return libvirt::setMetadata(domain, xml); });
    }

    Result<> removeManagedSave(const DomainId &id) override
    {
        return withDomain<void>(
            id, [&](virDomainPtr domain) { return check(virDomainManagedSaveRemove(domain, 0), id.value); });
    }

    // libvirt takes the machine from the definition.
    Result<> restoreMemory(const DomainId &, const QString &file, const QByteArray &definition, bool paused) override
    {
        return libvirt::restoreMemory(connection(), file, definition, paused);
    }

    Result<> beginCommit(const DomainId &id, const QString &disk, const QString &top, const QString &base) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) { return libvirt::beginCommit(domain, disk, top, base); });
    }

    Result<std::optional<BlockJobInfo>> blockJob(const DomainId &id, const QString &disk) override
    {
        return withDomain<std::optional<BlockJobInfo>>(
            id, [&](virDomainPtr domain) { return libvirt::blockJob(domain, disk); });
    }

    Result<> endBlockJob(const DomainId &id, const QString &disk, BlockJobEnd end) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) { return libvirt::endBlockJob(domain, disk, end); });
    }

    Result<std::optional<JobInfo>> jobInfo(const DomainId &id) override
    {
        return withDomain<std::optional<JobInfo>>(id, libvirt::jobInfo);
    }

    Result<> abortJob(const DomainId &id) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) { return check(virDomainAbortJob(domain), id.value); });
    }

    Result<> beginBackup(const DomainId &id, const QByteArray &backup, const QByteArray &checkpoint) override
    {
        return withDomain<void>(
            id, [&](virDomainPtr domain) { return libvirt::beginBackup(domain, backup, checkpoint); });
    }

    Result<std::optional<QByteArray>> backupXml(const DomainId &id) override
    {
        return withDomain<std::optional<QByteArray>>(id, libvirt::backupXml);
    }

    Result<std::optional<BackupEnd>> lastBackup(const DomainId &id) override
    {
        return withDomain<std::optional<BackupEnd>>(id, libvirt::lastBackup);
    }

    Result<> deleteCheckpoint(const DomainId &id, const QString &name, CheckpointPart part) override
    {
        return withDomain<void>(id, [&](virDomainPtr domain) { return libvirt::deleteCheckpoint(domain, name, part); });
    }

    Result<Bytes> diskSize(const DomainId &id, const QString &disk) override
    {
        return withDomain<Bytes>(id, [&](virDomainPtr domain) { return libvirt::diskSize(domain, disk); });
    }

    Result<> freezeGuest(const DomainId &id) override
    {
        return withDomain<void>(
            id, [&](virDomainPtr domain) { return check(virDomainFSFreeze(domain, nullptr, 0, 0), id.value); });
    }

    Result<> thawGuest(const DomainId &id) override
    {
        return withDomain<void>(
            id, [&](virDomainPtr domain) { return check(virDomainFSThaw(domain, nullptr, 0, 0), id.value); });
    }

    Result<> createVolume(const QString &path, const QString &backing, const QString &backingFormat) override
    {
        return libvirt::createVolume(connection(), path, backing, backingFormat);
    }

    Result<> removeVolume(const QString &path) override { return libvirt::removeVolume(connection(), path); }

    Result<Bytes> poolSpace(const QString &folder) override { return libvirt::poolSpace(connection(), folder); }

    Result<> redefineSnapshot(const DomainId &id, const QByteArray &xml, bool makeCurrent) override
    {
        const unsigned flags
            = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | (makeCurrent ? VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT : 0);
        return withDomain<void>(id, [&](virDomainPtr domain) { return libvirt::createSnapshot(domain, xml, flags); });
    }

    Result<> definePool(const QByteArray &xml) override { return libvirt::definePool(connection(), xml); }

    Result<> subscribe(std::function<void(const Event &)> onEvent, std::function<void(const Error &)> onClosed) override
    {
        auto bridge = EventBridge::create(connection(), {std::move(onEvent), std::move(onClosed)});
        if (!bridge)
            return failure(bridge.error());
        const std::lock_guard lock(m_bridgeMutex);
        m_bridge = std::move(*bridge);
        return {};
    }

private:
    virConnectPtr connection() const { return m_connection.get(); }

    static Result<> check(int returned, const QString &subject)
    {
        if (returned < 0)
            return lastError(subject);
        return {};
    }

    template <typename T, typename Function>
    Result<T> withDomain(const DomainId &id, Function function)
    {
        const DomainHandle domain(virDomainLookupByUUIDString(connection(), id.value.toLatin1().constData()));
        if (!domain)
            return lastError(id.value);
        return function(domain.get());
    }

    Result<std::vector<DomainHandle>> list(unsigned flags)
    {
        virDomainPtr *array = nullptr;
        const int count = virConnectListAllDomains(connection(), &array, flags);
        if (count < 0)
            return lastError(m_uri);
        return adopt<DomainHandle>(array, count);
    }

    Result<QSet<DomainId>> uuids(unsigned flags)
    {
        const auto domains = list(flags);
        if (!domains)
            return failure(domains.error());
        QSet<DomainId> found;
        for (const DomainHandle &domain : *domains)
            found.insert(uuidOf(domain.get()));
        return found;
    }

    static Result<std::vector<SnapshotHandle>> listSnapshots(virDomainPtr domain, const DomainId &id)
    {
        virDomainSnapshotPtr *array = nullptr;
        const int count = virDomainListAllSnapshots(domain, &array, 0);
        if (count < 0)
            return lastError(id.value);
        return adopt<SnapshotHandle>(array, count);
    }

    // Declared first, destroyed last: the bridge deregisters on it.
    ConnectHandle m_connection;
    QString m_uri;
    std::mutex m_bridgeMutex;
    std::unique_ptr<EventBridge> m_bridge;
};

// Keys and agents must do: nobody answers a prompt of ssh on a worker thread's terminal.
QString withoutPrompts(const QString &uri)
{
    const QUrl url(uri);
    const QUrlQuery query(url);
    if (!url.scheme().endsWith("+ssh"_L1) || query.hasQueryItem(u"no_tty"_s))
        return uri;
    return uri + (url.hasQuery() ? u'&' : u'?') + u"no_tty=1"_s;
}

// Whether the URI is an alias (of the user's libvirt.conf) or names one of libvirt's drivers for machines: its sources,
// connectURISchemes.
bool isDriverOfLibvirt(const QString &uri)
{
    static const QStringList drivers = {u"bhyve"_s, u"ch"_s, u"esx"_s, u"gsx"_s, u"hyperv"_s, u"lxc"_s, u"openvz"_s,
        u"parallels"_s, u"phyp"_s, u"qemu"_s, u"test"_s, u"vbox"_s, u"virtuozzo"_s, u"vmwarefusion"_s,
        u"vmwareplayer"_s, u"vmwarews"_s, u"vpx"_s, u"vz"_s, u"xen"_s};
    const QString driver = QUrl(uri).scheme().section(u'+', 0, 0);
    return driver.isEmpty() || drivers.contains(driver);
}

} // namespace

bool isLocalUri(const QString &uri)
{
    const QUrl url(uri);
    return url.host().isEmpty() && (!url.scheme().contains(u'+') || url.scheme().endsWith("+unix"_L1));
}

Result<std::shared_ptr<Hypervisor>> openHypervisor(const QString &uri)
{
    startEventLoop();
    ConnectHandle connection(virConnectOpenAuth(withoutPrompts(uri).toUtf8().constData(), nullptr, 0));
    if (!connection) {
        const virError *error = virGetLastError();
        Error ours = lastError(uri).value();
        if (ours.code == ErrorCode::ConnectionLost || ours.code == ErrorCode::Failed)
            ours.code = ErrorCode::ConnectionFailed;
        // No socket, or one that nobody listens on.
        if (error && error->code == VIR_ERR_SYSTEM_ERROR && (error->int1 == ENOENT || error->int1 == ECONNREFUSED))
            ours.code = ErrorCode::NotFound;
        // The URI cannot be taken apart, names a transport that there is not, or no host or driver.
        const bool isNone = error
            && (error->code == VIR_ERR_INVALID_ARG
                || (error->code == VIR_ERR_INTERNAL_ERROR && error->domain == VIR_FROM_URI));
        if (isNone || (error && error->code == VIR_ERR_NO_CONNECT && QUrl(uri).scheme().isEmpty()))
            ours.code = ErrorCode::Malformed;
        else if (error && error->code == VIR_ERR_NO_CONNECT)
            ours.code = ErrorCode::NotFound; // libvirt without the driver of these machines
        // What libvirt does not know itself it asks a daemon for, and then that fails for other reasons.
        if (ours.code != ErrorCode::PermissionDenied && !isDriverOfLibvirt(uri))
            ours.code = ErrorCode::Malformed;
        return failure(ours);
    }
    virConnectSetKeepAlive(connection.get(), KeepAliveInterval, KeepAliveCount);
    return std::make_shared<LibvirtHypervisor>(std::move(connection), uri);
}

} // namespace treewarden::libvirt
