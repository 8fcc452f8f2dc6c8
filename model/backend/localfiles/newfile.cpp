// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/localfiles/newfile.h"

#include <QFile>
#include <QFileInfo>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace treewarden {

tl::unexpected<Error> systemError(const QString &path)
{
    const int number = errno;
    const auto code = [number] {
        switch (number) {
        case ENOENT:
        case ENOTDIR:
            return ErrorCode::NotFound;
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorCode::PermissionDenied;
        case EEXIST:
        case EBUSY:
        case ETXTBSY:
            return ErrorCode::Busy;
        case ELOOP:
        case ENAMETOOLONG:
            return ErrorCode::Malformed;
        default:
            return ErrorCode::Failed;
        }
    }();
    return failure(code, path, QString::fromLocal8Bit(std::strerror(number)));
}

Descriptor::~Descriptor()
{
    if (m_number >= 0)
        ::close(m_number);
}

Result<std::unique_ptr<NewFile>> NewFile::create(const QString &path, const QString &model)
{
    struct stat status
    {
    };
    if (::stat(QFile::encodeName(model).constData(), &status) < 0)
        return systemError(model);
    const int descriptor
        = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return systemError(path);
    std::unique_ptr<NewFile> file(new NewFile(descriptor, path));
    // Only root can give a file away. Somebody else's own file is owned by the same one as a rule; where it is not, it
    // stays this user's. The mode comes after the owner, who may not read what the other group may.
    const bool isOwned = ::fchown(descriptor, status.st_uid, status.st_gid) == 0;
    if (!isOwned && ::geteuid() == 0)
        return systemError(path);
    const mode_t mode = (status.st_mode & 0666) | 0600;
    if (::fchmod(descriptor, isOwned ? mode : mode & ~mode_t(0077)) < 0)
        return systemError(path);
    return file;
}

NewFile::~NewFile()
{
    if (!m_isKept)
        ::unlink(QFile::encodeName(m_path).constData());
}

Result<> NewFile::keep()
{
    if (::fsync(m_descriptor.get()) < 0)
        return systemError(m_path);
    const Result<> synced = syncPath(folderOf(m_path));
    m_isKept = synced.has_value();
    return synced;
}

Result<std::unique_ptr<Descriptor>> openFile(const QString &path)
{
    auto file = std::make_unique<Descriptor>(
        ::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file->isOpen())
        return systemError(path);
    struct stat status
    {
    };
    if (::fstat(file->get(), &status) < 0)
        return systemError(path);
    if (!S_ISREG(status.st_mode))
        return failure(ErrorCode::Unsupported, path, QStringLiteral("not a file"));
    return file;
}

Result<std::unique_ptr<Descriptor>> openByOwnName(const QString &path)
{
    auto file = openFile(path);
    if (!file)
        return file;
    struct stat opened
    {
    };
    struct stat named
    {
    };
    if (::fstat((*file)->get(), &opened) < 0 || ::lstat(QFile::encodeName(path).constData(), &named) < 0)
        return systemError(path);
    if (S_ISLNK(named.st_mode))
        return failure(ErrorCode::Unsupported, path, QStringLiteral("a symbolic link"));
    if (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino)
        return failure(ErrorCode::Busy, path, QStringLiteral("replaced by another file"));
    return file;
}

bool isSameFile(const QString &one, const QString &other)
{
    struct stat first
    {
    };
    struct stat second
    {
    };
    if (::stat(QFile::encodeName(one).constData(), &first) < 0
        || ::stat(QFile::encodeName(other).constData(), &second) < 0)
        return false;
    if (S_ISBLK(first.st_mode) && S_ISBLK(second.st_mode))
        return first.st_rdev == second.st_rdev;
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

Result<> renameNew(const QString &from, const QString &to, RenameCall call)
{
    const QByteArray before = QFile::encodeName(from);
    const QByteArray after = QFile::encodeName(to);
    if (call(AT_FDCWD, before.constData(), AT_FDCWD, after.constData(), RENAME_NOREPLACE) == 0)
        return {};
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
        return systemError(to);
    if (::link(before.constData(), after.constData()) < 0)
        return systemError(to);
    if (::unlink(before.constData()) == 0)
        return {};
    const auto error = systemError(from);
    ::unlink(after.constData()); // it still has its old name
    return error;
}

Result<> syncPath(const QString &path)
{
    const Descriptor descriptor(::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!descriptor.isOpen() || ::fsync(descriptor.get()) < 0)
        return systemError(path);
    return {};
}

QString folderOf(const QString &path)
{
    return QFileInfo(path).path();
}

} // namespace treewarden
