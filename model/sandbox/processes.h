// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/sandbox/paths.h"

#include <chrono>
#include <vector>

namespace treewarden {

// A process of this computer that cannot be mistaken for a later one with the same number. Move-only.
class ProcessHandle
{
public:
    ProcessHandle() = default;
    explicit ProcessHandle(pid_t pid);
    ProcessHandle(ProcessHandle &&other) noexcept;
    ProcessHandle &operator=(ProcessHandle &&other) noexcept;
    ~ProcessHandle();

    pid_t pid() const { return m_pid; }
    int descriptor() const { return m_descriptor; } // readable once it has ended; -1: there is no such process
    bool isRunning() const;
    bool waitForEnd(std::chrono::milliseconds patience) const;
    void signal(int number) const;

private:
    pid_t m_pid = -1;
    int m_descriptor = -1;
};

enum class SandboxProcess { Daemon, Machine };

// The living daemons or QEMU processes of this sandbox, whoever started them. They are known by their HOME, a folder
// inside the root: the keeper gives it to the daemon, and libvirt hands it on to QEMU.
std::vector<ProcessHandle> sandboxProcesses(const SandboxPaths &paths, SandboxProcess kind);

// Asks all of them to end, at once; kills those that have not after `patience`.
void endProcesses(const std::vector<ProcessHandle> &processes, std::chrono::milliseconds patience);

// How many connections to the daemon's socket there are now.
int sandboxClients(const SandboxPaths &paths);

} // namespace treewarden
