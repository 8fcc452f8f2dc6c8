// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/assessment.h"

namespace treewarden {

// A folder with images that this user may not read, of which libvirt has no storage pool: as one, they could be known.
struct UnlistedFolder
{
    QString folder;
    QString poolName; // what a pool of it would be called
    QStringList images; // the machine's in it, by path

    bool operator==(const UnlistedFolder &) const = default;
};

// Those of a machine, by folder. Folders of the system itself (/, /dev, /etc, ...) are none: a pool there would list
// what is not for virtual machines.
std::vector<UnlistedFolder> unlistedFolders(
    const Inventory &inventory, const Assessment &assessment, const DomainId &domain);

} // namespace treewarden
