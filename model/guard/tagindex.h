// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/imagegraph.h"

namespace treewarden {

// The tags of the images, by name. Keeps pointers into the graph, which must outlive it.
class TagIndex
{
public:
    explicit TagIndex(const ImageGraph &images)
    {
        for (const Image &image : images.images()) {
            if (!image.facts.isKnown() || image.facts->tags.empty())
                continue;
            QHash<QString, const Tag *> &tags = m_tags[image.id];
            tags.reserve(qsizetype(image.facts->tags.size()));
            // Of several with one name QEMU takes the first.
            for (auto tag = image.facts->tags.rbegin(); tag != image.facts->tags.rend(); ++tag)
                tags.insert(tag->name, &*tag);
        }
    }

    const Tag *find(const ImageId &image, const QString &name) const
    {
        const auto tags = m_tags.constFind(image);
        return tags == m_tags.constEnd() ? nullptr : tags->value(name);
    }
    // Different names in the image.
    int count(const ImageId &image) const
    {
        const auto tags = m_tags.constFind(image);
        return tags == m_tags.constEnd() ? 0 : int(tags->size());
    }

private:
    QHash<ImageId, QHash<QString, const Tag *>> m_tags;
};

} // namespace treewarden
