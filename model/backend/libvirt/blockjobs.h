// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"

#include <libvirt/libvirt.h>

namespace treewarden::libvirt {

// The block jobs behind Hypervisor: beginCommit(), blockJob(), endBlockJob().
Result<> beginCommit(virDomainPtr domain, const QString &disk, const QString &top, const QString &base);
Result<std::optional<Hypervisor::BlockJobInfo>> blockJob(virDomainPtr domain, const QString &disk);
Result<> endBlockJob(virDomainPtr domain, const QString &disk, Hypervisor::BlockJobEnd end);

} // namespace treewarden::libvirt
