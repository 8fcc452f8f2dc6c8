// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/domain/imagegraph.h"

#include <QSet>

namespace treewarden {

ImageGraph::ImageGraph(std::vector<Image> images)
    : m_images(std::move(images))
{
    for (int index = 0; index < int(m_images.size()); ++index) {
        const Image &image = m_images[size_t(index)];
        m_byId.insert(image.id, index);
        m_byName.insert(image.location.name, index);
        for (const QString &name : image.otherNames)
            m_byName.insert(name, index);
        if (!image.backing.isEmpty())
            m_overlays[image.backing].push_back(image.id);
    }
}

const Image *ImageGraph::find(const ImageId &id) const
{
    const int index = m_byId.value(id, -1);
    return index < 0 ? nullptr : &m_images[size_t(index)];
}

const Image *ImageGraph::at(const ImageLocation &location) const
{
    const int index = location.isEmpty() ? -1 : m_byName.value(location.name, -1);
    return index < 0 ? nullptr : &m_images[size_t(index)];
}

const std::vector<ImageId> &ImageGraph::overlays(const ImageId &id) const
{
    static const std::vector<ImageId> none;
    const auto found = m_overlays.constFind(id);
    return found == m_overlays.constEnd() ? none : *found;
}

ImageGraph::Chain ImageGraph::chain(const ImageId &top) const
{
    Chain chain;
    QSet<ImageId> seen;
    ImageId id = top;
    while (const Image *image = find(id)) {
        if (seen.contains(id)) {
            chain.end = Chain::End::Loop;
            return chain;
        }
        if (int(chain.layers.size()) >= MaximumDepth) {
            chain.end = Chain::End::TooDeep;
            return chain;
        }
        seen.insert(id);
        chain.layers.push_back(id);
        if (image->facts.isAbsent()) {
            // The name is known, the file is gone.
            chain.layers.pop_back();
            chain.end = Chain::End::Missing;
            chain.next = image->location;
            return chain;
        }
        if (image->facts.isUnknown()) {
            chain.end = Chain::End::Unknown;
            chain.next = image->location;
            return chain;
        }
        chain.next = image->backingLocation;
        if (image->facts->backingName.isEmpty()) {
            chain.end = Chain::End::Complete;
            return chain;
        }
        id = image->backing;
    }
    chain.end = Chain::End::Unknown;
    return chain;
}

} // namespace treewarden
