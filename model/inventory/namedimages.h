// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"
#include "model/inventory/imagereader.h"

#include <vector>

namespace treewarden {

// Appends what a machine's definitions and snapshots name: disks with the layers that are listed, NVRAM, files of
// memory. What is named often is appended often.
void appendNamedImages(std::vector<ImageRequest> &requests, const Domain &domain);

// The images that a running machine writes to. Where its own definition could not be read, those of its next start.
QStringList writtenPaths(const Domain &domain);

} // namespace treewarden
