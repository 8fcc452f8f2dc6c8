// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/draft.h"

namespace treewarden {

// A bitmap tells what changed on a disk since a backup. It is of use while its machine goes on from the contents that
// it was recording, and while a layer below the machine holds it; after that the next backup must be a full one.
struct BitmapClaim
{
    DomainId domain;
    QString target;
    QString bitmap;
    QString name; // the checkpoint's that owns it; where none does, the bitmap's
    View present = 0; // what the disk shows

    bool operator==(const BitmapClaim &) const = default;
};

// Of every disk that a machine writes: the bitmaps in its image, and those of its checkpoints in the layers below. Not
// those that are of no use already: inconsistent ones, and such as end with the machine. Of other programs' bitmaps in
// lower layers nobody knows whose they are.
std::vector<BitmapClaim> bitmapClaims(const Draft &draft);

// Whether it is of use still. Pure.
bool isHeld(const BitmapClaim &claim, const Draft &draft);

} // namespace treewarden
