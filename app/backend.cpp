// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/backend.h"

#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/backend/libvirt/volumestore.h"
#include "model/backend/localfiles/localfiles.h"
#include "model/sandbox/sandbox.h"

namespace treewarden {

using namespace Qt::StringLiterals;

Backend backendFor(const QString &uri)
{
    const bool isSandbox = uri == SandboxName;
    const bool isLocal = isSandbox || libvirt::isLocalUri(uri);
    Backend backend;
    backend.open = [uri, isSandbox](const Announce &announce) -> Result<std::shared_ptr<Hypervisor>> {
        if (!isSandbox)
            return libvirt::openHypervisor(uri);
        const auto tell = [&announce](const SandboxProgress &progress) {
            const bool isMaking = progress.phase == SandboxProgress::Phase::Making;
            announce(isMaking ? u"sandbox"_s : u"open"_s, progress.machine);
        };
        return openSandbox({}, libvirt::openHypervisor, tell).and_then(libvirt::openHypervisor);
    };
    backend.stores = [isLocal](const std::shared_ptr<Hypervisor> &hypervisor) {
        std::vector<std::shared_ptr<ImageStore>> stores;
        if (isLocal)
            stores.push_back(std::make_shared<LocalFiles>());
        stores.push_back(std::make_shared<VolumeStore>(hypervisor));
        return stores;
    };
    return backend;
}

Result<> resetSandbox()
{
    return openSandbox({.reset = true}, libvirt::openHypervisor).map([](const QString &) {});
}

} // namespace treewarden
