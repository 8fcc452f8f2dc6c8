// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/commands.h"

namespace treewarden::cli {

// verify DIRECTORY: reads a chain of backups on this computer. No connection is needed.
int verifyCommand(const Options &options, const Backend &backend);

} // namespace treewarden::cli
