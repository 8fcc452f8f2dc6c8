// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/jobhost.h"

#include "model/inventory/inventoryreader.h"

#include <mutex>

namespace treewarden {

namespace {

// One reader for all readings of a job: what did not change is not read again.
struct Reading
{
    Reading(const std::shared_ptr<Hypervisor> &hypervisor, const std::vector<std::shared_ptr<ImageStore>> &stores)
        : reader(hypervisor, stores)
    {
    }
    std::mutex mutex;
    InventoryReader reader;
};

} // namespace

JobHost makeJobHost(std::shared_ptr<Hypervisor> hypervisor, std::shared_ptr<ImageEditor> editor,
    std::vector<std::shared_ptr<ImageStore>> stores)
{
    const auto reading = std::make_shared<Reading>(hypervisor, stores);
    return {std::move(hypervisor), std::move(editor),
        [reading] {
            const std::lock_guard lock(reading->mutex);
            return reading->reader.readAll();
        },
        std::move(stores)};
}

bool canEditFiles(const JobHost &host)
{
    const auto checked
        = host.editor ? host.editor->check(QStringLiteral("/nonexistent/treewarden")) : failure(ErrorCode::Unsupported);
    return checked || checked.error().code != ErrorCode::Unsupported;
}

} // namespace treewarden
