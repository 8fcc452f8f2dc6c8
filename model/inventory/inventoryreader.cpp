// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory/inventoryreader.h"

#include "model/inventory/namedimages.h"
#include "model/qmp/blockjobs.h"
#include "model/qmp/blocknode.h"
#include "model/qmp/runstate.h"
#include "model/xml/checkpointxml.h"
#include "model/xml/domainxml.h"
#include "model/xml/snapshotxml.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// Pools change rarely, and each of their volumes is a call.
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

// Whether an image came or went, or has other tags or another backing image than before.
bool haveOtherLayers(const ImageGraph &before, const ImageGraph &now)
{
    const auto isOther = [](const ImageGraph &here, const ImageGraph &there) {
        return std::any_of(here.images().begin(), here.images().end(), [&](const Image &image) {
            const Image *other = there.at(image.location);
            if (!other)
                return true;
            if (!image.facts.isKnown() || !other->facts.isKnown())
                return image.facts.isAbsent() != other->facts.isAbsent();
            return image.facts->tags != other->facts->tags || image.backingLocation != other->backingLocation;
        });
    };
    return &before != &now && (isOther(before, now) || before.images().size() != now.images().size());
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
    m_volumePaths = {};
    readVolumes();
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
    // Images are read after the machines, and those of machines that were not looked at, too. What a snapshot that was
    // taken or deleted meanwhile left in them would seem to be left over, or lost.
    // Once more is enough for what stands still again; each look is several calls a machine.
    const auto before = m_inventory;
    const auto now = look(only);
    return now && before && haveOtherLayers(*before->images, *(*now)->images) ? look({}) : now;
}

Result<std::shared_ptr<const Inventory>> InventoryReader::look(const DomainId &only)
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
    const bool isVolumesTime = std::chrono::steady_clock::now() - m_volumesReadAt > VolumesInterval;
    // What could not be read is tried again soon; a pool that nobody started is not.
    const auto isInactive = [this](const QString &pool) {
        return std::any_of(
            m_pools.begin(), m_pools.end(), [&](const Pool &each) { return each.name == pool && !each.isActive; });
    };
    const bool isRetry = std::any_of(m_poolUnknowns.begin(), m_poolUnknowns.end(),
        [&](const Unknown &unknown) { return unknown.fact != "pool"_L1 || !isInactive(unknown.subject); });
    if (isThorough && (isRetry || isVolumesTime)) {
        const std::vector<ImageRequest> volumesBefore = m_volumes;
        const std::vector<Pool> poolsBefore = m_pools;
        const std::vector<Unknown> unknownBefore = m_poolUnknowns;
        readVolumes();
        changed = changed || m_volumes != volumesBefore || m_pools != poolsBefore || m_poolUnknowns != unknownBefore;
    }
    if (isThorough)
        changed = m_volumePaths.lookAgain(*m_hypervisor, isVolumesTime) || changed;

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
    if (changed || m_neighboursReadAt < m_volumesReadAt)
        changed = readNeighbours() || changed;
    if (!changed && !m_images.isStale(isThorough))
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

    // No event tells that a machine leaves for another host, nor does its definition.
    Fact<bool> isMigrating = Fact<bool>::absent();
    if (isActive(summary.state)) {
        const auto job = m_hypervisor->jobInfo(summary.uuid);
        if (!job && isFatal(job.error()))
            return failure(job.error());
        // A hypervisor that knows of no jobs moves no machines.
        if (job || job.error().code == ErrorCode::Unsupported)
            isMigrating = job && *job && (*job)->isMigration;
        else
            isMigrating = Fact<bool>::unknown(job.error());
    }

    const bool sameSnapshots = !anew && known.names == names && known.currentXml == currentXml;
    const bool same = sameSnapshots && known.liveXml == xml && known.persistentXml == persistentXml
        && known.checkpoints == checkpoints && known.domain && known.domain->isMigrating == isMigrating;
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
    domain->pausedBy = summary.pausedBy;
    domain->isMigrating = isMigrating;
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
            malformed->subject = known.summary.name;
            malformed->detail = u"%1: %2"_s.arg(nameOfSnapshot(xml), malformed->detail);
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
    if (domain.state == DomainState::Paused && domain.pausedBy == PausedBy::Other) {
        const auto isSaved = m_hypervisor->qmp(known.summary.uuid, queryStatus()).and_then(isSavedState);
        if (isSaved.value_or(false))
            domain.pausedBy = PausedBy::SavedMemory;
    }
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

} // namespace treewarden
