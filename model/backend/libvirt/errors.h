// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <libvirt/libvirt.h>

namespace treewarden::libvirt {

// The calling thread's last libvirt error as ours; the detail is libvirt's own text. Of an object the subject is its
// name, asked for afterwards: virDomainGetName() and its like forget the error (virResetLastError in each public call).
tl::unexpected<Error> lastError(const QString &subject);
tl::unexpected<Error> lastError(virDomainPtr domain);
tl::unexpected<Error> lastError(virDomainSnapshotPtr snapshot);
tl::unexpected<Error> lastError(virDomainCheckpointPtr checkpoint);
tl::unexpected<Error> lastError(virStoragePoolPtr pool);

// libvirt prints every error to stderr until told not to. Call once per process, before the first connection.
void silenceLibvirt();

} // namespace treewarden::libvirt
