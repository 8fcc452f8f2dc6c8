// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/commands.h"

namespace treewarden::cli {

// What changes machines, by the runner and the journal that the window has, too. All give the exit code.
int runCommand(const Options &options, const Backend &backend);
int undoCommand(const Options &options, const Backend &backend);
int leaveCommand(const Options &options, const Backend &backend);
int historyCommand(const Options &options, const Backend &backend);

} // namespace treewarden::cli
