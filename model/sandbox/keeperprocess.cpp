// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sandbox/daemon.h"
#include "model/sandbox/filelock.h"
#include "model/sandbox/keeper.h"
#include "model/sandbox/processes.h"

#include <QFile>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace treewarden {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto LookEvery = 2s;
constexpr auto EndPatience = 10s;
constexpr auto ShortestLife = 5s; // a daemon that ends sooner would only end again

void say(const Error &error)
{
    std::fprintf(stderr, "keeper: %s: %s\n", qPrintable(error.subject), qPrintable(error.detail));
}

std::chrono::milliseconds linger()
{
    bool isNumber = false;
    const int seconds = qEnvironmentVariableIntValue("TREEWARDEN_SANDBOX_LINGER", &isNumber);
    return isNumber && seconds >= 0 ? std::chrono::seconds(seconds) : 60s;
}

class Keeper
{
public:
    explicit Keeper(SandboxPaths paths)
        : m_paths(std::move(paths))
        , m_daemon(m_paths)
    {
    }

    int run();

private:
    bool become();
    bool isIdle(Clock::time_point now);
    bool isTold(int signals);
    bool revive();
    void end();

    SandboxPaths m_paths;
    SandboxDaemon m_daemon;
    ProcessHandle m_process;
    Clock::time_point m_started;
    Clock::time_point m_idleSince = Clock::now();
    timespec m_opened = {};
};

// From the program that was started to the unprivileged parent of whatever loses its own.
bool Keeper::become()
{
    if (fcntl(KeeperLockDescriptor, F_SETFD, FD_CLOEXEC) != 0)
        return false; // not started by startKeeper()
    umask(077);
    if (!sandboxUser(m_paths).become() || chdir(QFile::encodeName(m_paths.root).constData()) != 0)
        return false;
    const int log = ::open(
        QFile::encodeName(m_paths.log()).constData(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        return false;
    // Where the process with number 1 is slow to wait for orphans, libvirt takes seconds to see that QEMU has ended.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const QByteArray pid = QByteArray::number(getpid()) + '\n';
    return ftruncate(KeeperLockDescriptor, 0) == 0
        && pwrite(KeeperLockDescriptor, pid.constData(), size_t(pid.size()), 0) == pid.size();
}

bool Keeper::isTold(int signals)
{
    bool told = false;
    signalfd_siginfo signal = {};
    while (read(signals, &signal, sizeof(signal)) == sizeof(signal))
        told = told || signal.ssi_signo != SIGCHLD;
    while (waitpid(-1, nullptr, WNOHANG) > 0) { }
    return told;
}

bool Keeper::isIdle(Clock::time_point now)
{
    struct stat opened = {};
    stat(QFile::encodeName(m_paths.openLock()).constData(), &opened);
    const bool wasOpened = opened.st_mtim.tv_sec != m_opened.tv_sec || opened.st_mtim.tv_nsec != m_opened.tv_nsec;
    m_opened = opened.st_mtim;
    if (wasOpened || sandboxClients(m_paths) > 0)
        m_idleSince = now;
    return now - m_idleSince >= linger();
}

bool Keeper::revive()
{
    const auto now = Clock::now();
    if (m_process.isRunning())
        return true;
    if (m_process.pid() > 0 && now - m_started < ShortestLife)
        return false;
    auto started = m_daemon.start();
    if (!started) {
        say(started.error());
        return false;
    }
    m_process = std::move(*started);
    m_started = now;
    return true;
}

void Keeper::end()
{
    // Machines first: the daemon would otherwise take their end for a crash.
    endProcesses(sandboxProcesses(m_paths, SandboxProcess::Machine), EndPatience);
    while (waitpid(-1, nullptr, WNOHANG) > 0) { }
    endProcesses(sandboxProcesses(m_paths, SandboxProcess::Daemon), EndPatience);
    QFile::remove(m_paths.socket());
}

int Keeper::run()
{
    sigset_t watched;
    sigemptyset(&watched);
    for (int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD})
        sigaddset(&watched, number);
    sigprocmask(SIG_SETMASK, &watched, nullptr);
    const int signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (!become())
        return 1;

    const auto look = std::clamp<std::chrono::milliseconds>(linger() / 4, 100ms, LookEvery);
    while (revive()) {
        pollfd waits[] = {{signals, POLLIN, 0}, {m_process.descriptor(), POLLIN, 0}};
        poll(waits, 2, int(look.count()));
        if (isTold(signals)) {
            end();
            return 0;
        }
        if (isIdle(Clock::now())) {
            // Held to the end, so that whoever opens the sandbox now waits for it and then starts a new keeper.
            const auto closed = FileLock::take(m_paths.openLock(), 0ms);
            if (closed) {
                end();
                return 0;
            }
        }
    }
    end();
    return 1;
}

} // namespace

std::optional<int> runKeeperIfAsked(int argc, char **argv)
{
    if (argc != 3 || std::strcmp(argv[1], KeeperOption) != 0)
        return std::nullopt;
    return Keeper(SandboxPaths{QFile::decodeName(argv[2])}).run();
}

} // namespace treewarden
