// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/libvirt/handles.h"
#include "model/base/result.h"
#include "model/domain/event.h"

#include <functional>
#include <memory>
#include <vector>

namespace treewarden::libvirt {

// Turns libvirt's domain events and QEMU's monitor events into values. The functions are called on the event thread
// until the bridge is destroyed; a call that is under way then may still finish.
class EventBridge
{
public:
    struct Listener
    {
        std::function<void(const Event &)> onEvent;
        std::function<void(const Error &)> onClosed;
    };

    // Events that this libvirt or this connection cannot give are left out; only a failure of all is an error.
    static Result<std::unique_ptr<EventBridge>> create(virConnectPtr connection, Listener listener);
    ~EventBridge();
    EventBridge(const EventBridge &) = delete;
    EventBridge &operator=(const EventBridge &) = delete;

private:
    explicit EventBridge(virConnectPtr connection)
        : m_connection(connection)
    {
    }

    virConnectPtr m_connection; // the owner's
    std::vector<int> m_domainEvents;
    int m_monitorEvent = -1;
    bool m_watchesClose = false;
};

} // namespace treewarden::libvirt
