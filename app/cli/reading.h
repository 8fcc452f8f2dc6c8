// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connection.h"

namespace treewarden::cli {

// A host as it is at one moment, with the connection that it was read over.
struct Reading
{
    std::shared_ptr<Hypervisor> hypervisor;
    std::shared_ptr<const Inventory> inventory;
    Assessment assessment;
};
Result<std::shared_ptr<Hypervisor>> openHost(const Backend &backend); // says so where that takes long
Result<Reading> read(const Backend &backend);

// Whether the files themselves can be rewritten, and not only made and removed as storage volumes.
bool canEditFiles(const Backend &backend, const std::shared_ptr<Hypervisor> &hypervisor);

// By name or UUID; null: there is none.
std::shared_ptr<const Domain> findDomain(const Inventory &inventory, const QString &nameOrUuid);

} // namespace treewarden::cli
