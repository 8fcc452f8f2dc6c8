// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"
#include "model/domain/snapshot.h"

#include <QByteArray>

namespace treewarden {

// A <domaincheckpoint> document as virDomainCheckpointGetXMLDesc gives it. Malformed as readDomain(), a checkpoint
// without a name and a disk without a name. A disk that is in the checkpoint and names no bitmap has one of the
// checkpoint's name, as libvirt gives it (virDomainCheckpointAlignDisks).
Result<Checkpoint> readCheckpoint(const QByteArray &document);

} // namespace treewarden
