// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/commands.h"

namespace treewarden::cli {

// Until SIGINT or SIGTERM, or until the connection breaks. Gives the exit code.
int printEvents(const Options &options, const Backend &backend);

} // namespace treewarden::cli
