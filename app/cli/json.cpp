// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/json.h"

#include "app/cli/unknowns.h"
#include "model/guard/nvramcopies.h"

#include <QJsonArray>
#include <QSet>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

QJsonValue number(Bytes bytes)
{
    return qint64(bytes);
}

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

QString diskKindName(SnapshotDiskKind kind)
{
    switch (kind) {
    case SnapshotDiskKind::None:
        return u"no"_s;
    case SnapshotDiskKind::Internal:
        return u"internal"_s;
    case SnapshotDiskKind::External:
        return u"external"_s;
    case SnapshotDiskKind::Manual:
        return u"manual"_s;
    }
    return {};
}

QString memoryName(MemoryKind kind)
{
    switch (kind) {
    case MemoryKind::None:
        return u"none"_s;
    case MemoryKind::Internal:
        return u"internal"_s;
    case MemoryKind::External:
        return u"external"_s;
    }
    return {};
}

QString ownerName(const Owner &owner)
{
    switch (owner.kind) {
    case OwnerKind::CurrentState:
        return u"current"_s;
    case OwnerKind::PersistentDefinition:
        return u"definition"_s;
    case OwnerKind::Snapshot:
        return u"snapshot:"_s + owner.name;
    case OwnerKind::Checkpoint:
        return u"checkpoint:"_s + owner.name;
    case OwnerKind::Image:
        return u"image:"_s + owner.name;
    }
    return {};
}

QString layerName(const Layer &layer)
{
    switch (layer.kind) {
    case LayerKind::Active:
        return u"active"_s;
    case LayerKind::Tag:
        return u"tag:"_s + layer.name;
    case LayerKind::Bitmap:
        return u"bitmap:"_s + layer.name;
    case LayerKind::File:
        return u"file"_s;
    }
    return {};
}

QJsonArray disksJson(const Snapshot &snapshot)
{
    QJsonArray disks;
    for (const SnapshotDisk &disk : snapshot.disks) {
        disks.append(QJsonObject{{u"target"_s, disk.target}, {u"kind"_s, diskKindName(disk.kind)},
            {u"frozen"_s, orNull(snapshot.frozen(disk.target).location.name)},
            {u"overlay"_s, orNull(disk.overlay.location.name)}});
    }
    return disks;
}

QJsonArray ids(const std::vector<Problem> &problems, const QString &subject)
{
    QJsonArray found;
    for (const Problem &problem : problems) {
        if (problem.concerns(subject) && !found.contains(problem.id))
            found.append(problem.id);
    }
    return found;
}

QString firmwareName(NvramKept kept)
{
    switch (kept) {
    case NvramKept::Inside:
        return u"inside"_s;
    case NvramKept::Beside:
        return u"beside"_s;
    case NvramKept::No:
        return u"no"_s;
    }
    return {};
}

// The files that a domain's snapshots began or saved. Nobody relies on what came after a snapshot once the domain has
// gone back to it, but it is the domain's all the same.
QSet<QString> filesOfSnapshots(const Domain &domain)
{
    QSet<QString> paths;
    if (!domain.snapshots.isKnown())
        return paths;
    for (int node = 0; node < domain.snapshots->size(); ++node) {
        const Snapshot &snapshot = domain.snapshots->at(node);
        for (const auto *disks : {&snapshot.disks, &snapshot.revertDisks}) {
            for (const SnapshotDisk &disk : *disks)
                paths.insert(disk.overlay.location.name);
        }
        paths.insert(snapshot.memoryFile);
    }
    return paths;
}

QJsonObject imageJson(const Image &image, const Assessment &assessment, Unknowns &unknowns)
{
    const QString &path = image.location.name;
    QJsonArray claims;
    for (const Claim &claim : assessment.claims.on(image.id)) {
        claims.append(QJsonObject{{u"owner"_s, ownerName(claim.owner)}, {u"domain"_s, orNull(claim.owner.domainName)},
            {u"layer"_s, layerName(claim.layer)}});
    }
    QJsonArray problems = ids(assessment.problems, path);
    // A file that a snapshot misses is what that snapshot's problem names.
    for (const Problem &problem : assessment.problems) {
        const bool isMissed = problem.id == "memory-file-missing"_L1 || problem.id == "snapshot-file-missing"_L1;
        if (isMissed && problem.arguments.contains(path) && !problems.contains(problem.id))
            problems.append(problem.id);
    }
    QJsonObject json{{u"path"_s, path}, {u"claims"_s, claims}, {u"problems"_s, problems}};
    json.insert(u"actual"_s, unknowns.value(u"actual"_s, path, image.allocated, number));
    const auto fromFacts
        = [&](auto convert) { return image.facts.isKnown() ? QJsonValue(convert(*image.facts)) : QJsonValue(); };
    if (image.facts.isUnknown())
        unknowns.add(u"image"_s, path, image.facts.why());
    json.insert(u"format"_s, fromFacts([](const ImageFacts &facts) { return orNull(facts.format); }));
    json.insert(u"virtual"_s, fromFacts([](const ImageFacts &facts) { return number(facts.virtualSize); }));
    json.insert(u"backing"_s, fromFacts([&](const ImageFacts &) { return orNull(image.backingLocation.name); }));
    json.insert(u"tags"_s, fromFacts([](const ImageFacts &facts) {
        QJsonArray names;
        for (const Tag &tag : facts.tags)
            names.append(tag.name);
        return names;
    }));
    json.insert(u"bitmaps"_s, fromFacts([](const ImageFacts &facts) {
        QJsonArray names;
        for (const Bitmap &bitmap : facts.bitmaps)
            names.append(bitmap.name);
        return names;
    }));
    return json;
}

} // namespace

QString stateName(DomainState state)
{
    switch (state) {
    case DomainState::Unknown:
        return u"unknown"_s;
    case DomainState::Running:
        return u"running"_s;
    case DomainState::Blocked:
        return u"blocked"_s;
    case DomainState::Paused:
        return u"paused"_s;
    case DomainState::ShuttingDown:
        return u"shutdown"_s;
    case DomainState::ShutOff:
        return u"shutoff"_s;
    case DomainState::Crashed:
        return u"crashed"_s;
    case DomainState::PmSuspended:
        return u"pmsuspended"_s;
    }
    return {};
}

QString stateName(SnapshotState state)
{
    switch (state) {
    case SnapshotState::Unknown:
        return u"unknown"_s;
    case SnapshotState::Running:
        return u"running"_s;
    case SnapshotState::Blocked:
        return u"blocked"_s;
    case SnapshotState::Paused:
        return u"paused"_s;
    case SnapshotState::ShuttingDown:
        return u"shutdown"_s;
    case SnapshotState::ShutOff:
        return u"shutoff"_s;
    case SnapshotState::Crashed:
        return u"crashed"_s;
    case SnapshotState::PmSuspended:
        return u"pmsuspended"_s;
    case SnapshotState::DiskSnapshot:
        return u"disk-snapshot"_s;
    }
    return {};
}

QString kindName(TreeKind kind)
{
    switch (kind) {
    case TreeKind::None:
        return u"none"_s;
    case TreeKind::Internal:
        return u"internal"_s;
    case TreeKind::External:
        return u"external"_s;
    case TreeKind::Mixed:
        return u"mixed"_s;
    }
    return {};
}

QString kindName(SnapshotKind kind)
{
    return kind == SnapshotKind::External ? u"external"_s : u"internal"_s;
}

QString kindName(OrphanKind kind)
{
    switch (kind) {
    case OrphanKind::Tag:
        return u"tag"_s;
    case OrphanKind::Overlay:
        return u"overlay"_s;
    case OrphanKind::Memory:
        return u"memory"_s;
    case OrphanKind::Metadata:
        return u"metadata"_s;
    case OrphanKind::Nvram:
        return u"nvram"_s;
    }
    return {};
}

// Why it is paused, where that matters.
static QJsonValue reasonOf(const Domain &domain)
{
    if (domain.state != DomainState::Paused)
        return {};
    switch (domain.pausedBy) {
    case PausedBy::IoError:
        return u"io-error"_s;
    case PausedBy::Migration:
        return u"migration"_s;
    case PausedBy::Other:
    case PausedBy::SavedMemory:
        break;
    }
    return {};
}

QJsonObject listJson(const Inventory &inventory, const Assessment &assessment)
{
    Unknowns unknowns;
    QJsonArray domains;
    const QHash<DomainId, Assessment::Attention> attention = assessment.attention();
    for (const auto &domain : inventory.domains) {
        const auto treeValue = [&](auto convert) {
            return domain->snapshots.isKnown() ? QJsonValue(convert(*domain->snapshots)) : QJsonValue();
        };
        domains.append(QJsonObject{
            {u"name"_s, domain->name},
            {u"uuid"_s, domain->uuid.value},
            {u"state"_s, stateName(domain->state)},
            {u"reason"_s, reasonOf(*domain)},
            {u"kind"_s, treeValue([](const SnapshotTree &tree) { return kindName(treeKind(tree)); })},
            {u"snapshots"_s, treeValue([](const SnapshotTree &tree) { return tree.size(); })},
            {u"problems"_s, attention.value(domain->uuid).count()},
        });
    }
    for (const Unknown &unknown : inventory.unknown)
        unknowns.add(unknown.fact, unknown.subject, unknown.why);
    QJsonObject answer{{u"domains"_s, domains}};
    unknowns.writeTo(answer);
    return answer;
}

QJsonObject treeJson(const Inventory &inventory, const Assessment &assessment, const Domain &domain)
{
    Unknowns unknowns;
    QJsonObject answer{
        {u"domain"_s, domain.name}, {u"current"_s, QJsonValue::Null}, {u"snapshots"_s, QJsonValue::Null}};
    if (domain.snapshots.isUnknown())
        unknowns.add(u"snapshots"_s, domain.name, domain.snapshots.why());
    if (domain.snapshots.isKnown()) {
        const SnapshotTree &tree = *domain.snapshots;
        const std::vector<Problem> problems = assessment.problemsOf(domain.uuid);
        QJsonArray snapshots;
        for (int node = 0; node < tree.size(); ++node) {
            const Snapshot &snapshot = tree.at(node);
            const Fact<Bytes> bytes = onlyHere(inventory, domain, node);
            if (bytes.isAbsent())
                unknowns.addNotMeasured(snapshot.name);
            snapshots.append(QJsonObject{
                {u"name"_s, snapshot.name},
                {u"parent"_s, orNull(snapshot.parent)},
                {u"kind"_s, kindName(snapshot.kind())},
                {u"memory"_s, memoryName(snapshot.memory)},
                {u"firmware"_s,
                    unknowns.value(u"firmware"_s, snapshot.name, nvramKept(*inventory.images, snapshot), firmwareName)},
                {u"state"_s, stateName(snapshot.state)},
                {u"created"_s,
                    unknowns.value(u"created"_s, snapshot.name,
                        snapshot.created != 0 ? Fact<qint64>(snapshot.created) : Fact<qint64>(), number)},
                {u"current"_s, node == tree.current()},
                {u"bytes"_s, unknowns.value(u"bytes"_s, snapshot.name, bytes, number)},
                {u"disks"_s, disksJson(snapshot)},
                {u"findings"_s, ids(problems, snapshot.name)},
            });
        }
        answer.insert(u"snapshots"_s, snapshots);
        if (tree.current() >= 0)
            answer.insert(u"current"_s, tree.at(tree.current()).name);
    }
    QJsonArray orphans;
    for (const Orphan &orphan : assessment.orphansOf(domain.uuid))
        orphans.append(QJsonObject{{u"kind"_s, kindName(orphan.kind)}, {u"path"_s, orNull(orphan.path)},
            {u"name"_s, orphan.name}, {u"certain"_s, orphan.isCertain}});
    answer.insert(u"orphans"_s, orphans);
    if (const QStringList &unread = assessment.mayRelyOnAnything; !unread.isEmpty())
        unknowns.add(u"orphans"_s, domain.name,
            {ErrorCode::NotRead, unread.front(),
                u"this could not be read and may rely on any file: "_s + unread.join(u", "_s)});
    for (const Unknown &unknown : inventory.unknown) {
        if (unknown.subject == domain.name && unknown.fact != "snapshots"_L1)
            unknowns.add(unknown.fact, unknown.subject, unknown.why);
    }
    unknowns.writeTo(answer);
    return answer;
}

QJsonObject imagesJson(const Inventory &inventory, const Assessment &assessment, const Domain *domain)
{
    Unknowns unknowns;
    QJsonArray images;
    const QSet<QString> files = domain ? filesOfSnapshots(*domain) : QSet<QString>();
    const std::vector<Orphan> orphans = domain ? assessment.orphansOf(domain->uuid) : std::vector<Orphan>();
    for (const Image &image : inventory.images->images()) {
        if (domain && !files.contains(image.location.name)) {
            const std::vector<Claim> claims = assessment.claims.on(image.id);
            const bool isTheirs = std::any_of(
                claims.begin(), claims.end(), [&](const Claim &claim) { return claim.owner.domain == domain->uuid; });
            const bool isOrphan = std::any_of(orphans.begin(), orphans.end(),
                [&](const Orphan &orphan) { return orphan.path == image.location.name; });
            if (!isTheirs && !isOrphan)
                continue;
        }
        images.append(imageJson(image, assessment, unknowns));
    }
    for (const Unknown &unknown : inventory.unknown) {
        if (unknown.fact != "image"_L1)
            unknowns.add(unknown.fact, unknown.subject, unknown.why);
    }
    QJsonObject answer{{u"images"_s, images}};
    unknowns.writeTo(answer);
    return answer;
}

} // namespace treewarden::cli
