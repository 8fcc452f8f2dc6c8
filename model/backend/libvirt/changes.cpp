// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/changes.h"

#include "model/backend/libvirt/errors.h"
#include "model/backend/libvirt/handles.h"

namespace treewarden::libvirt {

Result<> defineDomain(virConnectPtr connection, const QByteArray &xml)
{
    const DomainHandle domain(virDomainDefineXMLFlags(connection, xml.constData(), VIR_DOMAIN_DEFINE_VALIDATE));
    if (!domain)
        return lastError({});
    return {};
}

Result<> undefineDomain(virDomainPtr domain)
{
    constexpr unsigned Flags = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
        | VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;
    if (virDomainUndefineFlags(domain, Flags) < 0)
        return lastError(QString::fromUtf8(virDomainGetName(domain)));
    return {};
}

Result<> createSnapshot(virDomainPtr domain, const QByteArray &xml, unsigned flags)
{
    const SnapshotHandle snapshot(virDomainSnapshotCreateXML(domain, xml.constData(), flags));
    if (!snapshot)
        return lastError(QString::fromUtf8(virDomainGetName(domain)));
    return {};
}

Result<> revertToSnapshot(virDomainPtr domain, const QString &name)
{
    const SnapshotHandle snapshot(virDomainSnapshotLookupByName(domain, name.toUtf8().constData(), 0));
    if (!snapshot || virDomainRevertToSnapshot(snapshot.get(), 0) < 0)
        return lastError(name);
    return {};
}

Result<> definePool(virConnectPtr connection, const QByteArray &xml)
{
    const PoolHandle pool(virStoragePoolDefineXML(connection, xml.constData(), 0));
    if (!pool)
        return lastError({});
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
