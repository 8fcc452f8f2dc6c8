// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/domain/nvramcopy.h"
#include "model/guard/material.h"
#include "model/guard/rules.h"

#include <QSet>

#include <algorithm>

namespace treewarden {

namespace {

constexpr QStringView RawFormat = u"raw";

QString fileName(const QString &path)
{
    return path.mid(path.lastIndexOf(u'/') + 1);
}

class OrphanFinder
{
public:
    explicit OrphanFinder(const RuleInput &input)
        : m_in(input)
    {
        for (const auto &domain : input.inventory.domains) {
            m_domains.insert(domain->uuid, domain.get());
            const auto note = [&](const DomainDefinition &definition) {
                if (definition.nvram)
                    m_nvrams.insert(definition.nvram->path, {*definition.nvram, domain->uuid});
            };
            for (int node = 0; domain->snapshots.isKnown() && node < domain->snapshots->size(); ++node) {
                if (const auto &definition = domain->snapshots->at(node).definition)
                    note(*definition);
            }
            for (const auto *definition : {&domain->persistentDefinition, &domain->definition}) {
                if (definition->isKnown())
                    note(**definition);
            }
        }
    }

    void find(Assessment &assessment)
    {
        findEnds();
        const QStringList machines = unreadMachines();
        const QStringList images = unreadImagesOfMachines();
        m_isAnyTagCertain = machines.isEmpty();
        m_isAnyFileCertain = machines.isEmpty() && images.isEmpty();
        for (const Image &image : m_in.images.images()) {
            if (!image.facts.isKnown())
                continue;
            addTags(image);
            addOverlay(image);
            addMemory(image);
            addNvramCopy(image);
        }
        for (const auto &domain : m_in.inventory.domains)
            addMetadata(*domain);
        assessment.orphans = std::move(m_orphans);
        QStringList unread = machines + images + unreadPools();
        for (const Image &image : m_in.images.images()) {
            const bool isMissing = image.facts.isAbsent() && !m_in.claims.domainsOf(image.id).empty();
            if ((image.facts.isUnknown() || isMissing) && !m_ends.contains(image.id))
                unread += image.location.name;
        }
        unread.removeDuplicates();
        assessment.mayRelyOnAnything = std::move(unread);
    }

private:
    // Images that are known to have nothing below, or whose chain a definition lists.
    void findEnds()
    {
        const auto note = [&](const DiskSource &source) {
            if (source.format == RawFormat)
                m_ends.insert(imageIdOf(m_in.images, source.location));
            if (!source.dataFile.isEmpty())
                m_ends.insert(imageIdOf(m_in.images, {SourceKind::File, source.dataFile}));
        };
        const auto noteFiles = [&](const DomainDefinition &definition) {
            if (definition.nvram && definition.nvram->format.isEmpty())
                m_ends.insert(imageIdOf(m_in.images, {SourceKind::File, definition.nvram->path}));
            for (const Disk &disk : definition.disks) {
                note(disk.source);
                if (!disk.backingChainComplete)
                    continue;
                m_ends.insert(imageIdOf(m_in.images, disk.source.location));
                for (const DiskSource &layer : disk.backingChain)
                    m_ends.insert(imageIdOf(m_in.images, layer.location));
            }
        };
        for (const auto &domain : m_in.inventory.domains) {
            if (domain->definition.isKnown())
                noteFiles(*domain->definition);
            if (domain->persistentDefinition.isKnown())
                noteFiles(*domain->persistentDefinition);
            if (!domain->snapshots.isKnown())
                continue;
            for (int node = 0; node < domain->snapshots->size(); ++node) {
                const Snapshot &snapshot = domain->snapshots->at(node);
                for (const SnapshotPart &part : partsOf(m_in.images, *domain, snapshot))
                    note(part.frozen);
                if (!snapshot.memoryFile.isEmpty())
                    m_ends.insert(imageIdOf(m_in.images, {SourceKind::File, snapshot.memoryFile}));
            }
        }
        for (const Image &image : m_in.images.images()) {
            if (image.facts.isUnknown() && image.facts.why().code == ErrorCode::NotAnImage)
                m_ends.insert(image.id);
            if (image.facts.isKnown() && image.facts->backingFormat == RawFormat && !image.backing.isEmpty())
                m_ends.insert(image.backing);
            m_ends.insert(imageIdOf(m_in.images, dataFileOf(image)));
        }
    }

    QStringList unreadMachines() const
    {
        QStringList names;
        for (const auto &domain : m_in.inventory.domains) {
            if (domain->definition.isUnknown() || domain->persistentDefinition.isUnknown()
                || domain->snapshots.isUnknown())
                names += domain->name;
        }
        return names;
    }

    // What else a machine could rely on any file by.
    QStringList unreadImagesOfMachines() const
    {
        QStringList paths;
        for (const auto &domain : m_in.inventory.domains) {
            for (const ImageId &id : m_in.claims.imagesOf(domain->uuid)) {
                const Image *image = m_in.images.find(id);
                // A volume is a file of its pool, too.
                const bool local = image ? image->location.isLocalPath() || image->location.kind == SourceKind::Volume
                                         : id.value.startsWith(u'/');
                if (local && (!image || image->facts.isUnknown()) && !m_ends.contains(id))
                    paths += image ? image->location.name : id.value;
            }
        }
        return paths;
    }

    // What may hold more files, each resting on others.
    QStringList unreadPools() const
    {
        QStringList names;
        for (const Unknown &each : m_in.inventory.unknown) {
            if (each.fact == QStringLiteral("pools") || each.fact == QStringLiteral("pool")
                || each.fact == QStringLiteral("volume"))
                names += each.subject;
        }
        return names;
    }

    // Who relies on an image, or at least names it.
    std::vector<DomainId> users(const ImageId &image) const
    {
        std::vector<DomainId> domains = m_in.claims.domainsOf(image);
        const DomainId namedBy = m_in.claims.namedBy(image);
        if (!namedBy.isEmpty() && std::find(domains.begin(), domains.end(), namedBy) == domains.end())
            domains.push_back(namedBy);
        return domains;
    }

    // The one it belongs to: the only user, or the only one that has it as a disk rather than below one.
    DomainId belongsTo(const ImageId &image, const std::vector<DomainId> &domains) const
    {
        if (domains.size() == 1)
            return domains.front();
        DomainId only;
        for (const DomainId &domain : domains) {
            if (!hasAsDisk(domain, image))
                continue;
            if (!only.isEmpty())
                return {};
            only = domain;
        }
        return only;
    }

    bool hasAsDisk(const DomainId &id, const ImageId &image) const
    {
        const Domain *domain = m_domains.value(id);
        if (!domain || !domain->definition.isKnown())
            return false;
        const std::vector<Disk> &disks = domain->definition->disks;
        return std::any_of(disks.begin(), disks.end(),
            [&](const Disk &disk) { return imageIdOf(m_in.images, disk.source.location) == image; });
    }

    // Null: not known.
    const QSet<QString> *internalNames(const DomainId &id)
    {
        if (const auto known = m_internalNames.constFind(id); known != m_internalNames.constEnd())
            return &*known;
        const Domain *domain = m_domains.value(id);
        if (!domain || domain->snapshots.isUnknown())
            return nullptr;
        QSet<QString> names;
        for (int node = 0; domain->snapshots.isKnown() && node < domain->snapshots->size(); ++node) {
            const Snapshot &snapshot = domain->snapshots->at(node);
            if (snapshot.kind() == SnapshotKind::Internal)
                names.insert(snapshot.name);
        }
        return &*m_internalNames.insert(id, names);
    }

    void addTags(const Image &image)
    {
        if (image.facts->tags.empty())
            return;
        const std::vector<DomainId> domains = users(image.id);
        if (domains.empty())
            return;
        std::vector<QSet<QString>> names;
        for (const DomainId &domain : domains) {
            const QSet<QString> *known = internalNames(domain);
            if (!known)
                return;
            names.push_back(*known);
        }
        for (const Tag &tag : image.facts->tags) {
            const bool explained = std::any_of(names.begin(), names.end(), [&](const QSet<QString> &some) {
                return some.contains(tag.name);
            }) || m_in.claims.isTagClaimed(image.id, tag.name);
            if (explained)
                continue;
            const Fact<Bytes> bytes = tag.vmStateSize > 0 ? Fact<Bytes>(tag.vmStateSize) : Fact<Bytes>::absent();
            m_orphans.push_back({OrphanKind::Tag, belongsTo(image.id, domains), image.location.name, tag.name, bytes,
                tag.created, m_isAnyTagCertain});
        }
    }

    void addOverlay(const Image &image)
    {
        if (image.facts->backingName.isEmpty() || !users(image.id).empty())
            return;
        // The nearest image below that some domain uses says whose it is.
        QSet<ImageId> seen;
        for (const Image *below = &image; below && !seen.contains(below->id);
             below = m_in.images.find(below->backing)) {
            seen.insert(below->id);
            if (const std::vector<DomainId> domains = users(below->id); !domains.empty()) {
                addFile(OrphanKind::Overlay, belongsTo(below->id, domains), image);
                return;
            }
        }
        addFile(OrphanKind::Overlay, {}, image); // a chain that no machine has any part in
    }

    void addMemory(const Image &image)
    {
        if (image.facts->format != SavedMemoryFormat || m_in.claims.isClaimed(image.id))
            return;
        // The longest machine name that the file name begins with: tools name such files after machine and snapshot.
        const QString name = fileName(image.location.name);
        const Domain *domain = nullptr;
        for (const auto &candidate : m_in.inventory.domains) {
            if (candidate->hasManagedSave && name == QString(candidate->name + QStringLiteral(".save")))
                return;
            const bool fits = name.startsWith(candidate->name) && name.size() > candidate->name.size()
                && !name.at(candidate->name.size()).isLetterOrNumber();
            if (fits && (!domain || candidate->name.size() > domain->name.size()))
                domain = candidate.get();
        }
        addFile(OrphanKind::Memory, domain ? domain->uuid : DomainId(), image);
    }

    void addNvramCopy(const Image &image)
    {
        if (m_nvrams.isEmpty() || m_in.claims.isClaimed(image.id))
            return;
        for (const auto &[nvram, domain] : std::as_const(m_nvrams)) {
            if (!snapshotOfNvramCopy(nvram, image.location.name).isEmpty()) {
                addFile(OrphanKind::Nvram, domain, image);
                return;
            }
        }
    }

    void addFile(OrphanKind kind, const DomainId &domain, const Image &image)
    {
        const QString &path = image.location.name;
        m_orphans.push_back({kind, domain, path, fileName(path), image.allocated, image.modified, m_isAnyFileCertain});
    }

    void addMetadata(const Domain &domain)
    {
        for (int node = 0; domain.snapshots.isKnown() && node < domain.snapshots->size(); ++node) {
            const Snapshot &snapshot = domain.snapshots->at(node);
            QString gone;
            bool left = false;
            const auto look = [&](const ImageLocation &location, const QString &tag) {
                const PartState state = stateOf(m_in.images, m_in.tags, location, tag);
                if (state == PartState::There || state == PartState::Unknown)
                    left = true;
                else if (gone.isEmpty())
                    gone = location.name;
            };
            const std::vector<SnapshotPart> parts = partsOf(m_in.images, domain, snapshot);
            for (const SnapshotPart &part : parts)
                look(part.frozen.location, part.internal ? snapshot.name : QString());
            if (parts.empty() && snapshot.memory == MemoryKind::External)
                look({SourceKind::File, snapshot.memoryFile}, {});
            if (!left && !gone.isEmpty())
                m_orphans.push_back(
                    {OrphanKind::Metadata, domain.uuid, gone, snapshot.name, Fact<Bytes>::absent(), snapshot.created});
        }
    }

    const RuleInput &m_in;
    QHash<DomainId, const Domain *> m_domains;
    QHash<DomainId, QSet<QString>> m_internalNames;
    QSet<ImageId> m_ends;
    QHash<QString, std::pair<Nvram, DomainId>> m_nvrams; // by path
    bool m_isAnyTagCertain = true; // nothing rests on a tag, so what lies in a file does not count
    bool m_isAnyFileCertain = true;
    std::vector<Orphan> m_orphans;
};

} // namespace

void findOrphans(const RuleInput &input, Assessment &assessment)
{
    OrphanFinder(input).find(assessment);
}

} // namespace treewarden
