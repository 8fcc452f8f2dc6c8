// SPDX-License-Identifier: GPL-3.0-or-later
// What LocalEditor makes for backups.
#include "model/backend/localfiles/imagefacts.h"
#include "model/backend/localfiles/imagelock.h"
#include "model/backend/localfiles/localeditor.h"
#include "model/backend/localfiles/newfile.h"
#include "model/backend/localfiles/qemuimg.h"

#include <QFile>
#include <QFileInfo>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio> // renameat2

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

Result<> write(const NewFile &file, const QByteArray &contents)
{
    for (qsizetype done = 0; done < contents.size();) {
        const ssize_t put
            = ::pwrite(file.descriptor(), contents.constData() + done, size_t(contents.size() - done), off_t(done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return systemError(file.path());
        done += put;
    }
    return {};
}

// Of the owner of `like`, who may be the one that QEMU runs as, and closed to whoever may not read that.
Result<> makeOne(const QString &path, const struct stat &like)
{
    const QByteArray name = QFile::encodeName(path);
    if (::mkdir(name.constData(), 0700) < 0)
        return errno == EEXIST && QFileInfo(path).isDir() ? Result<>() : Result<>(systemError(path));
    const bool isOwned = ::chown(name.constData(), like.st_uid, like.st_gid) == 0;
    if (!isOwned && ::geteuid() == 0)
        return systemError(path);
    // Who may read the file may read what is in the folder, and so has to get there.
    const mode_t readers = isOwned ? like.st_mode & 0044 : 0;
    if (::chmod(name.constData(), 0700 | readers | (readers >> 2)) < 0)
        return systemError(path);
    return syncPath(folderOf(path));
}

} // namespace

Result<> LocalEditor::createImage(const QString &path, const QString &like, Bytes size, const QString &base)
{
    if (!path.startsWith(u'/') || !like.startsWith(u'/'))
        return failure(ErrorCode::Malformed, path);
    QStringList arguments{u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s};
    if (!base.isEmpty()) {
        if (folderOf(base) != folderOf(path))
            return failure(ErrorCode::Malformed, base);
        if (const auto facts = editableFacts(base); !facts)
            return failure(facts.error());
        arguments << u"-F"_s << u"qcow2"_s << u"-b"_s << QFileInfo(base).fileName();
    }
    const auto file = NewFile::create(path, like);
    if (!file)
        return failure(file.error());
    if (const auto made = runQemuImg({arguments + QStringList{path, QString::number(size)}, path}); !made)
        return failure(made.error());
    const Result<ImageFacts> facts = qcow2Facts(path);
    if (!facts)
        return failure(facts.error());
    const bool isOnBase = base.isEmpty() ? facts->backingName.isEmpty() : isSameFile(backingPath(path, *facts), base);
    if (facts->virtualSize != size || !isOnBase)
        return failure(ErrorCode::Failed, path, u"is not as it was to be"_s);
    return (*file)->keep();
}

Result<> LocalEditor::makeFolder(const QString &path, const QString &like)
{
    struct stat status
    {
    };
    if (!path.startsWith(u'/'))
        return failure(ErrorCode::Malformed, path);
    if (::stat(QFile::encodeName(like).constData(), &status) < 0)
        return systemError(like);
    QStringList missing;
    for (QString folder = path; !QFileInfo(folder).isDir(); folder = folderOf(folder)) {
        if (QFileInfo::exists(folder))
            return failure(ErrorCode::Busy, folder, u"is no folder"_s);
        missing.prepend(folder);
    }
    for (const QString &folder : std::as_const(missing)) {
        if (const Result<> made = makeOne(folder, status); !made)
            return made;
    }
    return {};
}

Result<> LocalEditor::removeFolder(const QString &path)
{
    if (::rmdir(QFile::encodeName(path).constData()) < 0)
        return errno == ENOTEMPTY ? failure(ErrorCode::Busy, path) : Result<>(systemError(path));
    return syncPath(folderOf(path));
}

Result<> LocalEditor::writeFile(const QString &path, const QString &like, const QByteArray &contents)
{
    if (!path.startsWith(u'/'))
        return failure(ErrorCode::Malformed, path);
    const auto file = NewFile::create(path, like);
    if (!file)
        return failure(file.error());
    const Result<> written = write(**file, contents);
    return written ? (*file)->keep() : written;
}

Result<> LocalEditor::replaceFile(const QString &path, const QString &like, const QByteArray &contents)
{
    const QString aside = path + u".part"_s;
    // What a process that was killed has left there is of no use to anybody.
    if (::unlink(QFile::encodeName(aside).constData()) < 0 && errno != ENOENT)
        return systemError(aside);
    if (const Result<> written = writeFile(aside, like, contents); !written)
        return written;
    if (::rename(QFile::encodeName(aside).constData(), QFile::encodeName(path).constData()) < 0) {
        const auto error = systemError(path);
        ::unlink(QFile::encodeName(aside).constData());
        return error;
    }
    return syncPath(folderOf(path));
}

Result<> LocalEditor::settle(const QString &from, const QString &to)
{
    if (const Result<> unused = requireUnused(from); !unused)
        return unused;
    if (const Result<> synced = syncPath(from); !synced)
        return synced;
    if (const Result<> renamed = renameNew(from, to, ::renameat2); !renamed)
        return renamed;
    return syncPath(folderOf(to));
}

} // namespace treewarden
