// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QString>

#include <sys/types.h>

namespace treewarden {

// Where everything of one sandbox is. All of it lies inside the root.
struct SandboxPaths
{
    QString root; // absolute, without a slash at the end

    QString marker() const; // says that the folder is a sandbox; without it nothing is ever removed
    QString openLock() const; // held while somebody opens the sandbox, and by a keeper that ends it
    QString keeperLock() const; // held for the life of a keeper; contains its process id
    QString log() const; // what keeper and daemon say
    QString images() const;
    QString made(const QString &machine) const; // exists when the machine was made to the end
    QString home() const; // HOME of the daemon and its machines, by which their processes are known
    QString runtime() const; // XDG_RUNTIME_DIR of the daemon
    QString socket() const;
    QString uri() const;
};

// $TREEWARDEN_SANDBOX, else /var/lib/treewarden/sandbox for root (an unprivileged daemon must get there), else
// treewarden/sandbox in the XDG data folder. Unsupported when the socket's name would be too long for the kernel.
Result<SandboxPaths> sandboxPaths();

// Who the daemon, its machines and all their files belong to: never root.
struct SandboxUser
{
    uid_t uid = 0;
    gid_t gid = 0;
    bool isOther = false; // this process is root and must become that user first

    // For a child process between fork and exec: only system calls. False: it must not go on.
    bool become() const;
};

// The user who runs this program. For root: the owner of an existing sandbox, else nobody.
SandboxUser sandboxUser(const SandboxPaths &paths);

// Makes the root with its marker where it does not exist. Fails when the folder has other contents: then it is not
// ours.
Result<> prepareRoot(const SandboxPaths &paths, const SandboxUser &user);
// Removes all contents but marker and locks, without following symbolic links. Fails where the marker is missing.
Result<> clearRoot(const SandboxPaths &paths);

} // namespace treewarden
