// SPDX-License-Identifier: GPL-3.0-or-later
// What LocalEditor does with files that fit into memory, such as NVRAM.
#include "model/backend/localfiles/imagelock.h"
#include "model/backend/localfiles/localeditor.h"
#include "model/backend/localfiles/newfile.h"
#include "model/domain/nvramcopy.h"

#include <QFile>
#include <QUuid>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace treewarden {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr off_t Largest = off_t(64 * MiB);
constexpr int Tries = 20;
constexpr auto Pause = 50ms; // a firmware is done with a variable long before

Result<QByteArray> contentsOf(int descriptor, const QString &path)
{
    struct stat status
    {
    };
    if (::fstat(descriptor, &status) < 0)
        return systemError(path);
    if (!S_ISREG(status.st_mode) || status.st_size > Largest)
        return failure(ErrorCode::Unsupported, path, u"no small file"_s);
    QByteArray bytes(qsizetype(status.st_size), Qt::Uninitialized);
    for (qsizetype done = 0; done < bytes.size();) {
        const ssize_t got = ::pread(descriptor, bytes.data() + done, size_t(bytes.size() - done), done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return systemError(path);
        if (got == 0)
            return failure(ErrorCode::Busy, path, u"became shorter while it was read"_s);
        done += got;
    }
    return bytes;
}

Result<QByteArray> contentsOf(const QString &path)
{
    const Descriptor file(::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file.isOpen())
        return systemError(path);
    return contentsOf(file.get(), path);
}

// Written, and read again.
Result<> fill(const NewFile &file, const QByteArray &bytes)
{
    for (qsizetype done = 0; done < bytes.size();) {
        const ssize_t put
            = ::pwrite(file.descriptor(), bytes.constData() + done, size_t(bytes.size() - done), off_t(done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return systemError(file.path());
        done += put;
    }
    const Result<QByteArray> written = contentsOf(file.descriptor(), file.path());
    if (!written)
        return failure(written.error());
    return *written == bytes ? Result<>() : failure(ErrorCode::Failed, file.path(), u"not what was written"_s);
}

} // namespace

Result<> LocalEditor::copyInUse(const QString &path, const QString &from)
{
    if (!path.startsWith(u'/') || !from.startsWith(u'/'))
        return failure(ErrorCode::Malformed, path);
    // Its writer may be between two writes that belong together, which two readings at once would not show.
    Result<QByteArray> bytes = contentsOf(from);
    bool isSteady = false;
    for (int tried = 0; bytes && !isSteady && tried < Tries; ++tried) {
        std::this_thread::sleep_for(Pause);
        Result<QByteArray> again = contentsOf(from);
        isSteady = again && *again == *bytes;
        bytes = std::move(again);
    }
    if (!bytes)
        return failure(bytes.error());
    if (!isSteady)
        return failure(ErrorCode::Busy, from, u"is being written to"_s);
    const auto file = NewFile::create(path, from);
    if (!file)
        return failure(file.error());
    if (const Result<> filled = fill(**file, *bytes); !filled)
        return filled;
    // What was written to it in the meantime is not in the copy.
    const Result<QByteArray> last = contentsOf(from);
    if (!last || *last != *bytes)
        return last ? failure(ErrorCode::Busy, from, u"is being written to"_s) : failure(last.error());
    return (*file)->keep();
}

Result<> LocalEditor::copyOver(const QString &path, const QString &from)
{
    if (!path.startsWith(u'/') || !from.startsWith(u'/'))
        return failure(ErrorCode::Malformed, path);
    if (const Result<> unused = requireUnused(path); !unused)
        return unused;
    const Result<QByteArray> bytes = contentsOf(from);
    if (!bytes)
        return failure(bytes.error());
    // Named so that one which a kill leaves is found, as a copy for no snapshot.
    const QString aside = nvramCopyPath(Nvram{path, {}}, QUuid::createUuid().toString(QUuid::Id128).left(8));
    if (aside.isEmpty())
        return failure(ErrorCode::Malformed, path, u"no name beside it"_s);
    const auto file = NewFile::create(aside, path);
    if (!file)
        return failure(file.error());
    if (const Result<> filled = fill(**file, *bytes); !filled)
        return filled;
    if (const Result<> kept = (*file)->keep(); !kept)
        return kept;
    if (::rename(QFile::encodeName(aside).constData(), QFile::encodeName(path).constData()) < 0) {
        const auto error = systemError(path);
        ::unlink(QFile::encodeName(aside).constData());
        return error;
    }
    return syncPath(folderOf(path));
}

Result<bool> LocalEditor::holdSame(const QString &one, const QString &other)
{
    const Result<QByteArray> first = contentsOf(one);
    const Result<QByteArray> second = contentsOf(other);
    if (!first || !second)
        return failure(first ? second.error() : first.error());
    return *first == *second;
}

} // namespace treewarden
