// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/domain.h"

#include <QXmlStreamReader>

namespace treewarden {

// Deeper <backingStore> elements are cut, which leaves Disk::backingChainComplete false; libvirt makes at most 200.
inline constexpr size_t maximumBackingDepth = 1000;

// Reads the <disk> of a <domain> the reader stands on (consumes it).
Disk readDisk(QXmlStreamReader &xml);

} // namespace treewarden
