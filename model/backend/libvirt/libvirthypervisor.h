// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"

namespace treewarden::libvirt {

// Opens a connection that may also change things; asks no one for a password (ssh keys and agents, polkit without
// an agent). Blocks for as long as the daemon or ssh takes. `uri` is libvirt's.
Result<std::shared_ptr<Hypervisor>> openHypervisor(const QString &uri);

// Whether the paths of a connection with this URI are paths of this computer.
bool isLocalUri(const QString &uri);

} // namespace treewarden::libvirt
