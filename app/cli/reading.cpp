// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/reading.h"

#include "app/cli/clitext.h"
#include "app/cli/output.h"
#include "model/inventory/inventoryreader.h"

namespace treewarden::cli {

using namespace Qt::StringLiterals;

Result<std::shared_ptr<Hypervisor>> openHost(const Backend &backend)
{
    const WaitNotice notice(CliText::waitingForHost());
    return backend.open([](const QString &, const QString &) {});
}

Result<Reading> read(const Backend &backend)
{
    const auto hypervisor = openHost(backend);
    if (!hypervisor)
        return failure(hypervisor.error());
    InventoryReader reader(*hypervisor, backend.stores(*hypervisor));
    if (!backend.frozenFiles.isEmpty())
        reader.setFrozenFiles(std::make_unique<FrozenFiles>(backend.frozenFiles));
    const WaitNotice notice(CliText::waitingForHost());
    const auto inventory = reader.readAll();
    if (!inventory)
        return failure(inventory.error());
    return Reading{*hypervisor, *inventory, assess(**inventory)};
}

std::shared_ptr<const Domain> findDomain(const Inventory &inventory, const QString &nameOrUuid)
{
    for (const auto &domain : inventory.domains) {
        if (domain->name == nameOrUuid)
            return domain;
    }
    return inventory.domain(DomainId(nameOrUuid));
}

// Asked of a file that is not there, so that nothing is read.
bool canEditFiles(const Backend &backend, const std::shared_ptr<Hypervisor> &hypervisor)
{
    const auto editor = backend.editor ? backend.editor(hypervisor) : nullptr;
    if (!editor)
        return false;
    const auto checked = editor->check(u"/nonexistent/treewarden"_s);
    return checked || checked.error().code != ErrorCode::Unsupported;
}

} // namespace treewarden::cli
