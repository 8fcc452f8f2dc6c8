// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte picks the editor, the rest is the document. What was edited can be read again and says what it was
// told to say, all else is as it was, and there is nothing left for the same edit to do.
#include "model/xml/domainxml.h"
#include "model/xml/snapshotedit.h"
#include "model/xml/snapshotxml.h"
#include "model/xml/xmltree.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

using Edit = std::function<Result<QByteArray>(const QByteArray &)>;
using Drop = std::function<void(XmlNode &)>;

const QString Word = u"<a> & \"b\"\n'c' \u00e9\U0001f5a5"_s;
const QString Path = u"/images/<new> & \"other\".qcow2"_s;
const DiskSource Source{{SourceKind::File, Path}, u"qcow2"_s, {}};

void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

void dropWhiteSpace(XmlNode &node)
{
    node.text.removeIf([](QChar letter) { return letter.isSpace(); });
    for (XmlNode &child : node.children)
        dropWhiteSpace(child);
}

// The document without what an edit is for, and without white space between elements.
QByteArray rest(const QByteArray &document, QStringView root, const Drop &drop)
{
    Result<XmlNode> tree = readTree(document, root);
    require(tree.has_value());
    drop(*tree);
    dropWhiteSpace(*tree);
    const Result<QByteArray> written = writeTree(*tree);
    require(written.has_value());
    return *written;
}

// The document after the edit; nothing where it was refused.
std::optional<QByteArray> edited(const QByteArray &document, QStringView root, const Edit &edit, const Drop &drop)
{
    const Result<QByteArray> once = edit(document);
    if (!once)
        return {};
    const Result<QByteArray> twice = edit(*once);
    const auto nothing = [](XmlNode &) {};
    require(twice && rest(*twice, root, nothing) == rest(*once, root, nothing));
    require(rest(document, root, drop) == rest(*once, root, drop));
    return *once;
}

// Where an element is there twice, or has a prefix, readers and editors may mean different ones. libvirt writes
// neither.
bool isAmbiguous(const XmlNode &node)
{
    static const QStringList once{
        u"domainsnapshot"_s, u"domain"_s, u"inactiveDomain"_s, u"parent"_s, u"disk"_s, u"source"_s};
    QStringList names;
    for (const XmlNode &child : node.children) {
        if (!child.isElement() || child.name == u"seclabel" || node.name == u"metadata")
            continue;
        if (child.name.contains(u':') || (once.contains(node.name) && names.contains(child.name)) || isAmbiguous(child))
            return true;
        names += child.name;
    }
    return false;
}

QStringList targetsOf(const DomainDefinition &definition)
{
    QStringList targets;
    for (const Disk &disk : definition.disks) {
        if (!disk.target.isEmpty() && !targets.contains(disk.target))
            targets += disk.target;
    }
    return targets;
}

std::vector<DiskPath> pathsFor(const QStringList &targets)
{
    std::vector<DiskPath> disks;
    for (const QString &target : targets)
        disks.push_back({target, Path, u"qcow2"_s});
    return disks;
}

void dropDisks(XmlNode &domain, const QStringList &targets)
{
    XmlNode *devices = domain.child(u"devices");
    if (!devices)
        return;
    std::erase_if(devices->children, [&](const XmlNode &device) {
        const XmlNode *target = device.name == u"disk" ? device.child(u"target") : nullptr;
        return target && targets.contains(target->attribute(u"dev"));
    });
}

// A definition without what only a running machine has.
DomainDefinition atRest(DomainDefinition definition)
{
    for (Disk &disk : definition.disks) {
        if (!disk.alias.startsWith(u"ua-"))
            disk.alias.clear();
        disk.backingChain.clear();
        disk.backingChainComplete = false;
        disk.mirror.reset();
        disk.encrypted = false; // of whichever layer
    }
    return definition;
}

// The same with the new files.
DomainDefinition pointed(DomainDefinition definition)
{
    for (Disk &disk : definition.disks) {
        if (disk.target.isEmpty())
            continue;
        const SourceKind kind = disk.source.location.kind;
        definition.hostDevices -= kind == SourceKind::VhostUser || kind == SourceKind::VhostVdpa;
        disk.source = Source;
    }
    return atRest(std::move(definition));
}

void editDomain(uint8_t editor, const QByteArray &document)
{
    const Result<DomainDefinition> before = readDomain(document);
    const Result<XmlNode> tree = readTree(document, u"domain");
    if (!before || !tree)
        return;
    const QStringList targets = targetsOf(*before);
    DomainDefinition expected;
    Edit edit;
    Drop drop;
    switch (editor) {
    case 0:
        edit = [&](const QByteArray &each) { return withDiskSources(each, pathsFor(targets)); };
        drop = [&](XmlNode &domain) { dropDisks(domain, targets); };
        expected = pointed(*before);
        break;
    case 1:
        edit = withoutLiveParts;
        drop = [](XmlNode &domain) {
            domain.removeAttribute(u"id");
            domain.removeChildren(u"seclabel");
            domain.removeChildren(u"devices");
        };
        expected = atRest(*before);
        break;
    default:
        edit = [](const QByteArray &each) { return withPolicy(each, SnapshotPolicy::External); };
        drop = [](XmlNode &domain) { domain.removeChildren(u"metadata"); };
        expected = atRest(*before);
        expected.policy = SnapshotPolicy::External;
    }
    if (const auto after = edited(document, u"domain", edit, drop)) {
        const Result<DomainDefinition> is = readDomain(*after);
        require(is && (isAmbiguous(*tree) || atRest(*is) == expected));
    }
}

bool haveEqual(const Snapshot &one, const Snapshot &other)
{
    return one.name == other.name && one.parent == other.parent && one.description == other.description
        && one.created == other.created && one.state == other.state && one.memory == other.memory
        && one.memoryFile == other.memoryFile && one.disks == other.disks && one.revertDisks == other.revertDisks
        && !one.definition == !other.definition
        && (!one.definition || atRest(*one.definition) == atRest(*other.definition));
}

// Its disks when these become of one kind and all others are left out.
std::vector<SnapshotDisk> allOfKind(std::vector<SnapshotDisk> disks, QStringList targets, const SnapshotDisk &kind)
{
    for (SnapshotDisk &disk : disks) {
        const QString target = disk.target;
        disk = targets.removeAll(target) ? kind : SnapshotDisk();
        disk.target = target;
    }
    for (const QString &target : targets) {
        disks.push_back(kind);
        disks.back().target = target;
    }
    return disks;
}

void editSnapshot(uint8_t editor, const QByteArray &document)
{
    const Result<Snapshot> before = readSnapshot(document);
    const Result<XmlNode> tree = readTree(document, u"domainsnapshot");
    if (!before || !tree)
        return;
    QStringList named;
    for (const SnapshotDisk &disk : before->disks)
        named += disk.target;
    if (named.removeDuplicates() > 0)
        return;
    const QStringList targets = before->definition ? targetsOf(*before->definition) : QStringList();
    const auto dropFrozen = [&](XmlNode &root) {
        for (XmlNode &node : root.children) {
            if (node.name == u"domain" || node.name == u"inactiveDomain")
                dropDisks(node, targets);
        }
    };
    const auto dropKind = [&](XmlNode &root) {
        dropFrozen(root);
        for (const QStringView part : {u"disks", u"revertDisks", u"memory", u"state"})
            root.removeChildren(part);
    };
    Snapshot expected = *before;
    Edit edit;
    Drop drop;
    switch (editor) {
    case 0:
        edit = [](const QByteArray &each) { return withSnapshotName(each, Word); };
        drop = [](XmlNode &root) { root.removeChildren(u"name"); };
        expected.name = Word;
        break;
    case 1:
        edit = [](const QByteArray &each) { return withSnapshotDescription(each, Word); };
        drop = [](XmlNode &root) { root.removeChildren(u"description"); };
        expected.description = Word;
        break;
    case 2:
        edit = [](const QByteArray &each) { return withSnapshotParent(each, Word); };
        drop = [](XmlNode &root) { root.removeChildren(u"parent"); };
        expected.parent = Word;
        break;
    case 3:
        edit = [&](const QByteArray &each) { return withFrozenSources(each, pathsFor(targets)); };
        drop = dropFrozen;
        break;
    case 4:
        edit = [&](const QByteArray &each) { return withOverlays(each, pathsFor(named)); };
        drop = [](XmlNode &root) { root.removeChildren(u"disks"); };
        expected.disks = allOfKind(expected.disks, named, {{}, SnapshotDiskKind::External, Source});
        break;
    case 5:
        edit = [&](const QByteArray &each) {
            std::vector<FrozenDisk> disks;
            for (const QString &target : targets)
                disks.push_back({target, Path, Path});
            return asExternalSnapshot(each, disks, Path);
        };
        drop = dropKind;
        expected.disks = allOfKind(expected.disks, targets, {{}, SnapshotDiskKind::External, Source});
        expected.memory = MemoryKind::External;
        expected.memoryFile = Path;
        break;
    default:
        edit = [&](const QByteArray &each) { return asInternalSnapshot(each, pathsFor(targets)); };
        drop = dropKind;
        expected.disks = allOfKind(expected.disks, targets, {{}, SnapshotDiskKind::Internal, {}});
        expected.revertDisks.clear();
        expected.memory = MemoryKind::None;
        expected.memoryFile.clear();
        expected.state = SnapshotState::ShutOff;
    }
    if (expected.definition && (editor == 3 || editor > 4))
        expected.definition = std::make_shared<const DomainDefinition>(pointed(*before->definition));
    if (const auto after = edited(document, u"domainsnapshot", edit, drop)) {
        const Result<Snapshot> is = readSnapshot(*after);
        require(is && (isAmbiguous(*tree) || haveEqual(*is, expected)));
    }
}

// What a snapshot remembers of its machine, as a document of its own.
void takeDefinition(const QByteArray &document)
{
    const Result<Snapshot> snapshot = readSnapshot(document);
    const Result<XmlNode> tree = readTree(document, u"domainsnapshot");
    if (!snapshot || !tree)
        return;
    (void)definitionThen(document);
    const Result<QByteArray> taken = liveDefinitionThen(document);
    if (!taken || !snapshot->definition || isAmbiguous(*tree) || !tree->attributes.empty())
        return;
    const Result<DomainDefinition> is = readDomain(*taken);
    require(is && atRest(*is) == atRest(*snapshot->definition));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const QByteArray document(reinterpret_cast<const char *>(data) + 1, qsizetype(size) - 1);
    const uint8_t editor = uint8_t(data[0] - 'a') % 11;
    if (editor < 3)
        editDomain(editor, document);
    else if (editor < 10)
        editSnapshot(editor - 3, document);
    else
        takeDefinition(document);
    return 0;
}
