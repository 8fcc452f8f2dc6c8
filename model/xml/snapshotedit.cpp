// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/snapshotedit.h"

#include "model/xml/domaintree.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

template <typename Change>
Result<QByteArray> changed(const QByteArray &snapshot, Change change)
{
    Result<XmlNode> root = readTree(snapshot, u"domainsnapshot");
    if (!root)
        return failure(root.error());
    if (const Result<> done = change(*root); !done)
        return failure(done.error());
    return writeTree(*root);
}

XmlNode *diskOf(XmlNode &snapshot, QStringView target)
{
    XmlNode *disks = snapshot.child(u"disks");
    if (!disks)
        return nullptr;
    for (XmlNode &disk : disks->children) {
        if (disk.name == "disk"_L1 && disk.attribute(u"name") == target)
            return &disk;
    }
    return nullptr;
}

Result<> pointFrozen(XmlNode &snapshot, const std::vector<DiskPath> &disks)
{
    QStringList found;
    for (XmlNode &node : snapshot.children) {
        if (node.name == "domain"_L1 || node.name == "inactiveDomain"_L1)
            found += pointDisks(node, disks);
    }
    return requireAll(disks, found);
}

void excludeAll(XmlNode &snapshot)
{
    for (XmlNode &disk : snapshot.ensure(u"disks"_s).children) {
        if (!disk.isElement())
            continue;
        disk.children.clear();
        disk.removeAttribute(u"type");
        disk.setAttribute(u"snapshot"_s, u"no"_s);
    }
}

XmlNode &ensureDisk(XmlNode &snapshot, const QString &target)
{
    if (XmlNode *disk = diskOf(snapshot, target))
        return *disk;
    XmlNode &disk = snapshot.ensure(u"disks"_s).append(u"disk"_s);
    disk.setAttribute(u"name"_s, target);
    return disk;
}

void makeExternal(XmlNode &disk, const QString &overlay, const QString &format)
{
    disk.children.clear();
    disk.setAttribute(u"snapshot"_s, u"external"_s);
    disk.append(u"driver"_s).setAttribute(u"type"_s, format);
    pointSource(disk, overlay);
}

QString memoryWord(MemoryKind kind)
{
    switch (kind) {
    case MemoryKind::None:
        break;
    case MemoryKind::Internal:
        return u"internal"_s;
    case MemoryKind::External:
        return u"external"_s;
    }
    return u"no"_s;
}

Result<QByteArray> domainOf(const QByteArray &snapshot, const QStringList &elements)
{
    Result<XmlNode> root = readTree(snapshot, u"domainsnapshot");
    if (!root)
        return failure(root.error());
    for (const QString &element : elements) {
        // libvirt before 0.9.5 recorded the UUID alone.
        XmlNode *domain = root->child(element);
        if (!domain || !domain->child(u"devices"))
            continue;
        domain->name = u"domain"_s;
        dropLiveParts(*domain);
        return writeTree(*domain);
    }
    return failure(ErrorCode::NotFound, u"domain"_s);
}

} // namespace

Result<QByteArray> withSnapshotName(const QByteArray &snapshot, const QString &name)
{
    return changed(snapshot, [&](XmlNode &root) -> Result<> {
        root.ensure(u"name"_s).setInnerText(name);
        return {};
    });
}

Result<QByteArray> withSnapshotDescription(const QByteArray &snapshot, const QString &description)
{
    return changed(snapshot, [&](XmlNode &root) -> Result<> {
        if (description.isEmpty())
            root.removeChildren(u"description");
        else
            root.ensure(u"description"_s).setInnerText(description);
        return {};
    });
}

Result<QByteArray> withSnapshotParent(const QByteArray &snapshot, const QString &parent)
{
    return changed(snapshot, [&](XmlNode &root) -> Result<> {
        if (parent.isEmpty())
            root.removeChildren(u"parent");
        else
            root.ensure(u"parent"_s).ensure(u"name"_s).setInnerText(parent);
        return {};
    });
}

Result<QByteArray> withFrozenSources(const QByteArray &snapshot, const std::vector<DiskPath> &disks)
{
    return changed(snapshot, [&](XmlNode &root) { return pointFrozen(root, disks); });
}

Result<QByteArray> withOverlays(const QByteArray &snapshot, const std::vector<DiskPath> &disks)
{
    return changed(snapshot, [&](XmlNode &root) -> Result<> {
        for (const DiskPath &wanted : disks) {
            XmlNode *disk = diskOf(root, wanted.target);
            if (!disk)
                return failure(ErrorCode::NotFound, wanted.target);
            const XmlNode *driver = disk->child(u"driver");
            const QString before = driver ? driver->attribute(u"type") : QString();
            makeExternal(*disk, wanted.path,
                !wanted.format.isEmpty() ? wanted.format
                    : before.isEmpty()   ? u"qcow2"_s
                                         : before);
        }
        return {};
    });
}

Result<QByteArray> asExternalSnapshot(
    const QByteArray &snapshot, const std::vector<FrozenDisk> &disks, const QString &memoryFile)
{
    return changed(snapshot, [&](XmlNode &root) -> Result<> {
        std::vector<DiskPath> frozen;
        for (const FrozenDisk &disk : disks)
            frozen.push_back({disk.target, disk.frozen, disk.format});
        if (const Result<> done = pointFrozen(root, frozen); !done)
            return done;

        excludeAll(root);
        for (const FrozenDisk &wanted : disks)
            makeExternal(ensureDisk(root, wanted.target), wanted.overlay, wanted.format);

        XmlNode &memory = root.ensure(u"memory"_s);
        memory.attributes.clear();
        memory.setAttribute(u"snapshot"_s, memoryFile.isEmpty() ? u"no"_s : u"external"_s);
        if (!memoryFile.isEmpty())
            memory.setAttribute(u"file"_s, memoryFile);
        XmlNode &state = root.ensure(u"state"_s);
        if (memoryFile.isEmpty() && state.innerText().trimmed() != "shutoff"_L1)
            state.setInnerText(u"disk-snapshot"_s);
        return {};
    });
}

Result<QByteArray> asInternalSnapshot(const QByteArray &snapshot, const std::vector<DiskPath> &disks)
{
    return changed(snapshot, [&](XmlNode &root) -> Result<> {
        if (const Result<> done = pointFrozen(root, disks); !done)
            return done;
        excludeAll(root);
        for (const DiskPath &wanted : disks)
            ensureDisk(root, wanted.target).setAttribute(u"snapshot"_s, u"internal"_s);
        root.removeChildren(u"revertDisks");
        XmlNode &memory = root.ensure(u"memory"_s);
        memory.attributes.clear();
        memory.setAttribute(u"snapshot"_s, u"no"_s);
        root.ensure(u"state"_s).setInnerText(u"shutoff"_s);
        return {};
    });
}

Result<QByteArray> definitionThen(const QByteArray &snapshot)
{
    return domainOf(snapshot, {u"inactiveDomain"_s, u"domain"_s});
}

Result<QByteArray> liveDefinitionThen(const QByteArray &snapshot)
{
    return domainOf(snapshot, {u"domain"_s});
}

Result<QByteArray> newSnapshotXml(const NewSnapshot &snapshot)
{
    XmlNode root;
    root.name = u"domainsnapshot"_s;
    root.append(u"name"_s).setInnerText(snapshot.name);
    if (!snapshot.description.isEmpty())
        root.append(u"description"_s).setInnerText(snapshot.description);
    XmlNode &memory = root.append(u"memory"_s);
    memory.setAttribute(u"snapshot"_s, memoryWord(snapshot.memory));
    if (snapshot.memory == MemoryKind::External)
        memory.setAttribute(u"file"_s, snapshot.memoryFile);
    XmlNode &disks = root.append(u"disks"_s);
    const auto add = [&disks](const QString &target, const QString &kind) -> XmlNode & {
        XmlNode &disk = disks.append(u"disk"_s);
        disk.setAttribute(u"name"_s, target);
        disk.setAttribute(u"snapshot"_s, kind);
        return disk;
    };
    for (const NewSnapshot::Disk &each : snapshot.disks) {
        XmlNode &disk = add(each.target, each.isExternal ? u"external"_s : u"internal"_s);
        if (each.isExternal && !each.overlay.isEmpty())
            makeExternal(disk, each.overlay, u"qcow2"_s);
    }
    for (const QString &target : snapshot.excluded)
        add(target, u"no"_s);
    return writeTree(root);
}

} // namespace treewarden
