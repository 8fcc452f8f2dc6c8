// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/sandbox/paths.h"
#include "tests/support/process.h"

#include <QTemporaryDir>

#include <optional>

namespace treewarden::test {

// A private libvirt daemon without machines, in memory where that is possible, for a walk's own machines. Its main
// program must be able to be the daemon's keeper (liveMain()).
class WalkHost
{
public:
    WalkHost();
    ~WalkHost(); // ends all its processes and removes its files

    Result<> start();
    const SandboxPaths &paths() const { return m_paths; }
    const std::shared_ptr<Hypervisor> &hypervisor() const { return m_hypervisor; }

    // An empty folder that the daemon's user may write to.
    QString makeFolder(const QString &name) const;
    // Makes a file or a folder the daemon's user's.
    void give(const QString &path) const;

    // The virsh commands, each one line, in one process.
    ProcessResult virsh(const QStringList &commands) const;
    // qemu-img and qemu-io, as whoever runs the test.
    ProcessResult tool(const QString &program, const QStringList &arguments) const;

private:
    QTemporaryDir m_folder;
    SandboxPaths m_paths;
    SandboxUser m_user;
    std::shared_ptr<Hypervisor> m_hypervisor;
};

} // namespace treewarden::test
