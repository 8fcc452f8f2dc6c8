// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/claims.h"

#include "model/guard/material.h"
#include "model/guard/nvramcopies.h"

#include <algorithm>

namespace treewarden {

class ClaimsBuilder
{
public:
    ClaimsBuilder(const Inventory &inventory, Claims &claims)
        : m_images(*inventory.images)
        , m_claims(claims)
    {
        for (const Image &image : m_images.images())
            linkImage(image);
        // All links first: a walk down must see what any definition says of a chain.
        for (const auto &domain : inventory.domains) {
            linkDefinition(domain->definition);
            linkDefinition(domain->persistentDefinition);
        }
        for (const auto &domain : inventory.domains)
            addDomain(*domain);
        addOverlaysOfNobody();
    }

private:
    ImageId id(const ImageLocation &location) const { return imageIdOf(m_images, location); }

    void link(const ImageId &overlay, const ImageId &below)
    {
        if (overlay == below || overlay.isEmpty() || below.isEmpty())
            return;
        std::vector<ImageId> &known = m_below[overlay];
        if (std::find(known.begin(), known.end(), below) != known.end())
            return;
        known.push_back(below);
        m_claims.m_above[below].push_back(overlay);
    }

    void linkImage(const Image &image)
    {
        if (!image.backing.isEmpty())
            link(image.id, image.backing);
        else if (!image.backingLocation.isEmpty())
            link(image.id, id(image.backingLocation));
        link(image.id, id(dataFileOf(image)));
    }

    void linkSource(const DiskSource &source)
    {
        if (!source.dataFile.isEmpty())
            link(id(source.location), id({SourceKind::File, source.dataFile}));
    }

    void linkDefinition(const Fact<DomainDefinition> &definition)
    {
        if (!definition.isKnown())
            return;
        for (const Disk &disk : definition->disks) {
            linkSource(disk.source);
            const ImageLocation *above = &disk.source.location;
            for (const DiskSource &layer : disk.backingChain) {
                linkSource(layer);
                if (!layer.location.isEmpty()) {
                    link(id(*above), id(layer.location));
                    above = &layer.location;
                }
            }
        }
    }

    int addOwner(Owner owner)
    {
        m_claims.m_owners.push_back(std::move(owner));
        return int(m_claims.m_owners.size()) - 1;
    }

    void state(int owner, const ImageId &image, LayerKind kind, const QString &name = {})
    {
        m_claims.m_byImage[image].push_back({owner, kind, name});
        if (kind == LayerKind::Tag)
            m_claims.m_tags[image].insert(name);
    }

    // A layer of a disk: whatever lies below is relied on as well.
    void claim(int owner, const ImageId &image, LayerKind kind, const QString &name = {})
    {
        state(owner, image, kind, name);
        m_tops.push_back(image);
    }

    void claimFile(int owner, const QString &path)
    {
        if (!path.isEmpty())
            state(owner, id({SourceKind::File, path}), LayerKind::File);
    }

    void addDomain(const Domain &domain)
    {
        m_tops.clear();
        const auto owner = [&](OwnerKind kind, const QString &name = {}) {
            return addOwner({kind, domain.uuid, domain.name, name});
        };
        const DomainDefinition *now = domain.definition.isKnown() ? &domain.definition.value() : nullptr;
        if (now)
            addCurrentState(owner(OwnerKind::CurrentState), *now);
        if (domain.persistentDefinition.isKnown())
            addPersistent(owner(OwnerKind::PersistentDefinition), *domain.persistentDefinition, now);
        if (domain.snapshots.isKnown()) {
            for (int node = 0; node < domain.snapshots->size(); ++node) {
                const Snapshot &snapshot = domain.snapshots->at(node);
                addSnapshot(owner(OwnerKind::Snapshot, snapshot.name), domain, snapshot);
            }
        }
        if (domain.checkpoints.isKnown() && now) {
            for (const Checkpoint &checkpoint : *domain.checkpoints)
                addCheckpoint(owner(OwnerKind::Checkpoint, checkpoint.name), *now, checkpoint);
        }
        attributeChains(domain.uuid);
    }

    void addCurrentState(int owner, const DomainDefinition &definition)
    {
        for (const Disk &disk : definition.disks) {
            if (!disk.source.location.isEmpty())
                claim(owner, id(disk.source.location), LayerKind::Active);
            if (disk.mirror && !disk.mirror->location.isEmpty())
                claim(owner, id(disk.mirror->location), LayerKind::Active);
        }
        if (definition.nvram)
            claimFile(owner, definition.nvram->path);
    }

    void addPersistent(int owner, const DomainDefinition &next, const DomainDefinition *now)
    {
        for (const Disk &disk : next.disks) {
            if (disk.source.location.isEmpty())
                continue;
            const Disk *same = now ? now->disk(disk.target) : nullptr;
            if (!same || id(same->source.location) != id(disk.source.location))
                claim(owner, id(disk.source.location), LayerKind::Active);
        }
        if (next.nvram && !(now && now->nvram && now->nvram->path == next.nvram->path))
            claimFile(owner, next.nvram->path);
    }

    void addSnapshot(int owner, const Domain &domain, const Snapshot &snapshot)
    {
        for (const SnapshotPart &part : partsOf(m_images, domain, snapshot)) {
            const ImageId image = id(part.frozen.location);
            if (part.internal)
                claim(owner, image, LayerKind::Tag, snapshot.name);
            else
                claim(owner, image, LayerKind::Active);
        }
        if (snapshot.memory == MemoryKind::External)
            claimFile(owner, snapshot.memoryFile);
        if (snapshot.definition && snapshot.definition->nvram) {
            // libvirt tags a qcow2 NVRAM along with the disks (10.9.0); a raw one it keeps no copy of.
            const Nvram &nvram = *snapshot.definition->nvram;
            if (nvram.format == QStringLiteral("qcow2") && snapshot.kind() == SnapshotKind::Internal)
                state(owner, id({SourceKind::File, nvram.path}), LayerKind::Tag, snapshot.name);
            else if (const Image *copy = nvramCopyOf(m_images, snapshot))
                state(owner, copy->id, LayerKind::File);
            else
                claimFile(owner, nvram.path);
        }
        for (const auto *disks : {&snapshot.disks, &snapshot.revertDisks}) {
            for (const SnapshotDisk &disk : *disks) {
                if (!disk.overlay.location.isEmpty())
                    m_claims.m_namedBy.insert(id(disk.overlay.location), domain.uuid);
            }
        }
    }

    // A checkpoint's bitmap spans the layers that were made since: in each of them one of the same name goes on.
    void addCheckpoint(int owner, const DomainDefinition &now, const Checkpoint &checkpoint)
    {
        for (const CheckpointDisk &marked : checkpoint.disks) {
            const Disk *disk = marked.bitmap.isEmpty() ? nullptr : now.disk(marked.target);
            if (!disk || disk->source.location.isEmpty())
                continue;
            const ImageId top = id(disk->source.location);
            claim(owner, top, LayerKind::Bitmap, marked.bitmap);
            for (const ImageId &layer : m_images.chain(top).layers) {
                const Image *image = m_images.find(layer);
                if (layer == top || !image->facts.isKnown())
                    continue;
                const std::vector<Bitmap> &bitmaps = image->facts->bitmaps;
                if (std::any_of(bitmaps.begin(), bitmaps.end(),
                        [&](const Bitmap &bitmap) { return bitmap.name == marked.bitmap; }))
                    claim(owner, layer, LayerKind::Bitmap, marked.bitmap);
            }
        }
    }

    void attributeChains(const DomainId &domain)
    {
        QSet<ImageId> seen;
        std::vector<ImageId> &relied = m_claims.m_imagesOf[domain];
        for (const ImageId &top : m_tops) {
            if (seen.contains(top))
                continue;
            std::vector<ImageId> open{top};
            while (!open.empty()) {
                const ImageId image = open.back();
                open.pop_back();
                if (seen.contains(image))
                    continue;
                seen.insert(image);
                relied.push_back(image);
                m_claims.m_domainsOf[image].push_back(domain);
                if (const auto below = m_below.constFind(image); below != m_below.constEnd())
                    open.insert(open.end(), below->rbegin(), below->rend());
            }
        }
    }

    void addOverlaysOfNobody()
    {
        for (const Image &image : m_images.images()) {
            const auto below = m_below.constFind(image.id);
            if (below == m_below.constEnd() || m_claims.m_domainsOf.contains(image.id))
                continue;
            const int owner = addOwner({OwnerKind::Image, {}, {}, image.location.name});
            for (const ImageId &base : *below)
                state(owner, base, LayerKind::Active);
        }
    }

    const ImageGraph &m_images;
    Claims &m_claims;
    QHash<ImageId, std::vector<ImageId>> m_below;
    std::vector<ImageId> m_tops; // of the domain at hand
};

Claims::Claims(const Inventory &inventory)
{
    ClaimsBuilder(inventory, *this);
}

std::vector<Claim> Claims::on(const ImageId &image) const
{
    const std::vector<ClaimRef> refs = refsOn(image);
    std::vector<Claim> claims;
    claims.reserve(refs.size());
    for (const ClaimRef &ref : refs)
        claims.push_back({*ref.owner, {image, ref.kind, *ref.name}, ref.direct});
    return claims;
}

std::vector<ClaimRef> Claims::refsOn(const ImageId &image) const
{
    static const QString noName;
    std::vector<ClaimRef> claims;
    if (const auto stated = m_byImage.constFind(image); stated != m_byImage.constEnd()) {
        claims.reserve(stated->size());
        for (const Stated &claim : *stated)
            claims.push_back({&m_owners[size_t(claim.owner)], claim.kind, &claim.name, true});
    }
    std::vector<ImageId> open = m_above.value(image);
    if (open.empty())
        return claims;
    QSet<ImageId> seen{image};
    std::vector<bool> owners(m_owners.size());
    while (!open.empty()) {
        const ImageId overlay = open.back();
        open.pop_back();
        if (seen.contains(overlay))
            continue;
        seen.insert(overlay);
        if (const auto stated = m_byImage.constFind(overlay); stated != m_byImage.constEnd()) {
            for (const Stated &claim : *stated) {
                const bool reads = claim.kind == LayerKind::Active || claim.kind == LayerKind::Tag;
                if (reads && !owners[size_t(claim.owner)]) {
                    owners[size_t(claim.owner)] = true;
                    claims.push_back({&m_owners[size_t(claim.owner)], LayerKind::Active, &noName, false});
                }
            }
        }
        if (const auto above = m_above.constFind(overlay); above != m_above.constEnd())
            open.insert(open.end(), above->begin(), above->end());
    }
    return claims;
}

bool Claims::isTagClaimed(const ImageId &image, const QString &tag) const
{
    const auto tags = m_tags.constFind(image);
    return tags != m_tags.constEnd() && tags->contains(tag);
}

const std::vector<ImageId> &Claims::imagesOf(const DomainId &domain) const
{
    static const std::vector<ImageId> none;
    const auto found = m_imagesOf.constFind(domain);
    return found == m_imagesOf.constEnd() ? none : *found;
}

const std::vector<DomainId> &Claims::domainsOf(const ImageId &image) const
{
    static const std::vector<DomainId> none;
    const auto found = m_domainsOf.constFind(image);
    return found == m_domainsOf.constEnd() ? none : *found;
}

} // namespace treewarden
