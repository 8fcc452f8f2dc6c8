// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytesource.h"
#include "model/domain/inventory.h"

#include <QStringList>

#include <memory>

namespace treewarden {

// What tells whether a file is still the one that was read.
struct FileStatus
{
    ImageId id;
    Bytes size = 0;
    Bytes allocated = 0;
    qint64 modifiedNanoseconds = 0; // since 1970
    bool isLink = false; // the path is a symbolic link; all else is of the file that it leads to

    bool operator==(const FileStatus &) const = default;
};

// Where images can be looked at. Blocking: worker threads only. Paths are absolute paths of the host.
// NotFound means: certainly not there. PermissionDenied: there may be something.
class ImageStore
{
public:
    virtual ~ImageStore() = default;

    virtual Result<FileStatus> status(const QString &path) = 0;
    // Whether status() takes microseconds, so that polling may ask it of every image.
    virtual bool isStatusCheap() const = 0;
    // The path without "..", which leads upwards from where a folder really is: below a symbolic link not to where the
    // text seems to say. NotFound: a folder on the way is not there. Unsupported where folders cannot be looked at.
    virtual Result<QString> withoutParents(const QString &path) = 0;
    // The absolute paths of the files in a folder; Unsupported where folders cannot be listed.
    virtual Result<QStringList> list(const QString &folder) = 0;
    // The same of the folders in it.
    virtual Result<QStringList> folders(const QString &folder) { return failure(ErrorCode::Unsupported, folder); }
    // The file system of a folder, with the space that is free for whom this program runs as.
    virtual Result<FileSystem> fileSystem(const QString &folder) = 0;
    virtual Result<std::unique_ptr<ByteSource>> open(const QString &path) = 0;
    // Metadata of a format that Treewarden does not read itself. Never follows a backing name.
    virtual Result<ImageFacts> describe(const QString &path, const QString &format) = 0;
};

} // namespace treewarden
