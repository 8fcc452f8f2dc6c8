// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/snapshotfiles.h"

namespace treewarden {

namespace {

class Files
{
public:
    void add(FileRole role, const QString &target, const ImageLocation &location)
    {
        if (!location.isEmpty())
            m_files.push_back({role, target, location});
    }
    std::vector<SnapshotFile> take() { return std::move(m_files); }

private:
    std::vector<SnapshotFile> m_files;
};

} // namespace

std::vector<SnapshotFile> filesOf(const Domain &domain, const SnapshotItem &item)
{
    Files files;
    switch (item.kind) {
    case RowKind::Snapshot: {
        const int node = domain.snapshots.isKnown() ? domain.snapshots->find(item.name) : -1;
        if (node < 0)
            break;
        const Snapshot &snapshot = domain.snapshots->at(node);
        for (const SnapshotDisk &disk : snapshot.disks) {
            if (disk.kind == SnapshotDiskKind::External) {
                files.add(FileRole::Frozen, disk.target, snapshot.frozen(disk.target).location);
                files.add(FileRole::After, disk.target, disk.overlay.location);
            } else if (disk.kind == SnapshotDiskKind::Internal) {
                files.add(FileRole::Tag, disk.target, snapshot.frozen(disk.target).location);
            }
        }
        if (snapshot.memory == MemoryKind::External)
            files.add(FileRole::Memory, {}, {SourceKind::File, snapshot.memoryFile});
        break;
    }
    case RowKind::Here:
        if (domain.definition.isKnown()) {
            for (const Disk &disk : domain.definition->disks) {
                if (disk.device == DiskDevice::Disk || disk.device == DiskDevice::Lun)
                    files.add(FileRole::Active, disk.target, disk.source.location);
            }
        }
        break;
    case RowKind::Orphan:
        files.add(FileRole::Orphan, {}, {SourceKind::File, item.path});
        break;
    }
    return files.take();
}

} // namespace treewarden
