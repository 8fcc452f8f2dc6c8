// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sandbox/processes.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace treewarden {

namespace {

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool isKind(const QByteArray &name, SandboxProcess kind)
{
    if (kind == SandboxProcess::Machine)
        return name.startsWith("qemu");
    return name == "libvirtd" || name == "virtqemud";
}

} // namespace

ProcessHandle::ProcessHandle(pid_t pid)
    : m_pid(pid)
    , m_descriptor(int(syscall(SYS_pidfd_open, pid, 0))) // glibc 2.36 has no C++ declaration of it
{
}

ProcessHandle::ProcessHandle(ProcessHandle &&other) noexcept
    : m_pid(std::exchange(other.m_pid, -1))
    , m_descriptor(std::exchange(other.m_descriptor, -1))
{
}

ProcessHandle &ProcessHandle::operator=(ProcessHandle &&other) noexcept
{
    std::swap(m_pid, other.m_pid);
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

ProcessHandle::~ProcessHandle()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

bool ProcessHandle::isRunning() const
{
    return !waitForEnd(0ms);
}

bool ProcessHandle::waitForEnd(std::chrono::milliseconds patience) const
{
    if (m_descriptor < 0)
        return true;
    pollfd end = {m_descriptor, POLLIN, 0};
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        const int ready = poll(&end, 1, int(std::max(left, 0ms).count()));
        if (ready > 0)
            return true;
        if (ready == 0 || errno != EINTR)
            return false;
    }
}

void ProcessHandle::signal(int number) const
{
    if (m_descriptor >= 0)
        syscall(SYS_pidfd_send_signal, m_descriptor, number, nullptr, 0);
}

std::vector<ProcessHandle> sandboxProcesses(const SandboxPaths &paths, SandboxProcess kind)
{
    const QByteArray mark = "HOME=" + QFile::encodeName(paths.home());
    std::vector<ProcessHandle> found;
    for (const QString &entry : QDir(u"/proc"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        bool isNumber = false;
        const pid_t pid = entry.toInt(&isNumber);
        if (!isNumber)
            continue;
        // Held before it is looked at, so that what is looked at is what is held.
        ProcessHandle handle(pid);
        const QString folder = u"/proc/"_s + entry;
        if (isKind(contents(folder + u"/comm"_s).trimmed(), kind)
            && contents(folder + u"/environ"_s).split('\0').contains(mark) && handle.isRunning()) {
            found.push_back(std::move(handle));
        }
    }
    return found;
}

void endProcesses(const std::vector<ProcessHandle> &processes, std::chrono::milliseconds patience)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (const ProcessHandle &process : processes)
        process.signal(SIGTERM);
    for (const ProcessHandle &process : processes) {
        const auto left
            = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (!process.waitForEnd(std::max(left, 0ms))) {
            process.signal(SIGKILL);
            process.waitForEnd(1s);
        }
    }
}

int sandboxClients(const SandboxPaths &paths)
{
    // The daemon's end of a connection carries the name of the socket it came in by. Its state is 03, connected, or 02
    // until the daemon accepts it, which it does not while it starts its machines; 01 is the socket itself.
    int clients = 0;
    const QFileInfo socket(paths.socket());
    const QByteArray ending = ' ' + QFile::encodeName(socket.isSymLink() ? socket.symLinkTarget() : paths.socket());
    const QByteArray table = contents(u"/proc/net/unix"_s);
    for (const QByteArray &line : table.split('\n')) {
        if (!line.endsWith(ending))
            continue;
        const QList<QByteArray> columns = line.simplified().split(' ');
        if (columns.size() > 5 && (columns[5] == "02" || columns[5] == "03"))
            ++clients;
    }
    return clients;
}

} // namespace treewarden
