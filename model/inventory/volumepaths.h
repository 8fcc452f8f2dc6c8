// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/inventory/imagereader.h"

#include <QHash>

#include <vector>

namespace treewarden {

// Where the volumes are that definitions name by pool and name: libvirt looks that up when a machine starts. Remembers
// what it said. Not thread-safe; blocks.
class VolumePaths
{
public:
    // Puts a volume's file in the place of its name, which becomes an alias. A volume that libvirt does not find, or
    // whose pool is not active, stays as it is named, with the reason.
    void resolve(Hypervisor &hypervisor, std::vector<ImageRequest> &requests);
    // Asks again for what was not found, or for all. Whether something is different from before.
    bool lookAgain(Hypervisor &hypervisor, bool all);

private:
    QHash<QString, Result<QString>> m_paths; // by "POOL/VOLUME"
};

} // namespace treewarden
