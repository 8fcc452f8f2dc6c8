// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/volumeeditor.h"

namespace treewarden {

Result<> VolumeEditor::createOverlay(const QString &path, const QString &base, const QString &baseFormat)
{
    return m_hypervisor->createVolume(path, base, baseFormat);
}

Result<> VolumeEditor::remove(const QString &path)
{
    return m_hypervisor->removeVolume(path);
}

Result<> VolumeEditor::extractTag(const QString &path, const QString &, const QString &, bool, const EditProgress &)
{
    return failure(ErrorCode::Unsupported, path);
}

Result<> VolumeEditor::commit(const QString &top, const QString &, const EditProgress &)
{
    return failure(ErrorCode::Unsupported, top);
}

Result<> VolumeEditor::compare(const QString &top, const QString &, const EditProgress &)
{
    return failure(ErrorCode::Unsupported, top);
}

Result<> VolumeEditor::addTag(const QString &image, const QString &)
{
    return failure(ErrorCode::Unsupported, image);
}

Result<> VolumeEditor::removeTag(const QString &image, const QString &)
{
    return failure(ErrorCode::Unsupported, image);
}

Result<> VolumeEditor::copy(const QString &path, const QString &, const EditProgress &)
{
    return failure(ErrorCode::Unsupported, path);
}

Result<> VolumeEditor::copyInUse(const QString &path, const QString &)
{
    return failure(ErrorCode::Unsupported, path);
}

Result<> VolumeEditor::copyOver(const QString &path, const QString &)
{
    return failure(ErrorCode::Unsupported, path);
}

Result<bool> VolumeEditor::holdSame(const QString &one, const QString &)
{
    return failure(ErrorCode::Unsupported, one);
}

Result<> VolumeEditor::rename(const QString &from, const QString &)
{
    return failure(ErrorCode::Unsupported, from);
}

Result<> VolumeEditor::renameOver(const QString &from, const QString &)
{
    return failure(ErrorCode::Unsupported, from);
}

Result<> VolumeEditor::repoint(const QString &overlay, const QString &, const QString &)
{
    return failure(ErrorCode::Unsupported, overlay);
}

Result<QString> VolumeEditor::pin(const QString &path)
{
    return failure(ErrorCode::Unsupported, path);
}

Result<> VolumeEditor::unpin(const QString &pinned)
{
    return failure(ErrorCode::Unsupported, pinned);
}

Result<> VolumeEditor::check(const QString &image)
{
    return failure(ErrorCode::Unsupported, image);
}

} // namespace treewarden
