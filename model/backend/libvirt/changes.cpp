// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/changes.h"

#include "model/backend/libvirt/errors.h"
#include "model/backend/libvirt/handles.h"
#include "model/xml/domainedit.h"

#include <libvirt/virterror.h>

namespace treewarden::libvirt {

Result<> defineDomain(virConnectPtr connection, const QByteArray &xml)
{
    const DomainHandle domain(virDomainDefineXMLFlags(connection, xml.constData(), VIR_DOMAIN_DEFINE_VALIDATE));
    if (!domain)
        return lastError(QString());
    return {};
}

Result<> undefineDomain(virDomainPtr domain)
{
    constexpr unsigned Flags = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
        | VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;
    if (virDomainUndefineFlags(domain, Flags) < 0)
        return lastError(domain);
    return {};
}

Result<> createSnapshot(virDomainPtr domain, const QByteArray &xml, unsigned flags)
{
    const SnapshotHandle snapshot(virDomainSnapshotCreateXML(domain, xml.constData(), flags));
    if (!snapshot)
        return lastError(domain);
    return {};
}

Result<> revertToSnapshot(virDomainPtr domain, const QString &name, unsigned flags)
{
    const SnapshotHandle snapshot(virDomainSnapshotLookupByName(domain, name.toUtf8().constData(), 0));
    if (!snapshot || virDomainRevertToSnapshot(snapshot.get(), flags) < 0)
        return lastError(name);
    return {};
}

Result<> deleteSnapshot(virDomainPtr domain, const QString &name, unsigned flags)
{
    const SnapshotHandle snapshot(virDomainSnapshotLookupByName(domain, name.toUtf8().constData(), 0));
    if (!snapshot || virDomainSnapshotDelete(snapshot.get(), flags) < 0)
        return lastError(name);
    return {};
}

Result<> setMetadata(virDomainPtr domain, const QByteArray &xml)
{
    const int isActive = virDomainIsActive(domain);
    const int isPersistent = virDomainIsPersistent(domain);
    if (isActive < 0 || isPersistent < 0)
        return lastError(domain);
    const unsigned flags = (isPersistent ? VIR_DOMAIN_AFFECT_CONFIG : 0) | (isActive ? VIR_DOMAIN_AFFECT_LIVE : 0);
    const int done = virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT,
        xml.isEmpty() ? nullptr : xml.constData(), MetadataKey.data(), MetadataUri.data(), flags);
    if (done < 0 && !(xml.isEmpty() && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_METADATA))
        return lastError(domain);
    return {};
}

Result<> restoreMemory(virConnectPtr connection, const QString &file, const QByteArray &definition, bool paused)
{
    const unsigned flags = paused ? VIR_DOMAIN_SAVE_PAUSED : VIR_DOMAIN_SAVE_RUNNING;
    if (virDomainRestoreFlags(connection, file.toUtf8().constData(), definition.constData(), flags) < 0)
        return lastError(file);
    return {};
}

Result<std::optional<Hypervisor::JobInfo>> jobInfo(virDomainPtr domain)
{
    int type = VIR_DOMAIN_JOB_NONE;
    int count = 0;
    virTypedParameterPtr parameters = nullptr;
    if (virDomainGetJobStats(domain, &type, &parameters, &count, 0) < 0)
        return lastError(domain);
    std::optional<Hypervisor::JobInfo> info;
    if (type == VIR_DOMAIN_JOB_BOUNDED || type == VIR_DOMAIN_JOB_UNBOUNDED) {
        unsigned long long done = 0;
        unsigned long long total = 0;
        virTypedParamsGetULLong(parameters, count, VIR_DOMAIN_JOB_DATA_PROCESSED, &done);
        virTypedParamsGetULLong(parameters, count, VIR_DOMAIN_JOB_DATA_TOTAL, &total);
        int operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;
        virTypedParamsGetInt(parameters, count, VIR_DOMAIN_JOB_OPERATION, &operation);
        // Of a backup libvirt counts disks alone (qemuDomainJobDataStatsToParams).
        const bool isBackup = operation == VIR_DOMAIN_JOB_OPERATION_BACKUP;
        if (isBackup) {
            virTypedParamsGetULLong(parameters, count, VIR_DOMAIN_JOB_DISK_PROCESSED, &done);
            virTypedParamsGetULLong(parameters, count, VIR_DOMAIN_JOB_DISK_TOTAL, &total);
        }
        info = Hypervisor::JobInfo{done, total,
            operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT || operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN,
            isBackup};
    }
    virTypedParamsFree(parameters, count);
    return info;
}

Result<> definePool(virConnectPtr connection, const QByteArray &xml)
{
    const PoolHandle pool(virStoragePoolDefineXML(connection, xml.constData(), 0));
    if (!pool)
        return lastError(QString());
    const QString name = QString::fromUtf8(virStoragePoolGetName(pool.get()));
    if (virStoragePoolIsActive(pool.get()) != 1 && virStoragePoolCreate(pool.get(), 0) < 0) {
        const auto why = lastError(name);
        // One that cannot be started is of no use to anybody, and keeps its name and folder from the next try.
        virStoragePoolUndefine(pool.get());
        return why;
    }
    if (virStoragePoolSetAutostart(pool.get(), 1) < 0)
        return lastError(name);
    return {};
}

} // namespace treewarden::libvirt
