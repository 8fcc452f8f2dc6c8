// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/backend/imageeditor.h"

#include <functional>
#include <memory>

namespace treewarden {

// What a job needs of a host. Thread-safe.
struct JobHost
{
    std::shared_ptr<Hypervisor> hypervisor;
    std::shared_ptr<ImageEditor> editor;
    // A reading of everything, anew, by a reader of the job's own.
    std::function<Result<std::shared_ptr<const Inventory>>()> read;
};

} // namespace treewarden
