// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/base/bytes.h"

#include <functional>
#include <memory>

namespace treewarden {

// The sandbox: a private libvirt daemon with example machines, for trying an operation before doing it for real. Its
// files lie in one folder (model/sandbox/paths.h), its processes end some time after the last client.

struct SandboxProgress
{
    enum class Phase { Waiting, Starting, Resetting, Making }; // Waiting: somebody else opens it
    Phase phase = Phase::Waiting;
    QString machine = {}; // Making only
    int done = 0; // machines; Making only
    int total = 0;
};

struct SandboxOptions
{
    bool reset = false; // end it, remove all it has, make it anew
    Bytes data = GiB; // contents of the machine that shows progress
};

// How a URI is opened; the sandbox knows no libvirt.
using SandboxConnect = std::function<Result<std::shared_ptr<Hypervisor>>(const QString &uri)>;

// Starts the daemon where it does not run, makes the example machines where they were not made, and gives the URI to
// connect to. Blocks: milliseconds when it runs, some seconds when it must start, about half a minute the first time.
// Any thread but the GUI's. `progress` is called on the calling thread.
Result<QString> openSandbox(const SandboxOptions &options, const SandboxConnect &connect,
    const std::function<void(const SandboxProgress &)> &progress = {});

} // namespace treewarden
