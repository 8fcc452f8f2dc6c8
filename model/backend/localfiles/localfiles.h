// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/imagestore.h"

namespace treewarden {

// Whether a file system takes hard links, by its number in linux/magic.h. Not read: it depends on more than that.
Fact<bool> takesLinks(quint32 fileSystem);

// The files and block devices of this computer, as this user may see them. Stateless.
class LocalFiles : public ImageStore
{
public:
    Result<FileStatus> status(const QString &path) override;
    bool isStatusCheap() const override { return true; }
    Result<QString> withoutParents(const QString &path) override;
    Result<QStringList> list(const QString &folder) override;
    Result<QStringList> folders(const QString &folder) override;
    Result<FileSystem> fileSystem(const QString &folder) override;
    Result<std::unique_ptr<ByteSource>> open(const QString &path) override;
    // "raw" from the file's length alone; others by `qemu-img info -f FORMAT`, as far as that opens this one file only.
    Result<ImageFacts> describe(const QString &path, const QString &format) override;
};

} // namespace treewarden
