// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"
#include "model/domain/inventory.h"

#include <QByteArray>
#include <QStringList>

#include <vector>

namespace treewarden {

QByteArray queryBlockJobs();

// The jobs of the whole reply; errors as readReplyList(). libvirt names its own after what they do and the disk
// ("commit-vda-libvirt-3-format", qemuBlockJobNewCommon's callers); one with another name is somebody else's. `targets`
// are the machine's disks.
Result<std::vector<BlockJob>> readBlockJobs(const QByteArray &reply, const QStringList &targets);

} // namespace treewarden
