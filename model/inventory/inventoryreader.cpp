// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory/inventoryreader.h"

#include "model/domain/nvramcopy.h"
#include "model/qmp/blockjobs.h"
#include "model/qmp/blocknode.h"
#include "model/xml/checkpointxml.h"
#include "model/xml/domainxml.h"
#include "model/xml/snapshotxml.h"

#include <QDateTime>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// Pools change rarely, and refreshing one makes the daemon look at all its files.
constexpr auto VolumesInterval = std::chrono::seconds(60);

template <typename T>
Fact<T> factOf(Result<T> result)
{
    return result ? Fact<T>(std::move(*result)) : Fact<T>::unknown(result.error());
}

// An error of the whole connection, not of one machine.
bool isConnectionError(const Error &error)
{
    return error.code == ErrorCode::ConnectionLost || error.code == ErrorCode::ConnectionFailed;
}

void appendDisks(std::vector<ImageRequest> &requests, const DomainDefinition &definition)
{
    const auto append = [&requests](const DiskSource &source) {
        if (!source.location.isEmpty())
            requests.push_back({source.location, source.format, {}});
        if (!source.dataFile.isEmpty())
            requests.push_back({{SourceKind::File, source.dataFile}, u"raw"_s, {}});
    };
    for (const Disk &disk : definition.disks) {
        append(disk.source);
        for (const DiskSource &layer : disk.backingChain)
            append(layer);
        if (disk.mirror)
            append(*disk.mirror);
    }
    if (definition.nvram && !definition.nvram->path.isEmpty()) {
        const QString format = definition.nvram->format.isEmpty() ? u"raw"_s : definition.nvram->format;
        requests.push_back({{SourceKind::File, definition.nvram->path}, format, {}});
    }
}

void appendSnapshots(std::vector<ImageRequest> &requests, const SnapshotTree &tree)
{
    // Snapshots share their definitions; each is looked through once.
    const DomainDefinition *last = nullptr;
    for (int node = 0; node < tree.size(); ++node) {
        const Snapshot &snapshot = tree.at(node);
        if (snapshot.definition && snapshot.definition.get() != last) {
            appendDisks(requests, *snapshot.definition);
            last = snapshot.definition.get();
        }
        for (const auto *disks : {&snapshot.disks, &snapshot.revertDisks}) {
            for (const SnapshotDisk &disk : *disks) {
                if (!disk.overlay.location.isEmpty())
                    requests.push_back({disk.overlay.location, disk.overlay.format, {}});
            }
        }
        if (!snapshot.memoryFile.isEmpty())
            requests.push_back({{SourceKind::File, snapshot.memoryFile}, u"libvirt-save"_s, {}});
    }
}

// The images that a running machine writes to. Where its own definition could not be read, those of its next start.
QStringList writtenPaths(const Domain &domain)
{
    const Fact<DomainDefinition> &definition
        = domain.definition.isKnown() ? domain.definition : domain.persistentDefinition;
    QStringList paths;
    if (!definition.isKnown())
        return paths;
    for (const Disk &disk : definition->disks) {
        if (disk.readOnly || disk.device == DiskDevice::Cdrom)
            continue;
        for (const DiskSource *source : {&disk.source, disk.mirror ? &*disk.mirror : nullptr}) {
            if (source && !source->location.isEmpty())
                paths << source->location.name;
        }
    }
    if (definition->nvram && !definition->nvram->path.isEmpty())
        paths << definition->nvram->path;
    return paths;
}

// New files are made beside images.
QStringList foldersOf(const std::vector<Image> &images)
{
    QStringList folders;
    for (const Image &image : images) {
        const QString &path = image.location.name;
        if (image.location.kind == SourceKind::File && path.startsWith(u'/'))
            folders += path.left(path.lastIndexOf(u'/'));
    }
    folders.sort();
    folders.removeDuplicates();
    return folders;
}

Fact<std::vector<Checkpoint>> checkpointsOf(const Result<std::vector<QByteArray>> &documents)
{
    if (!documents) {
        // A hypervisor without checkpoints has none.
        return documents.error().code == ErrorCode::Unsupported
            ? Fact<std::vector<Checkpoint>>::absent()
            : Fact<std::vector<Checkpoint>>::unknown(documents.error());
    }
    std::vector<Checkpoint> checkpoints;
    for (const QByteArray &xml : *documents) {
        Result<Checkpoint> checkpoint = readCheckpoint(xml);
        if (!checkpoint)
            return Fact<std::vector<Checkpoint>>::unknown(checkpoint.error());
        checkpoints.push_back(std::move(*checkpoint));
    }
    return checkpoints;
}

} // namespace

InventoryReader::InventoryReader(
    std::shared_ptr<Hypervisor> hypervisor, std::vector<std::shared_ptr<ImageStore>> stores)
    : m_hypervisor(std::move(hypervisor))
    , m_images(std::move(stores))
{
}

void InventoryReader::setProgress(Progress progress)
{
    m_progress = std::move(progress);
    m_images.setProgress([this](const QString &path) { announce(u"images"_s, path); });
}

void InventoryReader::announce(const QString &what, const QString &subject) const
{
    if (m_progress)
        m_progress(what, subject);
}

Result<std::shared_ptr<const Inventory>> InventoryReader::readAll()
{
    announce(u"host"_s, {});
    const Result<Host> host = m_hypervisor->host();
    if (!host)
        return failure(host.error());
    m_host = *host;
    for (Known &known : m_known)
        forget(known.summary.uuid);
    readVolumes();
    m_neighbours.clear();
    return poll();
}

void InventoryReader::forget(const DomainId &domain)
{
    for (Known &known : m_known) {
        if (known.summary.uuid == domain)
            known.domain = nullptr;
    }
}

Result<std::shared_ptr<const Inventory>> InventoryReader::poll(const DomainId &only)
{
    announce(u"domains"_s, {});
    Result<std::vector<DomainSummary>> summaries = m_hypervisor->domains();
    if (!summaries)
        return failure(summaries.error());
    std::sort(summaries->begin(), summaries->end(), [](const DomainSummary &a, const DomainSummary &b) {
        const int order = QString::compare(a.name, b.name, Qt::CaseInsensitive);
        return order ? order < 0 : a.uuid < b.uuid;
    });

    bool changed = !m_inventory || summaries->size() != m_known.size();
    const bool isThorough = only.isEmpty();
    if (isThorough
        && (!m_poolUnknowns.empty() || std::chrono::steady_clock::now() - m_volumesReadAt > VolumesInterval)) {
        const std::vector<ImageRequest> volumesBefore = m_volumes;
        const std::vector<Unknown> unknownBefore = m_poolUnknowns;
        readVolumes();
        changed = changed || m_volumes != volumesBefore || m_poolUnknowns != unknownBefore;
    }

    std::vector<Known> found;
    for (const DomainSummary &summary : *summaries) {
        const auto old = std::find_if(
            m_known.begin(), m_known.end(), [&](const Known &known) { return known.summary.uuid == summary.uuid; });
        Known known = old == m_known.end() ? Known{} : std::move(*old);
        const bool anew = !known.domain || known.summary != summary;
        known.summary = summary;
        if (anew || only.isEmpty() || only == summary.uuid) {
            const Result<bool> differs = look(known, anew);
            if (!differs && differs.error().code == ErrorCode::NotFound) {
                changed = true; // gone since it was listed
                continue;
            }
            if (!differs) {
                // What was known is with `found` and m_known by halves; start over after reconnecting.
                m_known.clear();
                return failure(differs.error());
            }
            changed = changed || *differs;
        }
        found.push_back(std::move(known));
    }
    m_known = std::move(found);
    if (changed)
        readNeighbours();
    else if (!m_images.isStale(isThorough))
        return m_inventory;
    return assemble();
}

// Whether it differs from before. Fails where the machine is gone or the connection broke; anything else that fails
// makes a fact unknown.
Result<bool> InventoryReader::look(Known &known, bool anew)
{
    const DomainSummary &summary = known.summary;
    const auto isFatal
        = [](const Error &error) { return isConnectionError(error) || error.code == ErrorCode::NotFound; };

    announce(u"definition"_s, summary.name);
    const Result<QByteArray> xml = m_hypervisor->domainXml(summary.uuid, Hypervisor::Definition::Live);
    if (!xml && isFatal(xml.error()))
        return failure(xml.error());
    Result<QByteArray> persistentXml = failure(ErrorCode::NotFound);
    if (summary.persistent && isActive(summary.state)) {
        persistentXml = m_hypervisor->domainXml(summary.uuid, Hypervisor::Definition::Persistent);
        if (!persistentXml && isFatal(persistentXml.error()))
            return failure(persistentXml.error());
    }
    announce(u"snapshots"_s, summary.name);
    const Result<SnapshotNames> names = m_hypervisor->snapshotNames(summary.uuid);
    if (!names && isFatal(names.error()))
        return failure(names.error());

    // One that was deleted and made again under its name is the current one now.
    Result<QByteArray> currentXml = QByteArray();
    if (names && !names->current.isEmpty())
        currentXml = m_hypervisor->snapshotXml(summary.uuid, names->current);
    if (!currentXml && isConnectionError(currentXml.error()))
        return failure(currentXml.error());

    announce(u"checkpoints"_s, summary.name);
    const Result<std::vector<QByteArray>> checkpoints = m_hypervisor->checkpointXml(summary.uuid);
    if (!checkpoints && isFatal(checkpoints.error()))
        return failure(checkpoints.error());

    const bool sameSnapshots = !anew && known.names == names && known.currentXml == currentXml && !wasRedefined(known);
    const bool same = sameSnapshots && known.liveXml == xml && known.persistentXml == persistentXml
        && known.checkpoints == checkpoints;
    if (same && !known.mayRecover())
        return false;
    const bool keepSnapshots = sameSnapshots && known.domain->snapshots.isKnown();
    const Known before = std::exchange(
        known, Known{summary, xml, persistentXml, names, currentXml, checkpoints, nullptr, {}, 0, {}, {}});
    if (keepSnapshots) {
        known.snapshotSums = before.snapshotSums;
        known.nextSnapshot = before.nextSnapshot;
    }

    auto domain = std::make_shared<Domain>();
    domain->uuid = summary.uuid;
    domain->name = summary.name;
    domain->state = summary.state;
    domain->persistent = summary.persistent;
    domain->hasManagedSave = summary.hasManagedSave;
    domain->definition = factOf(xml.and_then([](const QByteArray &text) { return readDomain(text); }));
    if (!summary.persistent)
        domain->persistentDefinition = Fact<DomainDefinition>::absent();
    else if (!isActive(summary.state))
        domain->persistentDefinition = domain->definition;
    else
        domain->persistentDefinition
            = factOf(persistentXml.and_then([](const QByteArray &text) { return readDomain(text); }));
    domain->snapshots = keepSnapshots ? before.domain->snapshots : readSnapshots(known);
    domain->checkpoints = checkpointsOf(checkpoints);
    domain->isAgentConnected = domain->definition.isKnown() && domain->definition->isGuestAgentConnected;
    readLive(known, *domain);
    const auto broke = [](const auto &fact) { return fact.isUnknown() && isConnectionError(fact.why()); };
    if (broke(domain->snapshots) || broke(known.liveRead))
        return failure(ErrorCode::ConnectionLost, summary.name);

    // Still unknown for the same reason is no news.
    const auto failsAlike
        = [](const auto &a, const auto &b) { return a.isUnknown() && b.isUnknown() && a.why() == b.why(); };
    if (same && (keepSnapshots || failsAlike(before.domain->snapshots, domain->snapshots))
        && before.domain->checkpoints == domain->checkpoints && before.liveRead == known.liveRead
        && before.live == known.live && before.domain->jobs == domain->jobs) {
        known.domain = before.domain;
        return false;
    }
    known.domain = std::move(domain);
    return true;
}

// "virsh snapshot-edit" changes neither names nor times. All of a huge tree at each look would be too much.
bool InventoryReader::wasRedefined(Known &known)
{
    constexpr qsizetype AtOnce = 24;
    // Each is a call, which a far host answers in its own time.
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
    const QStringList names = known.names ? known.names->names : QStringList();
    for (qsizetype i = 0; i < std::min(AtOnce, names.size()); ++i) {
        const QString &name = names[known.nextSnapshot++ % names.size()];
        const auto sum = known.snapshotSums.constFind(name);
        if (i > 0 && std::chrono::steady_clock::now() > end)
            break;
        const Result<QByteArray> xml = m_hypervisor->snapshotXml(known.summary.uuid, name);
        // What cannot be asked, or is gone by now, the next look tells.
        if (xml && sum != known.snapshotSums.constEnd() && *sum != qHash(*xml))
            return true;
    }
    return false;
}

Fact<SnapshotTree> InventoryReader::readSnapshots(Known &known)
{
    if (!known.names)
        return Fact<SnapshotTree>::unknown(known.names.error());
    std::vector<Snapshot> snapshots;
    snapshots.reserve(size_t(known.names->names.size()));
    std::optional<Error> malformed;
    SnapshotReader reader;
    const Result<> read = m_hypervisor->readSnapshots(known.summary.uuid, [&](const QByteArray &xml) {
        Result<Snapshot> snapshot = reader.read(xml);
        if (snapshot) {
            known.snapshotSums.insert(snapshot->name, qHash(xml));
            snapshots.push_back(std::move(*snapshot));
        } else {
            malformed = snapshot.error();
        }
    });
    // A tree without one of its snapshots would be a wrong tree.
    if (!read)
        return Fact<SnapshotTree>::unknown(read.error());
    if (malformed)
        return Fact<SnapshotTree>::unknown(*malformed);
    // libvirt lists them in the order of its hash table.
    std::stable_sort(snapshots.begin(), snapshots.end(), [](const Snapshot &a, const Snapshot &b) {
        return a.created != b.created ? a.created < b.created : a.name < b.name;
    });
    return SnapshotTree(std::move(snapshots), known.names->current);
}

// QEMU keeps metadata of an image that it writes to in memory: its file may be behind.
void InventoryReader::readLive(Known &known, Domain &domain)
{
    known.live.clear();
    known.liveRead = Fact<bool>::absent();
    if (!isActive(known.summary.state))
        return;
    announce(u"monitor"_s, known.summary.name);
    const auto nodes = m_hypervisor->qmp(known.summary.uuid, queryNamedBlockNodes()).and_then(readNamedBlockNodes);
    if (!nodes) {
        known.liveRead = Fact<bool>::unknown(nodes.error());
        domain.jobs = Fact<std::vector<BlockJob>>::unknown(nodes.error());
        for (const QString &path : writtenPaths(domain))
            known.live.insert(path, Fact<ImageFacts>::unknown(nodes.error()));
        return;
    }
    known.liveRead = true;
    QStringList targets;
    if (domain.definition.isKnown()) {
        for (const Disk &disk : domain.definition->disks)
            targets += disk.target;
    }
    domain.jobs = factOf(m_hypervisor->qmp(known.summary.uuid, queryBlockJobs()).and_then([&](const QByteArray &reply) {
        return readBlockJobs(reply, targets);
    }));
    for (const BlockNode &node : *nodes) {
        // Not the protocol node below, which has the same file name.
        if (node.driver == node.facts.format && !node.readOnly && node.driver != "file"_L1
            && node.driver != "host_device"_L1)
            known.live.insert(node.file, node.facts);
    }
}

void InventoryReader::readVolumes()
{
    m_volumes.clear();
    m_poolUnknowns.clear();
    announce(u"volumes"_s, {});
    m_volumesReadAt = std::chrono::steady_clock::now();
    const Result<Volumes> volumes = m_hypervisor->volumes();
    if (!volumes) {
        // A session daemon may come without the storage driver: then there are no pools.
        if (volumes.error().code != ErrorCode::Unsupported)
            m_poolUnknowns.push_back({u"pools"_s, m_host.uri, volumes.error()});
        return;
    }
    m_poolUnknowns = volumes->unknown;
    for (const Volume &volume : volumes->volumes) {
        if (volume.path.startsWith(u'/') && volume.format != "dir"_L1)
            m_volumes.push_back({{SourceKind::File, volume.path}, volume.format, volume.pool, false});
    }
    // A volume that something names keeps the format that it is named with.
    m_images.recogniseSaves(m_volumes);
}

// Files beside the disks that nothing names. Only what definitions and snapshots name counts for where to look: the
// header of an image may name any folder of the host.
void InventoryReader::readNeighbours()
{
    QStringList named;
    for (const ImageRequest &request : namedImages()) {
        if (request.location.kind == SourceKind::File)
            named.push_back(request.location.name);
    }
    QSet<QString> known(named.begin(), named.end());
    for (const ImageRequest &volume : m_volumes)
        known.insert(volume.location.name);
    announce(u"images"_s, {});
    m_neighbours = m_images.neighbours(named, known);
    addNvramCopies(known);
}

// Those that a snapshot has, and those whose snapshot is gone. They look like any file: it is their names that count.
void InventoryReader::addNvramCopies(const QSet<QString> &known)
{
    QHash<QString, Nvram> all;
    const auto add = [&](const DomainDefinition &definition) {
        if (definition.nvram)
            all.insert(definition.nvram->path, *definition.nvram);
    };
    for (const Known &each : m_known) {
        for (const auto *definition : {&each.domain->definition, &each.domain->persistentDefinition}) {
            if (definition->isKnown())
                add(**definition);
        }
        for (int node = 0; each.domain->snapshots.isKnown() && node < each.domain->snapshots->size(); ++node) {
            if (const auto &definition = each.domain->snapshots->at(node).definition)
                add(*definition);
        }
    }
    QHash<QString, QStringList> files; // by folder
    for (const Nvram &nvram : std::as_const(all)) {
        const QString folder = nvram.path.left(nvram.path.lastIndexOf(u'/'));
        if (!files.contains(folder))
            files.insert(folder, m_images.filesIn(folder));
        for (const QString &path : std::as_const(files[folder])) {
            if (!known.contains(path) && !snapshotOfNvramCopy(nvram, path).isEmpty())
                m_neighbours.push_back({{SourceKind::File, path}, u"raw"_s, {}, false});
        }
    }
}

std::vector<ImageRequest> InventoryReader::namedImages() const
{
    std::vector<ImageRequest> requests;
    for (const Known &known : m_known) {
        for (const auto *definition : {&known.domain->definition, &known.domain->persistentDefinition}) {
            if (definition->isKnown())
                appendDisks(requests, **definition);
        }
        if (known.domain->snapshots.isKnown())
            appendSnapshots(requests, *known.domain->snapshots);
    }
    return requests;
}

std::shared_ptr<const Inventory> InventoryReader::assemble()
{
    auto inventory = std::make_shared<Inventory>();
    inventory->host = m_host;
    inventory->unknown = m_poolUnknowns;
    QHash<QString, Fact<ImageFacts>> live;
    for (const Known &known : m_known) {
        inventory->domains.push_back(known.domain);
        live.insert(known.live);
        const auto note = [&](const QString &fact, const auto &value) {
            if (value.isUnknown())
                inventory->unknown.push_back({fact, known.summary.name, value.why()});
        };
        note(u"definition"_s, known.domain->definition);
        note(u"persistent-definition"_s, known.domain->persistentDefinition);
        note(u"snapshots"_s, known.domain->snapshots);
        note(u"checkpoints"_s, known.domain->checkpoints);
        note(u"block-nodes"_s, known.liveRead);
    }

    std::vector<ImageRequest> requests = namedImages();
    std::vector<ImageRequest> unnamed = m_volumes;
    unnamed.insert(unnamed.end(), m_neighbours.begin(), m_neighbours.end());
    requests.insert(requests.end(), unnamed.begin(), unnamed.end());
    std::vector<Image> images = m_images.read(requests, live);
    // A stray that is gone is nothing; a named image that is gone is a fact.
    QSet<QString> strays;
    for (const ImageRequest &stray : unnamed)
        strays.insert(stray.location.name);
    for (const ImageRequest &named : namedImages())
        strays.remove(named.location.name);
    for (const Image &image : images)
        strays.remove(image.backingLocation.name);
    std::erase_if(
        images, [&](const Image &image) { return image.facts.isAbsent() && strays.contains(image.location.name); });
    for (const Image &image : images) {
        if (image.facts.isUnknown())
            inventory->unknown.push_back({u"image"_s, image.location.name, image.facts.why()});
    }

    if (m_frozenFiles)
        m_frozenFiles->compare(inventory->domains, images, [this](const QString &path) { return m_images.open(path); });

    const bool same = m_inventory && m_inventory->domains == inventory->domains && m_inventory->host == inventory->host
        && m_inventory->unknown == inventory->unknown && m_inventory->images->images() == images;
    if (same)
        return m_inventory;
    // As of this reading: space that others take or free is no change of its own.
    inventory->fileSystems = m_images.fileSystems(foldersOf(images));
    inventory->images = std::make_shared<ImageGraph>(std::move(images));
    inventory->generation = m_inventory ? m_inventory->generation + 1 : 1;
    inventory->readAt = QDateTime::currentMSecsSinceEpoch();
    m_inventory = std::move(inventory);
    return m_inventory;
}

} // namespace treewarden
