// SPDX-License-Identifier: GPL-3.0-or-later
// The layers of a disk in the details.
#include "model/base/visible.h"
#include "views/details.h"
#include "views/text/filetext.h"

#include <QSet>

#include <algorithm>

namespace treewarden {

namespace {

// The top of the chain to draw: the machine's present one where `image` is part of it, else the end of the longest
// line of overlays on it.
ImageId topOver(const Inventory &inventory, const Domain &domain, const ImageId &image)
{
    const ImageGraph &graph = *inventory.images;
    if (domain.definition.isKnown()) {
        for (const Disk &disk : domain.definition->disks) {
            const Image *active = graph.at(disk.source.location);
            if (!active)
                continue;
            const auto layers = graph.chain(active->id).layers;
            if (std::find(layers.begin(), layers.end(), image) != layers.end())
                return active->id;
        }
    }
    // Breadth first: the image that is reached last is one of the farthest.
    std::vector<ImageId> open{image};
    QSet<ImageId> seen{image};
    for (size_t i = 0; i < open.size(); ++i) {
        const std::vector<ImageId> above = graph.overlays(open[i]);
        for (const ImageId &overlay : above) {
            if (!seen.contains(overlay)) {
                seen.insert(overlay);
                open.push_back(overlay);
            }
        }
    }
    return open.back();
}

} // namespace

std::vector<LayerBox> layersOf(const Inventory &inventory, const Assessment &assessment, const Domain &domain,
    const ImageLocation &location, const std::vector<ImageLocation> &emphasized)
{
    const ImageGraph &graph = *inventory.images;
    const Image *start = graph.at(location);
    if (!start)
        return {};
    QSet<ImageId> strong;
    for (const ImageLocation &each : emphasized) {
        if (const Image *image = graph.at(each))
            strong.insert(image->id);
    }
    QSet<ImageId> inUse;
    if (domain.definition.isKnown()) {
        for (const Disk &disk : domain.definition->disks) {
            if (const Image *image = graph.at(disk.source.location))
                inUse.insert(image->id);
        }
    }

    const ImageGraph::Chain chain = graph.chain(topOver(inventory, domain, start->id));
    std::vector<LayerBox> boxes;
    for (const ImageId &id : chain.layers) {
        const Image &image = *graph.find(id);
        LayerBox box;
        box.path = image.location.name;
        box.name = box.path.section(u'/', -1);
        box.emphasized = strong.contains(id);
        box.lines += FileText::layerFacts(image);
        if (image.facts.isUnknown())
            box.look = LayerBox::Look::Unknown;
        else if (!image.facts->tags.empty())
            box.look = LayerBox::Look::Tags;
        else if (!image.facts->backingName.isEmpty())
            box.look = LayerBox::Look::Overlay;
        if (inUse.contains(id))
            box.mark = isActive(domain.state) ? FileText::inUseNowMark() : FileText::startsWithMark();
        std::vector<ClaimRef> claims = assessment.claims.refsOn(id);
        std::erase_if(claims, [&](const ClaimRef &claim) {
            const bool foreign = claim.owner->domain != domain.uuid;
            const bool shown = claim.owner->kind == OwnerKind::CurrentState && !foreign;
            return (!claim.direct && !foreign) || shown;
        });
        box.lines += FileText::layerOwners(claims, domain.uuid);
        if (const int others = int(graph.overlays(id).size()) - (&id == chain.layers.data() ? 0 : 1); others > 0)
            box.lines += FileText::otherOverlays(others);
        boxes.push_back(std::move(box));
    }
    const QString next = chain.next.name;
    switch (chain.end) {
    case ImageGraph::Chain::End::Missing:
        boxes.push_back({LayerBox::Look::Missing, next.section(u'/', -1), next, {FileText::missing()}, {}, false});
        break;
    case ImageGraph::Chain::End::Loop:
        boxes.push_back({LayerBox::Look::Missing, next.section(u'/', -1), next, {FileText::loop()}, {}, false});
        break;
    case ImageGraph::Chain::End::TooDeep:
        boxes.push_back({LayerBox::Look::Unknown, FileText::tooDeep(), {}, {}, {}, false});
        break;
    case ImageGraph::Chain::End::Unknown:
        // Either the last layer itself could not be read, and says so, or what it names was not looked at.
        if (!boxes.empty() && boxes.back().look != LayerBox::Look::Unknown)
            boxes.push_back(
                {LayerBox::Look::Unknown, next.section(u'/', -1), next, {FileText::notLookedAt()}, {}, false});
        break;
    case ImageGraph::Chain::End::Complete:
        break;
    }
    for (LayerBox &box : boxes) {
        box.name = visible(box.name);
        box.lines = visible(box.lines);
    }
    return boxes;
}

} // namespace treewarden
