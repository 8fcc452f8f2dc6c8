// SPDX-License-Identifier: GPL-3.0-or-later
// A draft as it is made of what was read.
#include "model/guard/claimants.h"
#include "model/guard/draft.h"
#include "model/guard/material.h"

namespace treewarden {

namespace {

std::shared_ptr<const DomainDefinition> definitionOf(
    const std::shared_ptr<const Domain> &domain, const Fact<DomainDefinition> &fact)
{
    return fact.isKnown() ? std::shared_ptr<const DomainDefinition>(domain, &fact.value()) : nullptr;
}

} // namespace

Draft::Draft(std::shared_ptr<const Inventory> inventory)
    : m_inventory(std::move(inventory))
{
    // Contents name what lies below them, so the images are taken from the bottom up.
    const ImageGraph &graph = *m_inventory->images;
    const auto take = [&](const Image &image) {
        DraftImage taken;
        taken.id = image.id;
        taken.location = image.location;
        taken.allocated = image.allocated;
        taken.isKnown = image.facts.isKnown();
        taken.backing = image.backing;
        if (image.backing.isEmpty() && !image.backingLocation.isEmpty())
            taken.backing = imageIdOf(graph, image.backingLocation);
        const View under = view(taken.backing);
        taken.active = {freshView(), under};
        if (image.facts.isKnown()) {
            taken.format = image.facts->format;
            taken.virtualSize = image.facts->virtualSize;
            taken.dataFile = image.facts->dataFile;
            std::vector<DraftTag> tags;
            for (const Tag &tag : image.facts->tags)
                tags.push_back(
                    {tag.name, {freshView(), under}, tag.vmStateSize > 0 ? freshView() : View(0), tag.vmStateSize});
            taken.tags = NamedList(std::move(tags));
            taken.bitmaps = image.facts->bitmaps;
        }
        for (const QString &name : image.otherNames)
            m_byName.insert(name, image.id);
        add(std::move(taken));
    };
    QSet<ImageId> taken;
    for (const Image &image : graph.images()) {
        const ImageGraph::Chain chain = graph.chain(image.id);
        for (auto layer = chain.layers.rbegin(); layer != chain.layers.rend(); ++layer) {
            const Image *next = graph.find(*layer);
            if (taken.contains(*layer) || !next)
                continue;
            taken.insert(*layer);
            if (!next->facts.isAbsent())
                take(*next);
        }
    }
    for (const auto &domain : m_inventory->domains) {
        auto draft = std::make_shared<DraftDomain>();
        draft->uuid = domain->uuid;
        draft->name = domain->name;
        draft->state = domain->state;
        draft->persistent = domain->persistent;
        draft->memory = isActive(domain->state) ? freshView() : 0;
        draft->savedMemory = domain->hasManagedSave ? freshView() : 0;
        draft->definition = definitionOf(domain, domain->definition);
        draft->persistentDefinition
            = isActive(domain->state) ? definitionOf(domain, domain->persistentDefinition) : draft->definition;
        draft->areSnapshotsKnown = !domain->snapshots.isUnknown();
        if (domain->snapshots.isKnown()) {
            const SnapshotTree &tree = *domain->snapshots;
            std::vector<std::shared_ptr<const Snapshot>> snapshots;
            for (int node = 0; node < tree.size(); ++node)
                snapshots.emplace_back(domain, &tree.at(node));
            draft->snapshots = SnapshotList(std::move(snapshots));
            if (tree.current() >= 0)
                draft->current = tree.at(tree.current()).name;
        }
        if (domain->checkpoints.isKnown())
            draft->checkpoints = *domain->checkpoints;
        if (isActive(domain->state) && draft->definition)
            takeCheckpoints(*draft);
        m_domains.insert(domain->uuid, std::move(draft));
    }
    m_referredAtFirst = referred();
    m_claimantsAtFirst = std::make_shared<const ClaimantIndex>(ClaimantIndex::madeAnew(*this));
}

// QEMU writes a bitmap into its image when it closes it.
void Draft::takeCheckpoints(const DraftDomain &domain)
{
    for (const Checkpoint &checkpoint : domain.checkpoints) {
        for (const CheckpointDisk &marked : checkpoint.disks) {
            const Disk *disk = marked.bitmap.isEmpty() ? nullptr : domain.definition->disk(marked.target);
            const DraftImage *top = disk ? imageAt(disk->source.location) : nullptr;
            if (top && !top->hasBitmap(marked.bitmap)) {
                Bitmap bitmap;
                bitmap.name = marked.bitmap;
                edit(ImageId(top->id)).bitmaps.push_back(std::move(bitmap));
            }
        }
    }
}

} // namespace treewarden
