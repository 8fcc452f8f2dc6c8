// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/assessment.h"

#include "model/guard/material.h"
#include "model/guard/rules.h"

#include <QSet>

#include <algorithm>
#include <functional>
#include <iterator>

namespace treewarden {

namespace {

template <typename T>
std::vector<T> ofDomain(const std::vector<T> &all, const DomainId &domain)
{
    std::vector<T> some;
    std::copy_if(all.begin(), all.end(), std::back_inserter(some), [&](const T &one) { return one.domain == domain; });
    return some;
}

Fact<Bytes> fileBytes(const ImageGraph &images, const ImageLocation &location)
{
    const Image *image = images.at(location);
    if (!image)
        return Fact<Bytes>::unknown({ErrorCode::NotRead, location.name, {}});
    if (image->facts.isAbsent() || image->allocated.isAbsent())
        return Bytes(0);
    return image->allocated;
}

Fact<Bytes> externalBytes(const ImageGraph &images, const Snapshot &snapshot)
{
    std::vector<ImageLocation> files;
    for (const auto *disks : {&snapshot.disks, &snapshot.revertDisks}) {
        for (const SnapshotDisk &disk : *disks) {
            if (!disk.overlay.location.isEmpty())
                files.push_back(disk.overlay.location);
        }
    }
    if (snapshot.memory == MemoryKind::External)
        files.push_back({SourceKind::File, snapshot.memoryFile});

    Bytes sum = 0;
    QSet<ImageId> seen;
    for (const ImageLocation &file : files) {
        const ImageId id = imageIdOf(images, file);
        if (seen.contains(id))
            continue;
        seen.insert(id);
        Fact<Bytes> bytes = fileBytes(images, file);
        if (!bytes.isKnown())
            return bytes;
        sum += *bytes;
    }
    return sum;
}

using FindTag = std::function<const Tag *(const Image &image, const QString &name)>;

Fact<Bytes> internalBytes(
    const ImageGraph &images, const Domain &domain, const Snapshot &snapshot, const FindTag &findTag)
{
    if (snapshot.memory == MemoryKind::None)
        return Fact<Bytes>::absent();
    Bytes sum = 0;
    bool found = false;
    for (const SnapshotPart &part : partsOf(images, domain, snapshot)) {
        const Image *image = images.at(part.frozen.location);
        if (!image)
            return Fact<Bytes>::unknown({ErrorCode::NotRead, part.frozen.location.name, {}});
        if (image->facts.isUnknown())
            return Fact<Bytes>::unknown(image->facts.why());
        if (const Tag *tag = image->facts.isKnown() ? findTag(*image, snapshot.name) : nullptr) {
            found = true;
            sum += tag->vmStateSize;
        }
    }
    return found ? Fact<Bytes>(sum) : Fact<Bytes>::absent();
}

Fact<Bytes> bytesOf(const ImageGraph &images, const Domain &domain, const Snapshot &snapshot, const FindTag &findTag)
{
    return snapshot.kind() == SnapshotKind::External ? externalBytes(images, snapshot)
                                                     : internalBytes(images, domain, snapshot, findTag);
}

const Tag *findTagIn(const Image &image, const QString &name)
{
    const std::vector<Tag> &tags = image.facts->tags;
    const auto found = std::find_if(tags.begin(), tags.end(), [&](const Tag &tag) { return tag.name == name; });
    return found == tags.end() ? nullptr : &*found;
}

} // namespace

QHash<DomainId, Assessment::Attention> Assessment::attention() const
{
    QHash<DomainId, Attention> found;
    for (const Problem &problem : problems) {
        if (problem.severity == Severity::Note || problem.id == QLatin1String("mixed-tree"))
            continue;
        Attention &of = found[problem.domain];
        ++of.problems;
        of.isDanger |= problem.severity == Severity::Danger;
    }
    for (const Orphan &orphan : orphans) {
        if (orphan.kind != OrphanKind::Metadata && orphan.isCertain)
            ++found[orphan.domain].leftOver;
    }
    return found;
}

std::vector<Problem> Assessment::problemsOf(const DomainId &domain) const
{
    return ofDomain(problems, domain);
}

std::vector<Orphan> Assessment::orphansOf(const DomainId &domain) const
{
    return ofDomain(orphans, domain);
}

Assessment assess(const Inventory &inventory)
{
    Assessment assessment;
    assessment.claims = Claims(inventory);
    const RuleInput input{inventory, *inventory.images, assessment.claims, TagIndex(*inventory.images)};
    findOrphans(input, assessment);
    for (const auto &domain : inventory.domains) {
        addImageProblems(input, *domain, assessment.problems);
        addSnapshotProblems(input, *domain, assessment.problems);
        if (domain->state == DomainState::Paused && domain->pausedBy == PausedBy::IoError)
            assessment.problems.push_back(
                {QStringLiteral("paused-by-io-error"), Severity::Warning, domain->uuid, domain->name, {}, {}});
    }
    addUnclaimedImageProblems(input, assessment.problems);
    return assessment;
}

TreeKind treeKind(const SnapshotTree &tree)
{
    bool internal = false;
    bool external = false;
    for (int node = 0; node < tree.size(); ++node)
        (tree.at(node).kind() == SnapshotKind::External ? external : internal) = true;
    if (internal && external)
        return TreeKind::Mixed;
    return internal ? TreeKind::Internal : external ? TreeKind::External : TreeKind::None;
}

Fact<Bytes> onlyHere(const Inventory &inventory, const Domain &domain, int node)
{
    if (!domain.snapshots.isKnown() || node < 0 || node >= domain.snapshots->size())
        return Fact<Bytes>::absent();
    return bytesOf(*inventory.images, domain, domain.snapshots->at(node), findTagIn);
}

std::vector<Fact<Bytes>> onlyHere(const Inventory &inventory, const Domain &domain)
{
    std::vector<Fact<Bytes>> all;
    if (!domain.snapshots.isKnown())
        return all;
    const TagIndex tags(*inventory.images);
    const auto findTag = [&](const Image &image, const QString &name) { return tags.find(image.id, name); };
    all.reserve(size_t(domain.snapshots->size()));
    for (int node = 0; node < domain.snapshots->size(); ++node)
        all.push_back(bytesOf(*inventory.images, domain, domain.snapshots->at(node), findTag));
    return all;
}

} // namespace treewarden
