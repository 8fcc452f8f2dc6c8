// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/volumestore.h"

#include <QDir>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// Text alone does not tell where ".." leads.
bool hasParents(const QString &path)
{
    return path.contains("/../"_L1);
}

} // namespace

Result<FileStatus> VolumeStore::status(const QString &path)
{
    // No pool would have it by this name, which is not to say that nobody may look at it.
    if (hasParents(path))
        return failure(ErrorCode::Unsupported, path, u"where \"..\" leads is not known"_s);
    const Result<Volume> volume = m_hypervisor->volume(path);
    if (!volume)
        return failure(volume.error());
    FileStatus status;
    status.id = ImageId(hasParents(volume->path) ? volume->path : QDir::cleanPath(volume->path));
    status.size = volume->physical;
    status.allocated = volume->allocation;
    status.modifiedNanoseconds = volume->modifiedNanoseconds;
    return status;
}

Result<QString> VolumeStore::withoutParents(const QString &path)
{
    return failure(ErrorCode::Unsupported, path);
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
