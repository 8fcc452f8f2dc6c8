// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/domainedit.h"

#include "model/xml/domaintree.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

void dropLabels(XmlNode &domain)
{
    for (XmlNode &node : domain.children) {
        if (node.name != "seclabel"_L1 || node.attribute(u"type") == "static"_L1)
            continue;
        node.removeChildren(u"label");
        node.removeChildren(u"imagelabel");
    }
}

// libvirt's own names of devices; those that a user gave begin otherwise and stay.
void dropAlias(XmlNode &device)
{
    const XmlNode *alias = device.child(u"alias");
    if (alias && !alias->attribute(u"name").startsWith("ua-"_L1))
        device.removeChildren(u"alias");
}

// Treewarden's element, whatever prefix it was written with. The prefix is declared on the element itself, where
// libvirt puts it.
bool isOurs(const XmlNode &node)
{
    const QString prefix = node.name.section(u':', 0, -2);
    const QString declaration = prefix.isEmpty() ? u"xmlns"_s : u"xmlns:"_s + prefix;
    return node.isElement() && node.attribute(declaration) == MetadataUri;
}

} // namespace

QStringList pointDisks(XmlNode &domain, const std::vector<DiskPath> &disks)
{
    QStringList found;
    XmlNode *devices = domain.child(u"devices");
    if (!devices)
        return found;
    for (XmlNode &disk : devices->children) {
        const XmlNode *target = disk.name == "disk"_L1 ? disk.child(u"target") : nullptr;
        if (!target)
            continue;
        for (const DiskPath &wanted : disks) {
            if (wanted.target != target->attribute(u"dev"))
                continue;
            pointSource(disk, wanted.path);
            if (!wanted.format.isEmpty()) {
                XmlNode &driver = disk.ensure(u"driver"_s);
                if (driver.attribute(u"name").isEmpty())
                    driver.setAttribute(u"name"_s, u"qemu"_s);
                driver.setAttribute(u"type"_s, wanted.format);
            }
            disk.removeChildren(u"backingStore");
            disk.removeChildren(u"mirror");
            found += wanted.target;
        }
    }
    return found;
}

void pointSource(XmlNode &disk, const QString &path)
{
    XmlNode &source = disk.ensure(u"source"_s);
    // Of another kind of source only what guards the file may stay.
    const QString type = disk.attribute(u"type");
    if (type != "file"_L1 && !type.isEmpty()) {
        source.attributes.clear();
        std::erase_if(source.children, [](const XmlNode &child) { return child.name != "seclabel"_L1; });
    }
    disk.setAttribute(u"type"_s, u"file"_s);
    source.setAttribute(u"file"_s, path);
    source.removeAttribute(u"index");
    source.removeChildren(u"dataStore");
}

void dropLiveParts(XmlNode &domain)
{
    domain.removeAttribute(u"id");
    dropLabels(domain);
    XmlNode *devices = domain.child(u"devices");
    if (!devices)
        return;
    for (XmlNode &device : devices->children) {
        dropAlias(device);
        if (device.name != "disk"_L1)
            continue;
        device.removeChildren(u"backingStore");
        device.removeChildren(u"mirror");
        if (XmlNode *source = device.child(u"source"))
            source->removeAttribute(u"index");
    }
}

Result<> requireAll(const std::vector<DiskPath> &disks, const QStringList &found)
{
    for (const DiskPath &disk : disks) {
        if (!found.contains(disk.target))
            return failure(ErrorCode::NotFound, disk.target);
    }
    return {};
}

Result<QByteArray> withDiskSources(const QByteArray &domain, const std::vector<DiskPath> &disks)
{
    Result<XmlNode> root = readTree(domain, u"domain");
    if (!root)
        return failure(root.error());
    if (const Result<> all = requireAll(disks, pointDisks(*root, disks)); !all)
        return failure(all.error());
    return writeTree(*root);
}

Result<QByteArray> withoutLiveParts(const QByteArray &domain)
{
    Result<XmlNode> root = readTree(domain, u"domain");
    if (!root)
        return failure(root.error());
    dropLiveParts(*root);
    return writeTree(*root);
}

QByteArray policyElement(SnapshotPolicy policy)
{
    if (policy == SnapshotPolicy::Ask)
        return {};
    return "<snapshots policy='" + policyName(policy).toUtf8() + "'/>";
}

QString policyName(SnapshotPolicy policy)
{
    switch (policy) {
    case SnapshotPolicy::Ask:
        break;
    case SnapshotPolicy::Internal:
        return u"internal"_s;
    case SnapshotPolicy::External:
        return u"external"_s;
    }
    return u"ask"_s;
}

Result<SnapshotPolicy> policyFromName(QStringView name)
{
    for (const SnapshotPolicy policy : {SnapshotPolicy::Ask, SnapshotPolicy::Internal, SnapshotPolicy::External}) {
        if (name == policyName(policy))
            return policy;
    }
    return failure(ErrorCode::Malformed, name.toString());
}

Result<QByteArray> withPolicy(const QByteArray &domain, SnapshotPolicy policy)
{
    Result<XmlNode> root = readTree(domain, u"domain");
    if (!root)
        return failure(root.error());
    if (XmlNode *metadata = root->child(u"metadata")) {
        std::erase_if(metadata->children, isOurs);
        if (!metadata->hasElements())
            root->removeChildren(u"metadata");
    }
    if (policy != SnapshotPolicy::Ask) {
        XmlNode &element = root->ensure(u"metadata"_s).append(MetadataKey + u":snapshots");
        element.setAttribute(u"xmlns:"_s + MetadataKey, MetadataUri);
        element.setAttribute(u"policy"_s, policyName(policy));
    }
    return writeTree(*root);
}

} // namespace treewarden
