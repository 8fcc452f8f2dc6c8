// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints that come and go, each with a bitmap on the image that its disk is on then.
#include "model/guard/draft.h"

#include <algorithm>

namespace treewarden {

void Draft::addCheckpoint(const DomainId &id, const Checkpoint &checkpoint)
{
    edit(id).checkpoints.push_back(checkpoint);
    for (const CheckpointDisk &marked : checkpoint.disks)
        addBitmap(id, marked.target, marked.bitmap);
}

void Draft::addBitmap(const DomainId &id, const QString &target, const QString &name)
{
    const std::shared_ptr<const DomainDefinition> definition = domain(id)->definition;
    const Disk *disk = definition ? definition->disk(target) : nullptr;
    const DraftImage *top = disk ? imageAt(disk->source.location) : nullptr;
    if (!top || name.isEmpty())
        return;
    const ImageId image = top->id;
    Bitmap bitmap;
    bitmap.name = name;
    edit(image).bitmaps.push_back(std::move(bitmap));
    note(EffectKind::AddBitmap, image, name);
}

// In every layer that was made since: libvirt goes on with the bitmap in each of them.
void Draft::dropCheckpoint(const DomainId &id, const QString &name)
{
    DraftDomain &domain = edit(id);
    const auto found = std::find_if(domain.checkpoints.begin(), domain.checkpoints.end(),
        [&](const Checkpoint &each) { return each.name == name; });
    if (found == domain.checkpoints.end())
        return;
    const Checkpoint checkpoint = *found;
    domain.checkpoints.erase(found);
    const std::shared_ptr<const DomainDefinition> definition = domain.definition;
    for (const CheckpointDisk &marked : checkpoint.disks) {
        const Disk *disk = definition ? definition->disk(marked.target) : nullptr;
        for (const ImageId &layer : disk ? chain(idAt(disk->source.location)) : std::vector<ImageId>()) {
            if (!image(layer)->hasBitmap(marked.bitmap))
                continue;
            std::erase_if(edit(layer).bitmaps, [&](const Bitmap &bitmap) { return bitmap.name == marked.bitmap; });
            note(EffectKind::RemoveBitmap, layer, marked.bitmap);
        }
    }
}

} // namespace treewarden
