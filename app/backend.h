// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connection.h"

namespace treewarden {

// The name that stands for the sandbox wherever a connection's URI is expected.
inline constexpr QLatin1StringView SandboxName("sandbox");

// How to get at the host that `uri` names: libvirt's URI, or "sandbox", whose daemon is started when it is opened.
Backend backendFor(const QString &uri);

// Ends the sandbox, removes what it has and makes it anew. Blocks for about half a minute.
Result<> resetSandbox();

} // namespace treewarden
