// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/sandbox/processes.h"

namespace treewarden {

// libvirtd, or virtqemud where the distribution has only that (it knows no storage pools). Empty: not installed.
QString daemonProgram();

// The folders and the configuration of a daemon that lives in the root alone. As the user of the sandbox.
class SandboxDaemon
{
public:
    explicit SandboxDaemon(SandboxPaths paths);
    ~SandboxDaemon(); // removes what it put outside the root; does not end the daemon

    // Takes over the daemon that a killed keeper left, or starts one as a child of this process.
    Result<ProcessHandle> start();

private:
    Result<> prepare();
    QString configuration();

    SandboxPaths m_paths;
    QString m_shortRoot; // a link to the root, where the root's name is too long for the names of QEMU's sockets
};

} // namespace treewarden
