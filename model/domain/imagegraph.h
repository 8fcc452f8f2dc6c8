// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/image.h"

#include <QHash>

#include <vector>

namespace treewarden {

// All images of a host and which is backed by which. Immutable. Never trusts a chain to end.
class ImageGraph
{
public:
    // Longer chains are cut: libvirt itself refuses to make more than 200 layers.
    static constexpr int MaximumDepth = 1000;

    struct Chain
    {
        enum class End {
            Complete, // the last layer has no backing image
            Missing, // the last layer names a backing image that does not exist
            Unknown, // the last layer could not be read, or names what cannot be looked at
            Loop,
            TooDeep,
        };
        std::vector<ImageId> layers; // top first; empty when the top itself is not there
        End end = End::Unknown;
        ImageLocation next; // what the last layer names, where end is Missing, Unknown or Loop
    };

    ImageGraph() = default;
    explicit ImageGraph(std::vector<Image> images);

    const std::vector<Image> &images() const { return m_images; }
    const Image *find(const ImageId &id) const;
    // By any of its names.
    const Image *at(const ImageLocation &location) const;
    // The images that name this one as their backing image.
    const std::vector<ImageId> &overlays(const ImageId &id) const;
    Chain chain(const ImageId &top) const;

private:
    std::vector<Image> m_images;
    QHash<ImageId, int> m_byId;
    QHash<QString, int> m_byName;
    QHash<ImageId, std::vector<ImageId>> m_overlays;
};

} // namespace treewarden
