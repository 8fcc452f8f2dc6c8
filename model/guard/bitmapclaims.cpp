// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/bitmapclaims.h"

#include <algorithm>

namespace treewarden {

namespace {

const Disk *writtenDisk(const DraftDomain &domain, const QString &target)
{
    const Disk *disk = domain.definition ? domain.definition->disk(target) : nullptr;
    return disk && !disk->readOnly && !disk->source.location.isEmpty() ? disk : nullptr;
}

// The flag of an image that nobody has open was left by a process that died.
bool isUsable(const Bitmap &bitmap, bool isOn)
{
    return bitmap.persistent && !bitmap.inconsistent && (isOn || !bitmap.inUse);
}

const Checkpoint *checkpointOf(const DraftDomain &domain, const QString &target, const QString &bitmap)
{
    const auto found
        = std::find_if(domain.checkpoints.begin(), domain.checkpoints.end(), [&](const Checkpoint &checkpoint) {
              return std::any_of(checkpoint.disks.begin(), checkpoint.disks.end(),
                  [&](const CheckpointDisk &disk) { return disk.target == target && disk.bitmap == bitmap; });
          });
    return found == domain.checkpoints.end() ? nullptr : &*found;
}

} // namespace

std::vector<BitmapClaim> bitmapClaims(const Draft &draft)
{
    std::vector<BitmapClaim> claims;
    for (const auto &[id, domain] : draft.domains()) {
        for (size_t i = 0; domain->definition && i < domain->definition->disks.size(); ++i) {
            const QString &target = domain->definition->disks[i].target;
            const Disk *disk = writtenDisk(*domain, target);
            if (!disk)
                continue;
            const ImageId top = draft.idAt(disk->source.location);
            for (const ImageId &layer : draft.chain(top)) {
                for (const Bitmap &bitmap : draft.image(layer)->bitmaps) {
                    const Checkpoint *checkpoint = checkpointOf(*domain, target, bitmap.name);
                    if (!isUsable(bitmap, isActive(domain->state)) || (layer != top && !checkpoint))
                        continue;
                    const BitmapClaim claim{
                        id, target, bitmap.name, checkpoint ? checkpoint->name : bitmap.name, draft.view(top)};
                    if (std::find(claims.begin(), claims.end(), claim) == claims.end())
                        claims.push_back(claim);
                }
            }
        }
    }
    return claims;
}

bool isHeld(const BitmapClaim &claim, const Draft &draft)
{
    const DraftDomain *domain = draft.domain(claim.domain);
    const Disk *disk = domain ? writtenDisk(*domain, claim.target) : nullptr;
    if (!disk)
        return false;
    const ImageId top = draft.idAt(disk->source.location);
    const std::vector<ImageId> layers = draft.chain(top);
    return draft.view(top) == claim.present && std::any_of(layers.begin(), layers.end(), [&](const ImageId &layer) {
        const std::vector<Bitmap> &bitmaps = draft.image(layer)->bitmaps;
        return std::any_of(bitmaps.begin(), bitmaps.end(),
            [&](const Bitmap &bitmap) { return bitmap.name == claim.bitmap && !bitmap.inconsistent; });
    });
}

} // namespace treewarden
