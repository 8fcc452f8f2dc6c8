// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

namespace treewarden::libvirt {

// The calling thread's last libvirt error as ours; the detail is libvirt's own text.
tl::unexpected<Error> lastError(const QString &subject);

// libvirt prints every error to stderr until told not to. Call once per process, before the first connection.
void silenceLibvirt();

} // namespace treewarden::libvirt
