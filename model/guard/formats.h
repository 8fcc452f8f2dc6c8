// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"

#include <vector>

namespace treewarden {

// A machine says that an image has this format.
struct StatedFormat
{
    DomainId domain;
    QString machine;
    QString format;
    bool isWritten = false; // the machine has it as a disk that it writes to

    bool operator==(const StatedFormat &) const = default;
};

// Who says what, where definitions and snapshots differ on an image (Image::disputedFormats); of each machine each
// format once, in the order of the machines. Looks through all of them: for such images alone.
std::vector<StatedFormat> statedFormats(const Inventory &inventory, const Image &image);

} // namespace treewarden
