// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/backups.h"

#include "model/backend/libvirt/errors.h"
#include "model/backend/libvirt/handles.h"

#include <libvirt/virterror.h>

namespace treewarden::libvirt {

Result<> beginBackup(virDomainPtr domain, const QByteArray &backup, const QByteArray &checkpoint)
{
    // Into files that are there: one that libvirt makes for an increment names the machine's live disk as its backing
    // image (qemuBackupDiskPrepareDataOne).
    const int begun = virDomainBackupBegin(domain, backup.constData(),
        checkpoint.isEmpty() ? nullptr : checkpoint.constData(), VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL);
    if (begun < 0)
        return lastError(QString::fromUtf8(virDomainGetName(domain)));
    return {};
}

Result<std::optional<QByteArray>> backupXml(virDomainPtr domain)
{
    char *xml = virDomainBackupGetXMLDesc(domain, 0);
    if (xml)
        return adopt(xml);
    // A machine that is off has none.
    if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_BACKUP || virDomainIsActive(domain) == 0)
        return std::optional<QByteArray>();
    return lastError(QString::fromUtf8(virDomainGetName(domain)));
}

Result<std::optional<Hypervisor::BackupEnd>> lastBackup(virDomainPtr domain)
{
    int type = VIR_DOMAIN_JOB_NONE;
    int count = 0;
    virTypedParameterPtr parameters = nullptr;
    const unsigned flags = VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED;
    if (virDomainGetJobStats(domain, &type, &parameters, &count, flags) < 0)
        return lastError(QString::fromUtf8(virDomainGetName(domain)));
    int operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;
    virTypedParamsGetInt(parameters, count, VIR_DOMAIN_JOB_OPERATION, &operation);
    const char *why = nullptr;
    virTypedParamsGetString(parameters, count, VIR_DOMAIN_JOB_ERRMSG, &why);
    std::optional<Hypervisor::BackupEnd> end;
    if (type != VIR_DOMAIN_JOB_NONE && operation == VIR_DOMAIN_JOB_OPERATION_BACKUP)
        end = Hypervisor::BackupEnd{type == VIR_DOMAIN_JOB_COMPLETED, QString::fromUtf8(why)};
    virTypedParamsFree(parameters, count);
    return end;
}

Result<> deleteCheckpoint(virDomainPtr domain, const QString &name, Hypervisor::CheckpointPart part)
{
    const CheckpointHandle checkpoint(virDomainCheckpointLookupByName(domain, name.toUtf8().constData(), 0));
    const unsigned flags
        = part == Hypervisor::CheckpointPart::MetadataOnly ? VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY : 0;
    if (!checkpoint || virDomainCheckpointDelete(checkpoint.get(), flags) < 0)
        return lastError(name);
    return {};
}

Result<Bytes> diskSize(virDomainPtr domain, const QString &disk)
{
    virDomainBlockInfo info{};
    if (virDomainGetBlockInfo(domain, disk.toUtf8().constData(), &info, 0) < 0)
        return lastError(disk);
    return Bytes(info.capacity);
}

} // namespace treewarden::libvirt
