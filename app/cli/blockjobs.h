// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/commands.h"

namespace treewarden::cli {

// Block jobs of running machines, whoever began them.
int jobsCommand(const Options &options, const Backend &backend);
int changeJobCommand(const Options &options, const Backend &backend); // job-pause, -resume, -cancel, -speed

} // namespace treewarden::cli
