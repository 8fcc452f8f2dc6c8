// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fakehypervisor.h"

#include "model/qmp/blockjobs.h"
#include "model/qmp/blocknode.h"
#include "model/xml/volumexml.h"

#include <QDateTime>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QXmlStreamReader>

#include <algorithm>

namespace treewarden {

namespace {

// The text of a child of the root element.
QString childText(const QByteArray &xml, QStringView child)
{
    QXmlStreamReader reader(xml);
    if (!reader.readNextStartElement())
        return {};
    while (reader.readNextStartElement()) {
        if (reader.name() == child)
            return reader.readElementText();
        reader.skipCurrentElement();
    }
    return {};
}

class MemoryBytes : public ByteSource
{
public:
    explicit MemoryBytes(QByteArray bytes)
        : m_bytes(std::move(bytes))
    {
    }
    Result<Bytes> size() override { return Bytes(m_bytes.size()); }
    Result<QByteArray> read(Bytes offset, Bytes length) override
    {
        if (offset >= Bytes(m_bytes.size()))
            return QByteArray();
        return m_bytes.mid(qsizetype(offset), qsizetype(std::min(length, Bytes(m_bytes.size()))));
    }

private:
    QByteArray m_bytes;
};

} // namespace

std::shared_ptr<FakeHost> FakeHost::create()
{
    std::shared_ptr<FakeHost> host(new FakeHost);
    host->m_host = {QStringLiteral("qemu:///system"), QStringLiteral("workstation"), {9, 0, 0}, {7, 2, 0}, true, {}};
    return host;
}

std::shared_ptr<FakeHost> FakeHost::copy() const
{
    std::shared_ptr<FakeHost> host(new FakeHost);
    const std::lock_guard lock(m_mutex);
    host->m_host = m_host;
    host->m_machines = m_machines;
    QHash<const File *, std::shared_ptr<File>> copied; // a file keeps all its names
    for (auto file = m_files.cbegin(); file != m_files.cend(); ++file) {
        std::shared_ptr<File> &other = copied[file->get()];
        if (!other)
            other = std::make_shared<File>(**file);
        host->m_files.insert(file.key(), other);
    }
    host->m_changes = m_changes;
    host->m_folders = m_folders;
    host->m_stoppedPools = m_stoppedPools;
    host->m_hasMonitors = m_hasMonitors;
    host->m_free = m_free;
    host->m_takesLinks = m_takesLinks;
    host->m_blockJobLooks = m_blockJobLooks;
    host->m_nextOverlay = m_nextOverlay;
    host->m_nextFile = m_nextFile;
    host->m_nextPin = m_nextPin;
    host->m_lastRun = m_lastRun;
    host->m_counts = m_counts;
    return host;
}

Backend FakeHost::backend()
{
    const auto self = shared_from_this();
    return {
        [self](const Announce &) -> Result<std::shared_ptr<Hypervisor>> {
            if (const Result<> entered = self->enter(QStringLiteral("open")); !entered)
                return failure(entered.error());
            auto session = std::make_shared<FakeHypervisor>(self);
            const std::lock_guard lock(self->m_mutex);
            self->m_sessions.push_back(session);
            return std::shared_ptr<Hypervisor>(session);
        },
        [self](const std::shared_ptr<Hypervisor> &) {
            return std::vector<std::shared_ptr<ImageStore>>{std::make_shared<FakeImageStore>(self)};
        },
        [self](const std::shared_ptr<Hypervisor> &) { return std::make_shared<FakeEditor>(self); },
    };
}

DomainId FakeHost::addDomain(const QByteArray &xml, DomainState state)
{
    Machine machine;
    machine.summary = {DomainId(childText(xml, u"uuid")), childText(xml, u"name"), state, true, false};
    machine.live = machine.persistent = xml;
    const std::lock_guard lock(m_mutex);
    m_machines.push_back(machine);
    return machine.summary.uuid;
}

void FakeHost::setDefinition(const DomainId &domain, const QByteArray &xml)
{
    const std::lock_guard lock(m_mutex);
    machine(domain)->live = machine(domain)->persistent = xml;
}

void FakeHost::setPersistentDefinition(const DomainId &domain, const QByteArray &xml)
{
    const std::lock_guard lock(m_mutex);
    machine(domain)->persistent = xml;
}

void FakeHost::setState(const DomainId &domain, DomainState state)
{
    changeState(domain, state, isActive(state) ? QStringLiteral("started") : QStringLiteral("stopped"));
}

void FakeHost::removeDomain(const DomainId &domain)
{
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_machines, [&](const Machine &m) { return m.summary.uuid == domain; });
}

void FakeHost::setSnapshots(const DomainId &domain, const std::vector<QByteArray> &xml, const QString &current)
{
    const std::lock_guard lock(m_mutex);
    Machine *target = machine(domain);
    target->snapshots.clear();
    for (const QByteArray &snapshot : xml)
        target->snapshots.emplace_back(childText(snapshot, u"name"), snapshot);
    target->current = current;
}

void FakeHost::addSnapshot(const DomainId &domain, const QByteArray &xml)
{
    const std::lock_guard lock(m_mutex);
    Machine *target = machine(domain);
    target->snapshots.emplace_back(childText(xml, u"name"), xml);
    target->current = target->snapshots.back().first;
}

void FakeHost::removeSnapshot(const DomainId &domain, const QString &name)
{
    const std::lock_guard lock(m_mutex);
    Machine *target = machine(domain);
    std::erase_if(target->snapshots, [&](const auto &entry) { return entry.first == name; });
    if (target->current == name)
        target->current.clear();
}

void FakeHost::setCheckpoints(const DomainId &domain, const std::vector<QByteArray> &xml)
{
    const std::lock_guard lock(m_mutex);
    machine(domain)->checkpoints = xml;
}

void FakeHost::setQmpReply(const DomainId &domain, const QByteArray &command, const QByteArray &reply)
{
    const std::lock_guard lock(m_mutex);
    machine(domain)->qmp.insert(command, reply);
}

void FakeHost::setHost(const Host &host)
{
    const std::lock_guard lock(m_mutex);
    m_host = host;
}

void FakeHost::addImage(const QString &path, const QByteArray &bytes, Bytes allocated, const QString &pool)
{
    const std::lock_guard lock(m_mutex);
    m_files.insert(path,
        std::make_shared<File>(
            File{m_nextFile++, bytes, allocated, QDateTime::currentMSecsSinceEpoch() * 1'000'000, pool}));
}

void FakeHost::removeImage(const QString &path)
{
    const std::lock_guard lock(m_mutex);
    m_files.remove(path);
}

void FakeHost::setVolumeXml(const QString &path, const QByteArray &xml)
{
    const std::lock_guard lock(m_mutex);
    m_files.value(path)->volumeXml = xml;
}

void FakeHost::setUnreadable(const QString &path, const Error &why)
{
    const std::lock_guard lock(m_mutex);
    m_files.value(path)->unreadable = why;
}

void FakeHost::stopPool(const QString &pool)
{
    const std::lock_guard lock(m_mutex);
    m_stoppedPools.insert(pool);
}

void FakeHost::fail(const QString &call, const Error &error)
{
    const std::lock_guard lock(m_mutex);
    m_failures.insert(call, error);
}

void FakeHost::mend(const QString &call)
{
    const std::lock_guard lock(m_mutex);
    m_failures.remove(call);
}

void FakeHost::hold(const QString &call)
{
    const std::lock_guard lock(m_mutex);
    m_held.insert(call);
}

void FakeHost::release()
{
    const std::lock_guard lock(m_mutex);
    m_held.clear();
    m_changed.notify_all();
}

bool FakeHost::waitUntilHeld(int milliseconds)
{
    std::unique_lock lock(m_mutex);
    return m_changed.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return m_waiting > 0; });
}

void FakeHost::breakConnections(const Error &why)
{
    std::vector<std::weak_ptr<FakeHypervisor>> sessions;
    {
        const std::lock_guard lock(m_mutex);
        sessions.swap(m_sessions);
    }
    for (const auto &weak : sessions) {
        if (const auto session = weak.lock())
            session->lose(why);
    }
}

void FakeHost::announce(const Event &event)
{
    std::vector<std::weak_ptr<FakeHypervisor>> sessions;
    {
        const std::lock_guard lock(m_mutex);
        sessions = m_sessions;
    }
    for (const auto &weak : sessions) {
        if (const auto session = weak.lock())
            session->announce(event);
    }
}

int FakeHost::count(const QString &call) const
{
    const std::lock_guard lock(m_mutex);
    return m_counts.value(call);
}

Result<> FakeHost::enter(const QString &call)
{
    static const QString every = QStringLiteral("*");
    std::unique_lock lock(m_mutex);
    ++m_counts[call];
    const auto isHeld = [&] { return m_held.contains(call) || m_held.contains(every); };
    if (isHeld()) {
        ++m_waiting;
        m_changed.notify_all();
        m_changed.wait(lock, [&] { return !isHeld(); });
        --m_waiting;
    }
    for (const QString &key : {call, every}) {
        if (const auto found = m_failures.constFind(key); found != m_failures.constEnd())
            return failure(*found);
    }
    return {};
}

// As the backend for libvirt makes it.
Result<Volume> FakeHost::volumeOf(const QString &path, const File &file)
{
    Volume volume;
    volume.pool = file.pool;
    volume.path = path;
    if (file.volumeXml) {
        const Result<VolumeDefinition> said = readVolume(*file.volumeXml);
        if (!said)
            return failure(said.error().code, path, said.error().detail);
        volume.format = said->format;
        volume.capacity = said->capacity;
        volume.allocation = said->allocation;
        volume.physical = said->physical;
        volume.modifiedNanoseconds = said->modifiedNanoseconds;
        return volume;
    }
    volume.format = file.bytes.startsWith("QFI") ? QStringLiteral("qcow2") : QStringLiteral("raw");
    volume.capacity = volume.physical = Bytes(file.bytes.size());
    volume.allocation = file.allocated;
    volume.modifiedNanoseconds = file.modified;
    return volume;
}

FakeHost::Machine *FakeHost::machine(const DomainId &domain)
{
    const auto found = std::find_if(
        m_machines.begin(), m_machines.end(), [&](const Machine &m) { return m.summary.uuid == domain; });
    return found == m_machines.end() ? nullptr : &*found;
}

Result<FakeHost::Machine> FakeHost::copyOf(const DomainId &domain)
{
    const std::lock_guard lock(m_mutex);
    const Machine *found = machine(domain);
    if (!found)
        return failure(ErrorCode::NotFound, domain.value, QStringLiteral("Domain not found"));
    return *found;
}

// What libvirt's QEMU driver gives as the reason where nothing else is known.
QString FakeHost::detailOf(const QString &what)
{
    static const QHash<QString, QString> details = {{QStringLiteral("started"), QStringLiteral("booted")},
        {QStringLiteral("stopped"), QStringLiteral("destroyed")},
        {QStringLiteral("suspended"), QStringLiteral("paused")},
        {QStringLiteral("resumed"), QStringLiteral("unpaused")}};
    return details.value(what);
}

void FakeHost::changeState(const DomainId &domain, DomainState state, const QString &what)
{
    Event event;
    {
        const std::lock_guard lock(m_mutex);
        Machine *target = machine(domain);
        target->summary.state = state;
        target->summary.pausedBy = PausedBy::Other;
        event.domainName = target->summary.name;
    }
    event.time = QDateTime::currentMSecsSinceEpoch();
    event.domain = domain;
    event.name = QStringLiteral("lifecycle");
    event.data.insert(QStringLiteral("event"), what);
    event.data.insert(QStringLiteral("detail"), detailOf(what));
    announce(event);
}

FakeHypervisor::FakeHypervisor(std::shared_ptr<FakeHost> host)
    : m_host(std::move(host))
{
}

Result<> FakeHypervisor::enter(const QString &call)
{
    const Result<> entered = m_host->enter(call);
    const std::lock_guard lock(m_mutex);
    if (m_lost)
        return failure(ErrorCode::ConnectionLost, m_lost->subject, m_lost->detail);
    return entered;
}

void FakeHypervisor::announce(const Event &event)
{
    const std::lock_guard lock(m_mutex);
    if (m_onEvent && !m_lost)
        m_onEvent(event);
}

void FakeHypervisor::lose(const Error &why)
{
    const std::lock_guard lock(m_mutex);
    m_lost = why;
    if (m_onClosed)
        m_onClosed(why);
}

Result<Host> FakeHypervisor::host()
{
    if (const Result<> entered = enter(QStringLiteral("host")); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    return m_host->m_host;
}

Result<std::vector<DomainSummary>> FakeHypervisor::domains()
{
    if (const Result<> entered = enter(QStringLiteral("domains")); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    std::vector<DomainSummary> summaries;
    for (const FakeHost::Machine &machine : m_host->m_machines)
        summaries.push_back(machine.summary);
    return summaries;
}

Result<QByteArray> FakeHypervisor::domainXml(const DomainId &domain, Definition definition, Secrets)
{
    if (const Result<> entered = enter(QStringLiteral("domainXml")); !entered)
        return failure(entered.error());
    return m_host->copyOf(domain).map([&](const auto &machine) {
        if (definition == Definition::Persistent)
            return machine.persistent;
        QByteArray xml = machine.live;
        if (isActive(machine.summary.state))
            xml.replace("<domain ", QByteArray("<domain id='" + QByteArray::number(machine.run) + "' "));
        return xml;
    });
}

Result<SnapshotNames> FakeHypervisor::snapshotNames(const DomainId &domain)
{
    if (const Result<> entered = enter(QStringLiteral("snapshotNames")); !entered)
        return failure(entered.error());
    return m_host->copyOf(domain).map([](const auto &machine) {
        SnapshotNames names;
        for (const auto &entry : machine.snapshots)
            names.names.append(entry.first);
        names.current = machine.current;
        return names;
    });
}

Result<> FakeHypervisor::readSnapshots(
    const DomainId &domain, const std::function<void(const QByteArray &)> &each, Secrets)
{
    if (const Result<> entered = enter(QStringLiteral("readSnapshots")); !entered)
        return entered;
    const auto machine = m_host->copyOf(domain);
    if (!machine)
        return failure(machine.error());
    for (const auto &entry : machine->snapshots)
        each(entry.second);
    return {};
}

Result<> FakeHypervisor::readSnapshots(const DomainId &domain, const QStringList &names,
    const std::function<bool(const QString &, const QByteArray &)> &each)
{
    const auto machine = m_host->copyOf(domain);
    if (!machine)
        return failure(machine.error());
    for (const auto &[name, xml] : machine->snapshots) {
        if (!names.contains(name))
            continue;
        if (const Result<> entered = enter(QStringLiteral("snapshotXml")); !entered)
            return entered;
        if (!each(name, xml))
            break;
    }
    return {};
}

Result<QByteArray> FakeHypervisor::snapshotXml(const DomainId &domain, const QString &snapshot, Secrets)
{
    if (const Result<> entered = enter(QStringLiteral("snapshotXml")); !entered)
        return failure(entered.error());
    const auto machine = m_host->copyOf(domain);
    if (!machine)
        return failure(machine.error());
    for (const auto &entry : machine->snapshots) {
        if (entry.first == snapshot)
            return entry.second;
    }
    return failure(ErrorCode::NotFound, snapshot, QStringLiteral("Domain snapshot not found"));
}

Result<std::vector<QByteArray>> FakeHypervisor::checkpointXml(const DomainId &domain)
{
    if (const Result<> entered = enter(QStringLiteral("checkpointXml")); !entered)
        return failure(entered.error());
    return m_host->copyOf(domain).map([](const auto &machine) { return machine.checkpoints; });
}

Result<QByteArray> FakeHypervisor::qmp(const DomainId &domain, const QByteArray &command)
{
    if (const Result<> entered = enter(QStringLiteral("qmp")); !entered)
        return failure(entered.error());
    const auto machine = m_host->copyOf(domain);
    if (!machine)
        return failure(machine.error());
    if (!machine->qmp.contains(command) && command == queryNamedBlockNodes()) {
        const std::lock_guard lock(m_host->m_mutex);
        if (m_host->m_hasMonitors && isActive(machine->summary.state))
            return m_host->blockNodes(*machine);
    }
    if (!machine->qmp.contains(command) && command == queryBlockJobs()) {
        QJsonArray jobs;
        for (auto job = machine->jobs.begin(); job != machine->jobs.end(); ++job)
            jobs.append(
                QJsonObject{{QStringLiteral("device"), QStringLiteral("commit-%1-libvirt-1-format").arg(job.key())},
                    {QStringLiteral("type"), QStringLiteral("commit")}});
        return QJsonDocument(QJsonObject{{QStringLiteral("return"), jobs}}).toJson(QJsonDocument::Compact);
    }
    if (!machine->qmp.contains(command))
        return failure(ErrorCode::Unsupported, machine->summary.name, QStringLiteral("no monitor here"));
    return machine->qmp.value(command);
}

Result<Volumes> FakeHypervisor::volumes()
{
    if (const Result<> entered = enter(QStringLiteral("volumes")); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    Volumes volumes;
    QSet<QString> pools;
    for (auto file = m_host->m_files.cbegin(); file != m_host->m_files.cend(); ++file) {
        // A pool does not list what lies in folders of its folder, as pins do.
        const QString &pool = (*file)->pool;
        if (pool.isEmpty() || file.key().contains(QLatin1String("/.treewarden/")))
            continue;
        const bool isActive = !m_host->m_stoppedPools.contains(pool);
        if (!pools.contains(pool)) {
            pools.insert(pool);
            volumes.pools.push_back({pool, file.key().section(u'/', 0, -2), isActive});
            if (!isActive)
                volumes.unknown.push_back(
                    {QStringLiteral("pool"), pool, {ErrorCode::Failed, pool, QStringLiteral("not active")}});
        }
        if (!isActive)
            continue;
        const Result<Volume> volume = FakeHost::volumeOf(file.key(), **file);
        if (volume)
            volumes.volumes.push_back(*volume);
        else
            volumes.unknown.push_back({QStringLiteral("volume"), file.key(), volume.error()});
    }
    return volumes;
}

Result<Volume> FakeHypervisor::volume(const QString &path)
{
    if (const Result<> entered = enter(QStringLiteral("volume")); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    const auto file = m_host->m_files.constFind(path);
    if (file == m_host->m_files.constEnd() || (*file)->pool.isEmpty())
        return failure(ErrorCode::NotFound, path, QStringLiteral("Storage volume not found"));
    return FakeHost::volumeOf(path, **file);
}

Result<QString> FakeHypervisor::volumePath(const QString &pool, const QString &volume)
{
    if (const Result<> entered = enter(QStringLiteral("volumePath")); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    for (auto file = m_host->m_files.cbegin(); file != m_host->m_files.cend(); ++file) {
        if ((*file)->pool == pool && file.key().section(u'/', -1) == volume)
            return file.key();
    }
    return failure(ErrorCode::NotFound, pool + u'/' + volume, QStringLiteral("Storage volume not found"));
}

Result<std::unique_ptr<ByteSource>> FakeHypervisor::openVolume(const QString &path)
{
    if (const Result<> entered = enter(QStringLiteral("openVolume")); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    const auto file = m_host->m_files.constFind(path);
    if (file == m_host->m_files.constEnd() || (*file)->pool.isEmpty())
        return failure(ErrorCode::NotFound, path, QStringLiteral("Storage volume not found"));
    return std::unique_ptr<ByteSource>(new MemoryBytes((*file)->bytes));
}

Result<> FakeHypervisor::definePool(const QByteArray &xml)
{
    if (const Result<> entered = enter(QStringLiteral("definePool")); !entered)
        return entered;
    QString folder;
    QXmlStreamReader reader(xml);
    while (!reader.atEnd()) {
        if (reader.readNextStartElement() && reader.name() == u"path")
            folder = reader.readElementText();
    }
    const std::lock_guard lock(m_host->m_mutex);
    for (auto file = m_host->m_files.begin(); file != m_host->m_files.end(); ++file) {
        if (file.key().section(u'/', 0, -2) != folder)
            continue;
        (*file)->pool = childText(xml, u"name");
        (*file)->unreadable.reset();
    }
    return {};
}

Result<> FakeHypervisor::subscribe(
    std::function<void(const Event &)> onEvent, std::function<void(const Error &)> onClosed)
{
    if (const Result<> entered = enter(QStringLiteral("subscribe")); !entered)
        return entered;
    const std::lock_guard lock(m_mutex);
    m_onEvent = std::move(onEvent);
    m_onClosed = std::move(onClosed);
    return {};
}

FakeImageStore::FakeImageStore(std::shared_ptr<FakeHost> host)
    : m_host(std::move(host))
{
}

Result<FileStatus> FakeImageStore::status(const QString &path)
{
    if (const Result<> entered = m_host->enter(QStringLiteral("status")); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    const auto file = m_host->m_files.constFind(path);
    if (file == m_host->m_files.constEnd() && m_host->isFolder(path))
        return failure(ErrorCode::NotAnImage, path);
    if (file == m_host->m_files.constEnd())
        return failure(ErrorCode::NotFound, path, QStringLiteral("No such file or directory"));
    return FileStatus{ImageId(QStringLiteral("1:%1").arg((*file)->number)), Bytes((*file)->bytes.size()),
        (*file)->allocated, (*file)->modified};
}

Result<QString> FakeImageStore::withoutParents(const QString &path)
{
    return QDir::cleanPath(path);
}

Result<QStringList> FakeImageStore::list(const QString &folder)
{
    if (const Result<> entered = m_host->enter(QStringLiteral("list")); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    QStringList paths;
    for (auto file = m_host->m_files.cbegin(); file != m_host->m_files.cend(); ++file) {
        if (file.key().section(u'/', 0, -2) == folder)
            paths.append(file.key());
    }
    return paths;
}

Result<FileSystem> FakeImageStore::fileSystem(const QString &folder)
{
    if (const Result<> entered = m_host->enter(QStringLiteral("fileSystem")); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    return FileSystem{QStringLiteral("fs"), {folder}, m_host->m_free, m_host->m_takesLinks};
}

Result<std::unique_ptr<ByteSource>> FakeImageStore::open(const QString &path)
{
    if (const Result<> entered = m_host->enter(QStringLiteral("openImage")); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    const auto file = m_host->m_files.constFind(path);
    if (file == m_host->m_files.constEnd())
        return failure(ErrorCode::NotFound, path, QStringLiteral("No such file or directory"));
    if ((*file)->unreadable)
        return failure(*(*file)->unreadable);
    return std::unique_ptr<ByteSource>(new MemoryBytes((*file)->bytes));
}

Result<ImageFacts> FakeImageStore::describe(const QString &path, const QString &format)
{
    if (const Result<> entered = m_host->enter(QStringLiteral("describe")); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    const auto file = m_host->m_files.constFind(path);
    if (file == m_host->m_files.constEnd())
        return failure(ErrorCode::NotFound, path, QStringLiteral("No such file or directory"));
    if ((*file)->unreadable)
        return failure(*(*file)->unreadable);
    ImageFacts facts;
    facts.format = format;
    facts.virtualSize = Bytes((*file)->bytes.size());
    return facts;
}

} // namespace treewarden
