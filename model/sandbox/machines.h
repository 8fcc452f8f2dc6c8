// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/sandbox/images.h"

#include <functional>

namespace treewarden {

// The example machines by name, in the order in which they are made.
QStringList exampleMachines();

// Whether all were made once. One that the user removed since stays removed.
bool areExamplesMade(const SandboxPaths &paths);

// Makes those that were not yet made to the end, each anew, and a storage pool of their images. `data` bytes go into
// the machine that shows progress, less where the disk is nearly full. Only with the open lock held.
Result<> makeExamples(const SandboxPaths &paths, const SandboxUser &user, Hypervisor &hypervisor, Bytes data,
    const std::function<void(const QString &machine, int done, int total)> &progress);

} // namespace treewarden
