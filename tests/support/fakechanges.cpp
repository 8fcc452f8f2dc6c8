// SPDX-License-Identifier: GPL-3.0-or-later
// The half of the host in memory that changes.
#include "tests/support/fakehypervisor.h"

#include "model/qcow2/metadata.h"
#include "model/xml/checkpointxml.h"
#include "model/xml/domainxml.h"
#include "model/xml/snapshotedit.h"
#include "model/xml/snapshotxml.h"
#include "model/xml/xmltree.h"

#include <QDateTime>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

class BytesView : public ByteSource
{
public:
    explicit BytesView(const QByteArray &bytes)
        : m_bytes(bytes)
    {
    }
    Result<Bytes> size() override { return Bytes(m_bytes.size()); }
    Result<QByteArray> read(Bytes offset, Bytes length) override
    {
        return m_bytes.mid(qsizetype(offset), qsizetype(std::min(length, Bytes(m_bytes.size()))));
    }

private:
    const QByteArray &m_bytes;
};

constexpr Bytes SavedMemory = 64 * MiB;

QString stateWord(DomainState state, bool disksOnly)
{
    if (!isActive(state))
        return u"shutoff"_s;
    if (disksOnly)
        return u"disk-snapshot"_s;
    return state == DomainState::Paused ? u"paused"_s : u"running"_s;
}

// Paths are absolute here.
QString absolute(const QString &name, const QString &image)
{
    return name.isEmpty() || name.startsWith(u'/') ? name : QFileInfo(image).path() + u'/' + name;
}

QByteArray pointed(const QByteArray &domain, const QString &from, const QString &to)
{
    const auto definition = readDomain(domain);
    std::vector<DiskPath> changes;
    for (const Disk &disk : definition ? definition->disks : std::vector<Disk>()) {
        if (disk.source.location.name == from)
            changes.push_back({disk.target, to, u"qcow2"_s});
    }
    return changes.empty() ? domain : withDiskSources(domain, changes).value_or(domain);
}

} // namespace

void FakeHost::setFault(const QString &call, const Fault &fault, int n)
{
    const std::lock_guard lock(m_mutex);
    m_faults[call].emplace_back(n, fault);
}

QStringList FakeHost::changes() const
{
    const std::lock_guard lock(m_mutex);
    return m_changes;
}

void FakeHost::setContents(const QString &path, const QByteArray &word)
{
    const std::lock_guard lock(m_mutex);
    const auto file = m_files.value(path);
    file->contents = word;
    file->modified = std::max(file->modified + 1, QDateTime::currentMSecsSinceEpoch() * 1'000'000);
}

void FakeHost::setContents(const QString &path, const QString &tag, const QByteArray &word)
{
    const std::lock_guard lock(m_mutex);
    m_files.value(path)->tagContents.insert(tag, word);
}

QByteArray FakeHost::showsLocked(const QString &path) const
{
    const auto file = m_files.value(path);
    if (!file)
        return {};
    if (!file->contents.isEmpty())
        return file->contents;
    const QString below = absolute(factsOf(path).backingName, path);
    return below.isEmpty() || below == path ? QByteArray("") : showsLocked(below);
}

QByteArray FakeHost::shows(const QString &path) const
{
    const std::lock_guard lock(m_mutex);
    return showsLocked(path);
}

QByteArray FakeHost::shows(const QString &path, const QString &tag) const
{
    if (!tags(path).contains(tag))
        return {};
    const std::lock_guard lock(m_mutex);
    const QByteArray own = m_files.value(path)->tagContents.value(tag);
    return own.isNull() ? QByteArray("") : own;
}

bool FakeHost::has(const QString &path) const
{
    const std::lock_guard lock(m_mutex);
    return m_files.contains(path);
}

QStringList FakeHost::files() const
{
    const std::lock_guard lock(m_mutex);
    return m_files.keys();
}

QStringList FakeHost::tags(const QString &path) const
{
    const std::lock_guard lock(m_mutex);
    QStringList names;
    for (const Tag &tag : factsOf(path).tags)
        names += tag.name;
    return names;
}

QString FakeHost::backing(const QString &path) const
{
    const std::lock_guard lock(m_mutex);
    return absolute(factsOf(path).backingName, path);
}

void FakeHost::setFree(Bytes free)
{
    const std::lock_guard lock(m_mutex);
    m_free = free;
}

void FakeHost::setTakesLinks(Fact<bool> takes)
{
    const std::lock_guard lock(m_mutex);
    m_takesLinks = std::move(takes);
}

void FakeHost::setManagedSave(const DomainId &domain, bool has)
{
    const std::lock_guard lock(m_mutex);
    machine(domain)->summary.hasManagedSave = has;
}

void FakeHost::setPausedBy(const DomainId &domain, PausedBy why)
{
    const std::lock_guard lock(m_mutex);
    machine(domain)->summary.pausedBy = why;
}

void FakeHost::setMigrating(const DomainId &domain, bool is)
{
    const std::lock_guard lock(m_mutex);
    machine(domain)->isMigrating = is;
}

DomainState FakeHost::state(const DomainId &domain) const
{
    const std::lock_guard lock(m_mutex);
    const Machine *found = const_cast<FakeHost *>(this)->machine(domain);
    return found ? found->summary.state : DomainState::Unknown;
}

QByteArray FakeHost::definition(const DomainId &domain) const
{
    const std::lock_guard lock(m_mutex);
    const Machine *found = const_cast<FakeHost *>(this)->machine(domain);
    return found ? found->persistent : QByteArray();
}

QByteArray FakeHost::snapshot(const DomainId &domain, const QString &name) const
{
    const std::lock_guard lock(m_mutex);
    auto *self = const_cast<FakeHost *>(this);
    Machine *found = self->machine(domain);
    const auto *entry = found ? self->findSnapshot(*found, name) : nullptr;
    return entry ? entry->second : QByteArray();
}

void FakeHost::giveMonitors()
{
    const std::lock_guard lock(m_mutex);
    m_hasMonitors = true;
}

// What QEMU says of the layers that a machine runs on.
QByteArray FakeHost::blockNodes(const Machine &of) const
{
    QJsonArray nodes;
    const auto definition = readDomain(of.live);
    for (size_t i = 0; definition && i < definition->disks.size(); ++i) {
        QString path = definition->disks[i].source.location.name;
        for (bool isTop = true; m_files.contains(path); isTop = false) {
            const ImageFacts facts = factsOf(path);
            QJsonArray tags;
            for (const Tag &tag : facts.tags)
                tags.append(QJsonObject{{u"id"_s, tag.id}, {u"name"_s, tag.name},
                    {u"vm-state-size"_s, qint64(tag.vmStateSize)}, {u"date-sec"_s, tag.created}});
            const QString below = absolute(facts.backingName, path);
            QJsonArray bitmaps;
            for (const QByteArray &xml : isTop ? of.checkpoints : std::vector<QByteArray>()) {
                const auto checkpoint = readCheckpoint(xml);
                bitmaps.append(
                    QJsonObject{{u"name"_s, checkpoint ? checkpoint->name : QString()}, {u"recording"_s, true},
                        {u"persistent"_s, true}, {u"busy"_s, false}, {u"granularity"_s, 65536}, {u"count"_s, 65536}});
            }
            nodes.append(QJsonObject{{u"node-name"_s, u"libvirt-%1-format"_s.arg(nodes.size() + 1)},
                {u"drv"_s, facts.format}, {u"ro"_s, !isTop}, {u"dirty-bitmaps"_s, bitmaps}, {u"file"_s, path},
                {u"image"_s,
                    QJsonObject{{u"filename"_s, path}, {u"format"_s, facts.format},
                        {u"virtual-size"_s, qint64(facts.virtualSize)}, {u"backing-filename"_s, below},
                        {u"backing-filename-format"_s, facts.backingFormat}, {u"snapshots"_s, tags}}}});
            path = below;
        }
    }
    return QJsonDocument(QJsonObject{{u"return"_s, nodes}}).toJson(QJsonDocument::Compact);
}

void FakeHost::setBlockJobLooks(int looks)
{
    const std::lock_guard lock(m_mutex);
    m_blockJobLooks = looks;
}

std::optional<FakeHost::Fault> FakeHost::takeFault(const QString &call)
{
    const std::lock_guard lock(m_mutex);
    m_changes += call;
    std::optional<Fault> taken;
    for (const QString &key : {call, u"*"_s}) {
        auto &faults = m_faults[key];
        for (auto fault = faults.begin(); fault != faults.end();) {
            if (--fault->first > 0) {
                ++fault;
                continue;
            }
            taken = fault->second;
            fault = faults.erase(fault);
        }
    }
    return taken;
}

Result<> FakeHost::change(const QString &call, const Change &what)
{
    using Kind = Fault::Kind;
    const auto fault = takeFault(call);
    const auto is = [&](Kind kind) { return fault && fault->kind == kind; };
    Result<> done;
    if (!fault || is(Kind::FailAfterwards) || is(Kind::LoseAfterwards)) {
        std::vector<Event> events;
        {
            const std::lock_guard lock(m_mutex);
            done = what();
            events.swap(m_events);
        }
        for (const Event &event : events)
            announce(event);
    }
    if (is(Kind::Lose) || is(Kind::LoseAfterwards)) {
        breakConnections({ErrorCode::ConnectionLost, {}, fault->error.detail});
        return failure(ErrorCode::ConnectionLost, {}, fault->error.detail);
    }
    if (is(Kind::Fail) || is(Kind::FailAfterwards))
        return failure(fault->error);
    return done;
}

Result<FakeHost::Machine *> FakeHost::find(const DomainId &domain)
{
    Machine *found = machine(domain);
    if (!found)
        return failure(ErrorCode::NotFound, domain.value, u"Domain not found"_s);
    return found;
}

std::pair<QString, QByteArray> *FakeHost::findSnapshot(Machine &owner, const QString &name)
{
    const auto found = std::find_if(
        owner.snapshots.begin(), owner.snapshots.end(), [&](const auto &entry) { return entry.first == name; });
    return found == owner.snapshots.end() ? nullptr : &*found;
}

Result<FakeHost::File *> FakeHost::findFile(const QString &path)
{
    const auto file = m_files.value(path);
    if (!file)
        return failure(ErrorCode::NotFound, path, u"No such file or directory"_s);
    return file.get();
}

void FakeHost::setMachineState(Machine &which, DomainState state, const QString &what)
{
    if (!isActive(state))
        which.memory.clear();
    else if (which.memory.isEmpty())
        which.memory = u"boot-%1"_s.arg(m_nextFile++);
    if (what == "started"_L1)
        which.run = ++m_lastRun;
    which.summary.state = state;
    which.summary.pausedBy = PausedBy::Other;
    Event event;
    event.time = QDateTime::currentMSecsSinceEpoch();
    event.domain = which.summary.uuid;
    event.domainName = which.summary.name;
    event.name = u"lifecycle"_s;
    event.data.insert(u"event"_s, what);
    event.data.insert(u"detail"_s, detailOf(what));
    m_events.push_back(event);
}

ImageFacts FakeHost::factsOf(const QString &path) const
{
    const auto file = m_files.value(path);
    if (!file)
        return {};
    BytesView view(file->bytes);
    return readMetadata(view).value_or(ImageFacts{});
}

void FakeHost::rewrite(const QString &path, const ImageFacts &facts)
{
    const auto file = m_files.value(path);
    file->bytes = qcow2Bytes({facts.virtualSize, facts.backingName, facts.backingFormat, facts.tags});
    file->modified = std::max(file->modified + 1, QDateTime::currentMSecsSinceEpoch() * 1'000'000);
}

Result<> FakeHost::makeOverlay(const QString &path, const QString &base, const QString &baseFormat)
{
    if (m_files.contains(path))
        return failure(ErrorCode::Busy, path, u"File exists"_s);
    if (const auto below = findFile(base); !below)
        return failure(below.error());
    const ImageFacts facts = factsOf(base);
    const Bytes size = facts.virtualSize ? facts.virtualSize : Bytes(m_files.value(base)->bytes.size());
    const auto file = std::make_shared<File>();
    file->number = m_nextFile++;
    file->bytes = qcow2Bytes({size, base, baseFormat, {}});
    file->allocated = 200 * KiB;
    file->modified = QDateTime::currentMSecsSinceEpoch() * 1'000'000;
    file->pool = m_files.value(base)->pool;
    m_files.insert(path, file);
    return {};
}

Result<> FakeHost::addTag(const QString &path, const QString &tag, Bytes memory)
{
    if (const auto file = findFile(path); !file)
        return failure(file.error());
    ImageFacts facts = factsOf(path);
    if (facts.format != "qcow2"_L1)
        return failure(ErrorCode::Unsupported, path, u"unsupported for storage type raw"_s);
    int next = 1;
    for (const Tag &each : facts.tags)
        next = std::max(next, each.id.toInt() + 1);
    Tag made;
    made.id = QString::number(next);
    made.name = tag;
    made.vmStateSize = memory;
    made.created = QDateTime::currentSecsSinceEpoch();
    made.diskSize = facts.virtualSize;
    facts.tags.push_back(made);
    const QByteArray shown = showsLocked(path);
    rewrite(path, facts);
    m_files.value(path)->tagContents.insert(tag, shown);
    return {};
}

Result<> FakeHost::dropTag(const QString &path, const QString &tag)
{
    if (const auto file = findFile(path); !file)
        return failure(file.error());
    ImageFacts facts = factsOf(path);
    const auto found = std::find_if(facts.tags.begin(), facts.tags.end(), [&](const Tag &t) { return t.name == tag; });
    if (found == facts.tags.end())
        return failure(ErrorCode::NotFound, path, tag);
    facts.tags.erase(found);
    rewrite(path, facts);
    m_files.value(path)->tagContents.remove(tag);
    return {};
}

Result<> FakeHost::mergeDown(const QString &top, const QString &base)
{
    const auto upper = findFile(top);
    const auto lower = findFile(base);
    if (!upper || !lower)
        return failure(upper ? lower.error() : upper.error());
    (*lower)->contents = showsLocked(top);
    (*lower)->modified = std::max((*lower)->modified + 1, QDateTime::currentMSecsSinceEpoch() * 1'000'000);
    return {};
}

void FakeHost::repointOverlays(const QString &from, const QString &to)
{
    for (const QString &path : m_files.keys()) {
        ImageFacts facts = factsOf(path);
        if (facts.backingName.isEmpty() || absolute(facts.backingName, path) != from)
            continue;
        facts.backingName = to;
        rewrite(path, facts);
    }
}

void FakeHost::pointMachine(Machine &which, const QString &from, const QString &to)
{
    which.live = pointed(which.live, from, to);
    which.persistent = pointed(which.persistent, from, to);
}

Result<> FakeHost::makeSnapshot(Machine &which, const QByteArray &xml, bool disksOnly)
{
    const auto wanted = readSnapshot(xml);
    const auto definition = readDomain(which.live);
    if (!wanted || !definition)
        return failure(wanted ? definition.error() : wanted.error());
    if (findSnapshot(which, wanted->name))
        return failure(ErrorCode::Failed, wanted->name, u"domain snapshot already exists"_s);
    const bool isRunning = isActive(which.summary.state);
    std::vector<SnapshotDisk> disks = wanted->disks;
    if (disks.empty()) {
        for (const Disk &disk : definition->disks) {
            const bool takesPart = disk.device == DiskDevice::Disk && !disk.readOnly && !disk.source.location.isEmpty();
            SnapshotDisk &each = disks.emplace_back();
            each.target = disk.target;
            each.kind = takesPart ? SnapshotDiskKind::Internal : SnapshotDiskKind::None;
        }
    }
    // First what can be refused.
    for (SnapshotDisk &disk : disks) {
        const Disk *of = definition->disk(disk.target);
        if (!of)
            return failure(ErrorCode::Failed, disk.target, u"no disk named so"_s);
        if (disk.kind == SnapshotDiskKind::External && disk.overlay.location.isEmpty()) {
            const QFileInfo base(of->source.location.name);
            disk.overlay.location
                = {SourceKind::File, base.path() + u'/' + base.completeBaseName() + u'.' + wanted->name};
        }
        if (disk.kind == SnapshotDiskKind::External && m_files.contains(disk.overlay.location.name))
            return failure(ErrorCode::Failed, disk.overlay.location.name, u"external snapshot file already exists"_s);
    }
    QByteArray document = newSnapshotXml({wanted->name, wanted->description, {}, {}, {}, {}}).value();
    Result<XmlNode> root = readTree(document, u"domainsnapshot");
    const Result<XmlNode> domain = readTree(which.live, u"domain");
    if (!domain)
        return failure(domain.error());
    root->append(u"state"_s).setInnerText(stateWord(which.summary.state, disksOnly));
    root->append(u"creationTime"_s).setInnerText(QString::number(QDateTime::currentSecsSinceEpoch()));
    if (!which.current.isEmpty())
        root->append(u"parent"_s).append(u"name"_s).setInnerText(which.current);
    XmlNode &memory = root->ensure(u"memory"_s);
    const bool isExternal = !wanted->memoryFile.isEmpty();
    memory.setAttribute(u"snapshot"_s, isExternal ? u"external"_s : isRunning && !disksOnly ? u"internal"_s : u"no"_s);
    if (isExternal)
        memory.setAttribute(u"file"_s, wanted->memoryFile);
    root->append(u"domain"_s) = *domain;
    XmlNode &list = root->ensure(u"disks"_s);
    for (const SnapshotDisk &disk : disks) {
        XmlNode &node = list.append(u"disk"_s);
        node.setAttribute(u"name"_s, disk.target);
        node.setAttribute(u"snapshot"_s,
            disk.kind == SnapshotDiskKind::External       ? u"external"_s
                : disk.kind == SnapshotDiskKind::Internal ? u"internal"_s
                                                          : u"no"_s);
        const QString image = definition->disk(disk.target)->source.location.name;
        Result<> done;
        if (disk.kind == SnapshotDiskKind::External) {
            const QString overlay = disk.overlay.location.name;
            node.setAttribute(u"type"_s, u"file"_s);
            node.append(u"driver"_s).setAttribute(u"type"_s, u"qcow2"_s);
            node.append(u"source"_s).setAttribute(u"file"_s, overlay);
            done = makeOverlay(overlay, image, definition->disk(disk.target)->source.format);
            pointMachine(which, image, overlay);
        } else if (disk.kind == SnapshotDiskKind::Internal) {
            done = addTag(image, wanted->name, isRunning && &disk == &disks.front() ? SavedMemory : 0);
        }
        if (!done)
            return done;
    }
    if (isExternal) {
        const auto file = std::make_shared<File>();
        file->number = m_nextFile++;
        file->bytes = "LibvirtQemudSave" + QByteArray(4096, '\0');
        file->allocated = SavedMemory;
        file->modified = QDateTime::currentMSecsSinceEpoch() * 1'000'000;
        file->contents = which.memory.toUtf8();
        m_files.insert(wanted->memoryFile, file);
    }
    which.snapshots.emplace_back(wanted->name, writeTree(*root).value());
    which.current = wanted->name;
    return {};
}

Result<> FakeHost::revert(Machine &which, const QString &name, Hypervisor::AfterRevert after)
{
    const auto *entry = findSnapshot(which, name);
    if (!entry)
        return failure(ErrorCode::NotFound, name, u"Domain snapshot not found"_s);
    const auto snapshot = readSnapshot(entry->second);
    const auto then = definitionThen(entry->second);
    if (!snapshot || !then)
        return failure(snapshot ? then.error() : snapshot.error());
    const bool isExternal = snapshot->kind() == SnapshotKind::External;
    if (isExternal && m_host.libvirt < Version{9, 9, 0})
        return failure(ErrorCode::Unsupported, name, u"revert to external snapshot not supported yet"_s);
    for (const SnapshotDisk &disk : snapshot->disks) {
        const QString image = snapshot->frozen(disk.target).location.name;
        if (disk.kind == SnapshotDiskKind::Internal && !m_files.contains(image))
            return failure(ErrorCode::NotFound, image);
    }
    which.live = which.persistent = *then;
    for (const SnapshotDisk &disk : snapshot->disks) {
        const QString image = snapshot->frozen(disk.target).location.name;
        if (disk.kind == SnapshotDiskKind::Internal) {
            m_files.value(image)->contents = m_files.value(image)->tagContents.value(name);
            rewrite(image, factsOf(image));
        } else if (disk.kind == SnapshotDiskKind::External) {
            const QString overlay = image + u".revert%1"_s.arg(m_nextOverlay++);
            if (const auto made = makeOverlay(overlay, image, u"qcow2"_s); !made)
                return made;
            pointMachine(which, image, overlay);
        }
    }
    which.current = name;
    const bool ran = snapshot->memory != MemoryKind::None;
    const bool paused = after == Hypervisor::AfterRevert::Paused
        || (after == Hypervisor::AfterRevert::AsItWas && snapshot->state == SnapshotState::Paused);
    which.memory = ran ? u"memory of "_s + name : QString();
    if (ran || after != Hypervisor::AfterRevert::AsItWas)
        setMachineState(which, paused ? DomainState::Paused : DomainState::Running, u"started"_s);
    else
        setMachineState(which, DomainState::ShutOff, u"stopped"_s);
    return {};
}

Result<> FakeHost::dropSnapshot(Machine &which, const QString &name, bool withData)
{
    const auto *entry = findSnapshot(which, name);
    if (!entry)
        return failure(ErrorCode::NotFound, name, u"Domain snapshot not found"_s);
    const auto snapshot = readSnapshot(entry->second);
    if (!snapshot)
        return failure(snapshot.error());
    for (const SnapshotDisk &disk : withData ? snapshot->disks : std::vector<SnapshotDisk>()) {
        const QString frozen = snapshot->frozen(disk.target).location.name;
        if (disk.kind == SnapshotDiskKind::Internal)
            (void)dropTag(frozen, name); // libvirt minds not whether it is there
        if (disk.kind != SnapshotDiskKind::External)
            continue;
        const QString overlay = disk.overlay.location.name;
        if (const auto merged = mergeDown(overlay, frozen); !merged)
            return merged;
        repointOverlays(overlay, frozen);
        pointMachine(which, overlay, frozen);
        for (auto &other : which.snapshots) {
            if (const auto moved = withFrozenSources(other.second, {{disk.target, frozen}});
                moved && readSnapshot(other.second).value().frozen(disk.target).location.name == overlay)
                other.second = *moved;
        }
        m_files.remove(overlay);
    }
    if (withData && !snapshot->memoryFile.isEmpty())
        m_files.remove(snapshot->memoryFile);
    for (auto &other : which.snapshots) {
        const auto child = readSnapshot(other.second);
        if (child && child->parent == name)
            other.second = withSnapshotParent(other.second, snapshot->parent).value_or(other.second);
    }
    if (which.current == name)
        which.current = snapshot->parent;
    std::erase_if(which.snapshots, [&](const auto &each) { return each.first == name; });
    return {};
}

} // namespace treewarden
