// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"

#include <libvirt/libvirt.h>

namespace treewarden::libvirt {

// The backups behind Hypervisor.
Result<> beginBackup(virDomainPtr domain, const QByteArray &backup, const QByteArray &checkpoint);
Result<std::optional<QByteArray>> backupXml(virDomainPtr domain);
Result<std::optional<Hypervisor::BackupEnd>> lastBackup(virDomainPtr domain);
Result<> deleteCheckpoint(virDomainPtr domain, const QString &name, Hypervisor::CheckpointPart part);
Result<Bytes> diskSize(virDomainPtr domain, const QString &disk);

} // namespace treewarden::libvirt
