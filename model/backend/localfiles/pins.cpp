// SPDX-License-Identifier: GPL-3.0-or-later
// The other names that LocalEditor gives to files, so that they outlive their own.
#include "model/backend/localfiles/localeditor.h"
#include "model/backend/localfiles/newfile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QUuid>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

const QString PinFolder = u".treewarden"_s;

// Only whoever owns the folder around it looks into it: the machines know their files by other names.
Result<> makeOwnFolder(const QString &folder)
{
    const QString around = folderOf(folder);
    const QByteArray name = QFile::encodeName(folder);
    const bool isNew = ::mkdir(name.constData(), 0700) == 0;
    if (!isNew && errno != EEXIST)
        return systemError(folder);
    const Descriptor descriptor(::open(name.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!descriptor.isOpen())
        return systemError(folder); // a link to elsewhere, among others
    if (!isNew)
        return {};
    struct stat status
    {
    };
    if (::stat(QFile::encodeName(around).constData(), &status) < 0
        || (::geteuid() == 0 && ::fchown(descriptor.get(), status.st_uid, status.st_gid) < 0)) {
        const auto error = systemError(folder);
        ::rmdir(name.constData());
        return error;
    }
    return syncPath(around);
}

} // namespace

Result<> makePinFolder(const QString &path)
{
    const QString folder = folderOf(path);
    return QFileInfo(folder).fileName() == PinFolder ? makeOwnFolder(folder) : Result<>();
}

Result<QString> LocalEditor::pin(const QString &path)
{
    const QString file = QFileInfo(path).canonicalFilePath();
    if (file.isEmpty())
        return failure(ErrorCode::NotFound, path);
    const QString folder = folderOf(file) + u'/' + PinFolder;
    if (const Result<> made = makeOwnFolder(folder); !made)
        return failure(made.error());
    // A file system takes 255 bytes; the end of the name tells more than its beginning.
    constexpr qsizetype Longest = 60;
    const QString name = QFileInfo(file).fileName().right(Longest);
    const QString pinned = folder + u'/' + QUuid::createUuid().toString(QUuid::Id128).left(12) + u'-' + name;
    if (::link(QFile::encodeName(file).constData(), QFile::encodeName(pinned).constData()) < 0) {
        const bool isImpossible = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
        const Error error = systemError(path).value();
        ::rmdir(QFile::encodeName(folder).constData()); // where nothing else is in it
        return failure(isImpossible ? ErrorCode::Unsupported : error.code, error.subject, error.detail);
    }
    if (const Result<> synced = syncPath(folder); !synced) {
        ::unlink(QFile::encodeName(pinned).constData());
        return failure(synced.error());
    }
    return pinned;
}

Result<> LocalEditor::unpin(const QString &pinned)
{
    const QString folder = folderOf(pinned);
    if (!pinned.startsWith(u'/') || QFileInfo(folder).fileName() != PinFolder)
        return failure(ErrorCode::Malformed, pinned);
    if (::unlink(QFile::encodeName(pinned).constData()) < 0)
        return systemError(pinned);
    if (const Result<> synced = syncPath(folder); !synced)
        return synced;
    if (::rmdir(QFile::encodeName(folder).constData()) == 0)
        return syncPath(folderOf(folder));
    return {};
}

} // namespace treewarden
