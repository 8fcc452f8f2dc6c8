// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/backend/imageeditor.h"
#include "model/backend/imagestore.h"

#include <functional>
#include <memory>
#include <vector>

namespace treewarden {

// What a job needs of a host. Thread-safe; each job has one of its own.
struct JobHost
{
    std::shared_ptr<Hypervisor> hypervisor;
    std::shared_ptr<ImageEditor> editor;
    // A reading of everything, anew, by a reader of the job's own.
    std::function<Result<std::shared_ptr<const Inventory>>()> read;
    // The places to look for a single file after a step, best first.
    std::vector<std::shared_ptr<ImageStore>> stores = {};
};

// Over an open connection. The editor may be null; the stores are asked in their order.
JobHost makeJobHost(std::shared_ptr<Hypervisor> hypervisor, std::shared_ptr<ImageEditor> editor,
    std::vector<std::shared_ptr<ImageStore>> stores);

// Whether files can be rewritten there. Of the volumes alone an editor can check none.
bool canEditFiles(const JobHost &host);

} // namespace treewarden
