// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"

#include <libvirt/libvirt.h>

namespace treewarden::libvirt {

// The calls behind the changing half of Hypervisor that take more than one line.
Result<> defineDomain(virConnectPtr connection, const QByteArray &xml);
Result<> undefineDomain(virDomainPtr domain);
Result<> createSnapshot(virDomainPtr domain, const QByteArray &xml, unsigned flags);
Result<> revertToSnapshot(virDomainPtr domain, const QString &name, unsigned flags);
// With its data, or what libvirt knows of it alone.
Result<> deleteSnapshot(virDomainPtr domain, const QString &name, unsigned flags);
// Of the next start, and of a machine that runs; empty: removes it, where there is one.
Result<> setMetadata(virDomainPtr domain, const QByteArray &xml);
Result<> restoreMemory(virConnectPtr connection, const QString &file, const QByteArray &definition, bool paused);
Result<std::optional<Hypervisor::JobInfo>> jobInfo(virDomainPtr domain);
Result<> definePool(virConnectPtr connection, const QByteArray &xml);

} // namespace treewarden::libvirt
