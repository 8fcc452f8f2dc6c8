// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/backend/imageeditor.h"

namespace treewarden {

// What a client that cannot open the host's files can still do with them: storage volumes are made and removed by the
// daemon. Works over any Hypervisor; keeps it alive.
class VolumeEditor : public ImageEditor
{
public:
    explicit VolumeEditor(std::shared_ptr<Hypervisor> hypervisor)
        : m_hypervisor(std::move(hypervisor))
    {
    }

    Result<> createOverlay(const QString &path, const QString &base, const QString &baseFormat) override;
    Result<> remove(const QString &path) override;

    // All of these: Unsupported.
    Result<> extractTag(const QString &path, const QString &image, const QString &tag, bool withMemory,
        const EditProgress &progress) override;
    Result<> commit(const QString &top, const QString &base, const EditProgress &progress) override;
    Result<> compare(const QString &top, const QString &base, const EditProgress &progress) override;
    Result<> addTag(const QString &image, const QString &tag) override;
    Result<> removeTag(const QString &image, const QString &tag) override;
    Result<> copy(const QString &path, const QString &from, const EditProgress &progress) override;
    Result<> copyInUse(const QString &path, const QString &from) override;
    Result<> copyOver(const QString &path, const QString &from) override;
    Result<bool> holdSame(const QString &one, const QString &other) override;
    Result<> rename(const QString &from, const QString &to) override;
    Result<> renameOver(const QString &from, const QString &to) override;
    Result<> repoint(const QString &overlay, const QString &base, const QString &baseFormat) override;
    Result<QString> pin(const QString &path) override;
    Result<> unpin(const QString &pinned) override;
    Result<> check(const QString &image) override;

private:
    std::shared_ptr<Hypervisor> m_hypervisor;
};

} // namespace treewarden
