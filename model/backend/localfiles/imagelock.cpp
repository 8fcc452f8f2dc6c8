// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/localfiles/imagelock.h"

#include "model/backend/localfiles/newfile.h"

#include <fcntl.h>
#include <unistd.h>

namespace treewarden {

namespace {

constexpr off_t UsedBase = 100;
constexpr off_t ForbiddenBase = 200;
constexpr off_t Permissions = 64; // each base's room
constexpr off_t ConsistentRead = 0;
constexpr off_t Write = 1;

struct flock range(short type, off_t start, off_t length)
{
    struct flock lock
    {
    };
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = start;
    lock.l_len = length;
    return lock;
}

// Whether nobody else holds a lock in the range. A file system without locks cannot say.
Result<> requireFree(int descriptor, const QString &path, off_t start, off_t length)
{
    struct flock lock = range(F_WRLCK, start, length);
    if (::fcntl(descriptor, F_OFD_GETLK, &lock) < 0)
        return systemError(path);
    if (lock.l_type != F_UNLCK)
        return failure(ErrorCode::Busy, path);
    return {};
}

} // namespace

Result<> requireUnused(int descriptor, const QString &path)
{
    return requireFree(descriptor, path, UsedBase, ForbiddenBase + Permissions - UsedBase);
}

Result<> requireUnused(const QString &path)
{
    const auto file = openByOwnName(path);
    return file ? requireUnused((*file)->get(), path) : failure(file.error());
}

Result<> forbidWriting(int descriptor, const QString &path)
{
    for (const off_t byte : {UsedBase + ConsistentRead, ForbiddenBase + Write}) {
        struct flock lock = range(F_RDLCK, byte, 1);
        if (::fcntl(descriptor, F_OFD_SETLK, &lock) < 0)
            return systemError(path);
    }
    return requireFree(descriptor, path, UsedBase + Write, 1);
}

} // namespace treewarden
