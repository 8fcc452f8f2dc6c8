// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/formats.h"

#include "model/guard/material.h"

#include <algorithm>

namespace treewarden {

namespace {

class Search
{
public:
    Search(const Inventory &inventory, const Image &image)
        : m_images(*inventory.images)
        , m_image(image.id)
    {
    }

    void look(const Domain &domain, const DomainDefinition &definition, bool isOfNow)
    {
        for (const Disk &disk : definition.disks) {
            look(domain, disk.source, isOfNow && disk.keepsWrites());
            for (const DiskSource &layer : disk.backingChain)
                look(domain, layer, false);
        }
    }
    void look(const Domain &domain, const DiskSource &source, bool isWritten)
    {
        if (source.format.isEmpty() || source.location.isEmpty() || imageIdOf(m_images, source.location) != m_image)
            return;
        const auto same = std::find_if(m_found.begin(), m_found.end(),
            [&](const StatedFormat &each) { return each.domain == domain.uuid && each.format == source.format; });
        if (same == m_found.end())
            m_found.push_back({domain.uuid, domain.name, source.format, isWritten});
        else
            same->isWritten = same->isWritten || isWritten;
    }
    std::vector<StatedFormat> take() { return std::move(m_found); }

private:
    const ImageGraph &m_images;
    const ImageId m_image;
    std::vector<StatedFormat> m_found;
};

} // namespace

std::vector<StatedFormat> statedFormats(const Inventory &inventory, const Image &image)
{
    Search search(inventory, image);
    for (const auto &domain : inventory.domains) {
        for (const auto *definition : {&domain->definition, &domain->persistentDefinition}) {
            if (definition->isKnown())
                search.look(*domain, **definition, true);
        }
        for (int node = 0; domain->snapshots.isKnown() && node < domain->snapshots->size(); ++node) {
            const Snapshot &snapshot = domain->snapshots->at(node);
            if (snapshot.definition)
                search.look(*domain, *snapshot.definition, false);
            for (const auto *disks : {&snapshot.disks, &snapshot.revertDisks}) {
                for (const SnapshotDisk &disk : *disks)
                    search.look(*domain, disk.overlay, false);
            }
        }
    }
    return search.take();
}

} // namespace treewarden
