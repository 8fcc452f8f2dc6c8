// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/volumestore.h"

#include <QDir>

namespace treewarden {

using namespace Qt::StringLiterals;

Result<FileStatus> VolumeStore::status(const QString &path)
{
    const Result<Volume> volume = m_hypervisor->volume(path);
    if (!volume)
        return failure(volume.error());
    FileStatus status;
    status.id = ImageId(QDir::cleanPath(volume->path));
    status.size = volume->physical;
    status.allocated = volume->allocation;
    status.modifiedNanoseconds = volume->modifiedNanoseconds;
    return status;
}

Result<QStringList> VolumeStore::list(const QString &folder)
{
    return failure(ErrorCode::Unsupported, folder);
}

Result<FileSystem> VolumeStore::fileSystem(const QString &folder)
{
    return m_hypervisor->poolSpace(folder).map([&](Bytes free) {
        return FileSystem{u"pool:"_s + folder, {folder}, free};
    });
}

Result<std::unique_ptr<ByteSource>> VolumeStore::open(const QString &path)
{
    return m_hypervisor->openVolume(path);
}

Result<ImageFacts> VolumeStore::describe(const QString &path, const QString &format)
{
    return failure(ErrorCode::Unsupported, path, format);
}

} // namespace treewarden
