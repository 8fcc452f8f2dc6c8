// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sandbox/keeper.h"

#include "model/sandbox/daemon.h"
#include "model/sandbox/filelock.h"
#include "model/sandbox/processes.h"

#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace treewarden {

namespace {

QString endOfLog(const SandboxPaths &paths)
{
    constexpr qint64 Enough = 2000;
    QFile log(paths.log());
    if (!log.open(QIODevice::ReadOnly))
        return {};
    log.seek(qMax(0, log.size() - Enough));
    return QString::fromUtf8(log.readAll()).trimmed();
}

// This program again, as a keeper that is nobody's child and inherits the lock alone.
Result<> spawn(const SandboxPaths &paths, const FileLock &lock)
{
    QByteArray program
        = QFile::encodeName(QFileInfo(u"/proc/self/exe"_s).symLinkTarget()); // its name in lists of processes
    QByteArray option = KeeperOption;
    QByteArray root = QFile::encodeName(paths.root);
    char *const arguments[] = {program.data(), option.data(), root.data(), nullptr};
    sigset_t none;
    sigemptyset(&none);

    const pid_t child = fork();
    if (child < 0)
        return failure(ErrorCode::Failed, paths.root, qt_error_string());
    if (child == 0) { // only system calls from here: other threads may have held locks
        setsid();
        if (fork() != 0)
            _exit(0);
        const int nowhere = ::open("/dev/null", O_RDWR);
        const int inherited = fcntl(lock.descriptor(), F_DUPFD, KeeperLockDescriptor + 1);
        for (int standard : {0, 1, 2})
            dup2(nowhere, standard);
        dup2(inherited, KeeperLockDescriptor);
        close_range(KeeperLockDescriptor + 1, ~0U, 0);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        execv("/proc/self/exe", arguments);
        _exit(127);
    }
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) { }
    return {};
}

bool answers(const SandboxPaths &paths)
{
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const QByteArray name = QFile::encodeName(paths.socket());
    std::memcpy(address.sun_path, name.constData(), qMin(size_t(name.size()), sizeof(address.sun_path) - 1));
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = connect(probe, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0;
    ::close(probe);
    return connected;
}

// The number stands in a file that the sandbox's user may write, and root may be asked to end the process.
bool isKeeper(pid_t pid, const SandboxPaths &paths)
{
    QFile file(u"/proc/%1/cmdline"_s.arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return false;
    const QByteArrayList arguments = file.readAll().split('\0');
    return arguments.size() > 2 && arguments[1] == KeeperOption && arguments[2] == QFile::encodeName(paths.root);
}

} // namespace

pid_t keeperPid(const SandboxPaths &paths)
{
    const auto lock = FileLock::take(paths.keeperLock(), 0ms);
    if (lock || lock.error().code != ErrorCode::Busy)
        return 0;
    QFile file(paths.keeperLock());
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed().toInt() : 0;
}

Result<> startKeeper(const SandboxPaths &paths, std::chrono::milliseconds patience)
{
    if (daemonProgram().isEmpty())
        return failure(ErrorCode::NotFound, u"libvirtd"_s);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (bool started = false;; std::this_thread::sleep_for(20ms)) {
        const auto lock = FileLock::take(paths.keeperLock(), 0ms);
        if (lock && started)
            return failure(ErrorCode::ConnectionFailed, daemonProgram(), endOfLog(paths));
        if (lock) {
            // The number of the one before might be another process's by now.
            if (ftruncate(lock->descriptor(), 0) != 0)
                return failure(ErrorCode::Failed, paths.keeperLock(), qt_error_string());
            if (const auto spawned = spawn(paths, *lock); !spawned)
                return spawned;
            started = true;
        } else if (lock.error().code != ErrorCode::Busy) {
            return failure(lock.error());
        } else if (keeperPid(paths) > 0 && answers(paths)) {
            return {};
        }
        if (std::chrono::steady_clock::now() >= deadline)
            return failure(ErrorCode::TimedOut, daemonProgram(), endOfLog(paths));
    }
}

Result<> endKeeper(const SandboxPaths &paths, std::chrono::milliseconds patience)
{
    if (const pid_t pid = keeperPid(paths); pid > 0) {
        std::vector<ProcessHandle> keeper;
        keeper.emplace_back(pid);
        // Asked while the handle holds it: the number cannot have become another process's in between.
        if (!isKeeper(pid, paths))
            return failure(ErrorCode::Failed, paths.keeperLock(), u"names a process that is no keeper"_s);
        endProcesses(keeper, patience);
    }
    const auto lock = FileLock::take(paths.keeperLock(), 1s);
    if (!lock)
        return failure(lock.error());
    // Machines first: the daemon would otherwise take their end for a crash.
    endProcesses(sandboxProcesses(paths, SandboxProcess::Machine), patience);
    endProcesses(sandboxProcesses(paths, SandboxProcess::Daemon), patience);
    return {};
}

} // namespace treewarden
