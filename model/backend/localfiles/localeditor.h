// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/imageeditor.h"

namespace treewarden {

// Images of this computer, by qemu-img and the file system. No format is ever probed: qcow2 is what Treewarden makes
// and changes (Unsupported where an image is encrypted or keeps its data in another file), and an image whose chain
// does not say a layer's format is refused (Malformed), because QEMU would guess it. Stateless. Keeps nothing from
// changing between two calls; whoever calls has looked.
class LocalEditor : public ImageEditor
{
public:
    Result<> createOverlay(const QString &path, const QString &base, const QString &baseFormat) override;
    Result<> extractTag(const QString &path, const QString &image, const QString &tag, bool withMemory,
        const EditProgress &progress) override;
    Result<> commit(const QString &top, const QString &base, const EditProgress &progress) override;
    Result<> compare(const QString &top, const QString &base, const EditProgress &progress) override;
    Result<> addTag(const QString &image, const QString &tag) override; // Busy where there is one of that name
    // Malformed where the name stands for two tags, or is another tag's number: qemu-img might take the wrong one.
    Result<> removeTag(const QString &image, const QString &tag) override;
    Result<> copy(const QString &path, const QString &from, const EditProgress &progress) override;
    Result<> copyInUse(const QString &path, const QString &from) override;
    Result<> copyOver(const QString &path, const QString &from) override;
    Result<bool> holdSame(const QString &one, const QString &other) override;
    // All Unsupported where the name is a symbolic link: the file that it leads to would stay.
    Result<> rename(const QString &from, const QString &to) override;
    Result<> renameOver(const QString &from, const QString &to) override;
    Result<> remove(const QString &path) override;
    Result<> repoint(const QString &overlay, const QString &base, const QString &baseFormat) override;
    // Unsupported where the file can have no second name: the file system knows none, or whoever owns it forbids it.
    Result<QString> pin(const QString &path) override;
    Result<> unpin(const QString &pinned) override;
    // Of a qcow2 image, with its chain. Of another file only that it can be read.
    Result<> check(const QString &image) override;
    // backupfiles.cpp
    Result<> createImage(const QString &path, const QString &like, Bytes size, const QString &base) override;
    Result<> makeFolder(const QString &path, const QString &like) override;
    Result<> removeFolder(const QString &path) override;
    Result<> writeFile(const QString &path, const QString &like, const QByteArray &contents) override;
    Result<> replaceFile(const QString &path, const QString &like, const QByteArray &contents) override;
    Result<> settle(const QString &from, const QString &to) override;
};

} // namespace treewarden
