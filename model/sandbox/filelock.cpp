// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sandbox/filelock.h"

#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace treewarden {

Result<FileLock> FileLock::take(const QString &path, std::chrono::milliseconds patience)
{
    const int descriptor = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) {
        const int number = errno;
        return failure(
            number == EACCES ? ErrorCode::PermissionDenied : ErrorCode::Failed, path, qt_error_string(number));
    }
    FileLock lock(descriptor);
    struct stat folder = {};
    struct stat file = {};
    if (fstat(descriptor, &file) != 0)
        return failure(ErrorCode::Failed, path, qt_error_string());
    // It has another name elsewhere, and what holds the lock writes into it.
    if (file.st_nlink > 1)
        return failure(ErrorCode::Failed, path, QStringLiteral("has a second name (a hard link)"));
    if (geteuid() == 0 && stat(QFile::encodeName(QFileInfo(path).path()).constData(), &folder) == 0
        && file.st_uid != folder.st_uid && fchown(descriptor, folder.st_uid, folder.st_gid) != 0) {
        return failure(ErrorCode::Failed, path, qt_error_string());
    }
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return failure(ErrorCode::Failed, path, qt_error_string());
        if (std::chrono::steady_clock::now() >= deadline)
            return failure(ErrorCode::Busy, path);
        std::this_thread::sleep_for(20ms);
    }
    return lock;
}

FileLock::FileLock(FileLock &&other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
{
}

FileLock &FileLock::operator=(FileLock &&other) noexcept
{
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

FileLock::~FileLock()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

} // namespace treewarden
