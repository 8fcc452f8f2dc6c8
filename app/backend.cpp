// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/backend.h"

#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/backend/libvirt/volumeeditor.h"
#include "model/backend/libvirt/volumestore.h"
#include "model/backend/localfiles/localeditor.h"
#include "model/backend/localfiles/localfiles.h"
#include "model/job/journal.h"
#include "model/sandbox/sandbox.h"

#include <QUrl>

#include <unistd.h>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// Whether this process may write the images of the host: those of a session's daemon are its user's, and root may write
// all of this computer. What is refused all the same fails where it is tried.
bool ownsFiles(const QString &uri)
{
    if (!libvirt::isLocalUri(uri))
        return false;
    const QString path = QUrl(uri).path();
    return geteuid() == 0 || path == "/session"_L1 || path == "/embed"_L1;
}

} // namespace

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
    backend.editor = [isOurs = isSandbox || ownsFiles(uri)](
                         const std::shared_ptr<Hypervisor> &hypervisor) -> std::shared_ptr<ImageEditor> {
        if (isOurs)
            return std::make_shared<LocalEditor>();
        return std::make_shared<VolumeEditor>(hypervisor);
    };
    if (isLocal)
        backend.frozenFiles = Journal::standardFolder() + u"/frozen/"_s + Journal::keyOf(uri) + u".json"_s;
    return backend;
}

Result<> resetSandbox()
{
    return openSandbox({.reset = true}, libvirt::openHypervisor).map([](const QString &) {});
}

} // namespace treewarden
