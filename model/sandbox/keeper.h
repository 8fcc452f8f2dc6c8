// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/sandbox/paths.h"

#include <chrono>
#include <optional>

namespace treewarden {

// The keeper is the process that has the sandbox's daemon and machines as its descendants, and ends them some time
// after the last client. It is this program again, in a session of its own, so that whatever happens to the window
// happens to the window alone. There is one for each root: it holds the keeper lock for life, and a new one gets over
// whatever a killed one left.

// How a keeper is started: PROGRAM KeeperOption ROOT, with the held keeper lock as this descriptor.
inline constexpr char KeeperOption[] = "--keep-sandbox";
inline constexpr int KeeperLockDescriptor = 3;

// First thing in main(), before any other: runs the keeper where the program was started as one, and gives its exit
// code.
std::optional<int> runKeeperIfAsked(int argc, char **argv);

// The keeper that lives now; 0: none, or not ready yet.
pid_t keeperPid(const SandboxPaths &paths);

// Starts the keeper where there is none, and waits until the daemon answers: some seconds when QEMU is probed for the
// first time. Only with the open lock held. NotFound names a daemon that is not installed; otherwise the detail is the
// end of the log.
Result<> startKeeper(const SandboxPaths &paths, std::chrono::milliseconds patience);

// Ends keeper, machines and daemon, whichever there are. Only with the open lock held.
Result<> endKeeper(const SandboxPaths &paths, std::chrono::milliseconds patience);

} // namespace treewarden
