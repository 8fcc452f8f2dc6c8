// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/assessment.h"
#include "model/item/snapshotmodel.h"

#include <memory>

// Machines with snapshots, built by hand.
namespace treewarden::test {

using namespace Qt::StringLiterals;

inline const DomainId machine{QStringLiteral("6f0c2b8e-0000-4000-8000-000000000001")};

struct Sight
{
    std::shared_ptr<const Inventory> inventory;
    std::shared_ptr<const Assessment> assessment;
};

inline Snapshot internal(
    const QString &name, const QString &parent, qint64 created, SnapshotState state = SnapshotState::ShutOff)
{
    Snapshot snapshot;
    snapshot.name = name;
    snapshot.parent = parent;
    snapshot.created = created;
    snapshot.state = state;
    snapshot.memory = state == SnapshotState::Running ? MemoryKind::Internal : MemoryKind::None;
    snapshot.disks.push_back({u"vda"_s, SnapshotDiskKind::Internal, {}, false});
    return snapshot;
}

inline Snapshot external(const QString &name, const QString &parent, qint64 created,
    const QStringList &targets = {u"vda"_s}, bool memory = false)
{
    Snapshot snapshot;
    snapshot.name = name;
    snapshot.parent = parent;
    snapshot.created = created;
    snapshot.state = memory ? SnapshotState::Running : SnapshotState::ShutOff;
    auto definition = std::make_shared<DomainDefinition>();
    for (const QString &target : targets) {
        const auto file = [&](const QString &suffix) {
            return DiskSource{{SourceKind::File, u"/images/%1.%2"_s.arg(target, suffix)}, u"qcow2"_s, {}};
        };
        snapshot.disks.push_back({target, SnapshotDiskKind::External, file(name), false});
        Disk disk;
        disk.target = target;
        disk.source = file(parent.isEmpty() ? u"qcow2"_s : parent);
        definition->disks.push_back(disk);
    }
    snapshot.definition = definition;
    if (memory) {
        snapshot.memory = MemoryKind::External;
        snapshot.memoryFile = u"/images/%1.memory"_s.arg(name);
    }
    return snapshot;
}

inline Image image(const QString &path, Bytes allocated, const QString &backing = {})
{
    Image result;
    result.id = ImageId(path);
    result.location = {SourceKind::File, path};
    result.allocated = allocated;
    if (!backing.isEmpty()) {
        result.backing = ImageId(backing);
        result.backingLocation = {SourceKind::File, backing};
    }
    return result;
}

inline Sight see(std::vector<Snapshot> snapshots, const QString &current, std::vector<Orphan> orphans = {},
    std::vector<Image> images = {})
{
    auto domain = std::make_shared<Domain>();
    domain->uuid = machine;
    domain->name = u"machine"_s;
    domain->state = DomainState::ShutOff;
    domain->snapshots = SnapshotTree(std::move(snapshots), current);
    DomainDefinition definition;
    Disk disk;
    disk.target = u"vda"_s;
    disk.source.location = {SourceKind::File, u"/images/vda.%1"_s.arg(current.isEmpty() ? u"qcow2"_s : current)};
    definition.disks.push_back(disk);
    domain->definition = definition;
    auto inventory = std::make_shared<Inventory>();
    inventory->host.isLocal = true;
    inventory->domains.push_back(domain);
    inventory->images = std::make_shared<ImageGraph>(std::move(images));
    auto assessment = std::make_shared<Assessment>();
    for (Orphan &orphan : orphans)
        orphan.domain = machine;
    assessment->orphans = std::move(orphans);
    return {inventory, assessment};
}

inline Sight seeUnknown(const Fact<SnapshotTree> &snapshots)
{
    auto domain = std::make_shared<Domain>();
    domain->uuid = machine;
    domain->snapshots = snapshots;
    auto inventory = std::make_shared<Inventory>();
    inventory->domains.push_back(domain);
    return {inventory, std::make_shared<Assessment>()};
}

// The mixed tree of virt-manager issue 811, with a tag and an overlay that libvirt does not know.
inline Sight seeMixed(qint64 now)
{
    constexpr qint64 Day = 24 * 3600;
    std::vector<Snapshot> snapshots{internal(u"clean-install"_s, {}, now - 12 * Day),
        internal(u"drivers"_s, u"clean-install"_s, now - 11 * Day, SnapshotState::Running),
        internal(u"updates-june"_s, u"clean-install"_s, now - 6 * Day),
        external(u"before-upgrade"_s, u"updates-june"_s, now - 2 * Day),
        external(u"after-upgrade"_s, u"before-upgrade"_s, now - 2 * Day + 3600, {u"vda"_s}, true)};
    std::vector<Orphan> orphans{
        {OrphanKind::Overlay, {}, u"/images/disk.1719650000"_s, u"disk.1719650000"_s, 740 * MiB, now - 29 * Day},
        {OrphanKind::Tag, {}, u"/images/disk.qcow2"_s, u"try-nvidia"_s, 190 * MiB, now - 30 * Day}};
    return see(std::move(snapshots), u"updates-june"_s, std::move(orphans),
        {image(u"/images/vda.before-upgrade"_s, 900 * MiB),
            image(u"/images/vda.after-upgrade"_s, Bytes(2.3 * double(GiB)))});
}

inline Sight seeChain(int length, qint64 now)
{
    std::vector<Snapshot> snapshots;
    for (int i = 0; i < length; ++i)
        snapshots.push_back(
            internal(u"daily-%1"_s.arg(i + 1), i ? u"daily-%1"_s.arg(i) : QString(), now - (length - i) * 86400));
    return see(std::move(snapshots), u"daily-%1"_s.arg(length));
}

} // namespace treewarden::test
