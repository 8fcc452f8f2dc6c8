// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/result.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <functional>
#include <memory>

namespace treewarden {

// How far a rewriting has come; false: stop it. Called on the thread that called, every quarter of a second or so.
using EditProgress = std::function<bool(Bytes done, Bytes total)>;

// Changes files of the host. Blocking; worker threads only; thread-safe. Paths are absolute paths of the host. What it
// makes is owned by whoever owns the image that it is made from, and no more readable than that one; it is synced to
// the disk before the call returns. A call that fails leaves nothing behind and nothing changed, unless it says
// otherwise. A target that exists is never written over (Busy). An image that a process has open is refused by QEMU's
// own lock (Busy). Unsupported: this editor cannot do that (a storage volume's editor does little more than make and
// remove).
class ImageEditor
{
public:
    virtual ~ImageEditor() = default;

    virtual Result<> createOverlay(const QString &path, const QString &base, const QString &baseFormat) = 0;
    // A new image that shows what the tag of `image` shows. Without memory: the contents alone, without a backing image
    // (qemu-img convert). With memory: the file is copied, reverted to the tag inside the copy, and its other tags are
    // removed there, because a conversion drops saved memory; the backing image stays the same one.
    virtual Result<> extractTag(
        const QString &path, const QString &image, const QString &tag, bool withMemory, const EditProgress &progress)
        = 0;
    // The active contents of `top` into `base`, which lies below it (qemu-img commit -d). Cannot be stopped; a failure
    // leaves `base` half written and `top` as it was, so that running it again is the way on.
    virtual Result<> commit(const QString &top, const QString &base, const EditProgress &progress) = 0;
    // Whether `top` shows what `base` shows, which lies below it (qemu-img compare): Failed where it does not. Reads
    // both; can be stopped.
    virtual Result<> compare(const QString &top, const QString &base, const EditProgress &progress) = 0;
    virtual Result<> addTag(const QString &image, const QString &tag) = 0;
    virtual Result<> removeTag(const QString &image, const QString &tag) = 0;
    virtual Result<> copy(const QString &path, const QString &from, const EditProgress &progress) = 0;
    // Of a small file (Unsupported beyond 64 MiB) that a process may be writing to meanwhile: read until two readings
    // one after the other are the same; Busy where none are. A format with metadata that its writer keeps in memory,
    // such as qcow2, cannot be copied like that.
    virtual Result<> copyInUse(const QString &path, const QString &from) = 0;
    // A copy of the small file `from` comes to `path`, where a file is that no process has open: whoever looks there
    // finds the one or the other.
    virtual Result<> copyOver(const QString &path, const QString &from) = 0;
    // Whether two small files hold the same bytes.
    virtual Result<bool> holdSame(const QString &one, const QString &other) = 0;
    virtual Result<> rename(const QString &from, const QString &to)
        = 0; // within one file system; Busy where `to` exists
    // The same where `to` exists, which no process has open: it gives way in one step.
    virtual Result<> renameOver(const QString &from, const QString &to) = 0;
    virtual Result<> remove(const QString &path) = 0; // NotFound where it is gone
    // The header alone; contents must be equal already.
    virtual Result<> repoint(const QString &overlay, const QString &base, const QString &baseFormat) = 0;
    // Another name for the same file, in the folder `.treewarden` beside it, which is made as needed; gives that name.
    virtual Result<QString> pin(const QString &path) = 0;
    virtual Result<> unpin(const QString &pinned) = 0;
    // qemu-img check: an error names what is wrong; leaks are none.
    virtual Result<> check(const QString &image) = 0;

    // What backups are made of. Owner and readability are those of `like`, an image of the machine.
    // A new, empty qcow2 image of that size; on `base`, a qcow2 image in the same folder, which the header names
    // without the folder so that all can be moved together (empty: on none).
    virtual Result<> createImage(
        const QString & /*path*/, const QString & /*like*/, Bytes /*size*/, const QString & /*base*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    // With the folders above it that are not there. One that is there already stays as it is.
    virtual Result<> makeFolder(const QString & /*path*/, const QString & /*like*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    virtual Result<> removeFolder(const QString & /*path*/)
    {
        return failure(ErrorCode::Unsupported);
    } // Busy: not empty
    // A new small file (Busy where there is one), or one that comes to its name in one step, be there another or none.
    virtual Result<> writeFile(const QString & /*path*/, const QString & /*like*/, const QByteArray & /*contents*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    virtual Result<> replaceFile(const QString & /*path*/, const QString & /*like*/, const QByteArray & /*contents*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    // A file that somebody else has written gets its final name, where none is (Busy), once all of it is on the disk.
    virtual Result<> settle(const QString & /*from*/, const QString & /*to*/)
    {
        return failure(ErrorCode::Unsupported);
    }
};

} // namespace treewarden
