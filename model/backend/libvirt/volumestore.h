// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/backend/imagestore.h"

namespace treewarden {

// The storage volumes of a connection as images: what this user cannot open, and what is on another host. Works over
// any Hypervisor; keeps it alive.
class VolumeStore : public ImageStore
{
public:
    explicit VolumeStore(std::shared_ptr<Hypervisor> hypervisor)
        : m_hypervisor(std::move(hypervisor))
    {
    }

    Result<FileStatus> status(const QString &path) override;
    bool isStatusCheap() const override { return false; }
    // Unsupported: libvirt compares names, and says nothing of what folders are.
    Result<QString> withoutParents(const QString &path) override;
    // Unsupported: the volumes are listed by Hypervisor::volumes().
    Result<QStringList> list(const QString &folder) override;
    // Of the pool whose folder it is.
    Result<FileSystem> fileSystem(const QString &folder) override;
    Result<std::unique_ptr<ByteSource>> open(const QString &path) override;
    // Unsupported: qemu-img does not run on the other side of a connection.
    Result<ImageFacts> describe(const QString &path, const QString &format) override;

private:
    std::shared_ptr<Hypervisor> m_hypervisor;
};

} // namespace treewarden
