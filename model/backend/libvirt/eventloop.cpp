// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/eventloop.h"

#include "model/backend/libvirt/errors.h"

#include <libvirt/libvirt.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace treewarden::libvirt {

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Watch
{
    int fd = -1;
    int events = 0; // VIR_EVENT_HANDLE_*
    virEventHandleCallback callback = nullptr;
    void *opaque = nullptr;
    virFreeCallback release = nullptr;
};

struct Timer
{
    int interval = -1; // milliseconds; -1: off
    SteadyClock::time_point due;
    virEventTimeoutCallback callback = nullptr;
    void *opaque = nullptr;
    virFreeCallback release = nullptr;
};

short pollEvents(int events)
{
    return short(
        (events & VIR_EVENT_HANDLE_READABLE ? POLLIN : 0) | (events & VIR_EVENT_HANDLE_WRITABLE ? POLLOUT : 0));
}

int handleEvents(short events)
{
    return (events & POLLIN ? VIR_EVENT_HANDLE_READABLE : 0) | (events & POLLOUT ? VIR_EVENT_HANDLE_WRITABLE : 0)
        | (events & (POLLERR | POLLNVAL) ? VIR_EVENT_HANDLE_ERROR : 0)
        | (events & POLLHUP ? VIR_EVENT_HANDLE_HANGUP : 0);
}

// libvirt adds, changes and removes from any thread, also from within callbacks. Callbacks run on the loop's thread
// with the lock released; what was removed is released there too, so never while its callback runs.
class EventLoop
{
public:
    EventLoop()
        : m_wakeUp(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    {
    }

    int addWatch(Watch watch)
    {
        const std::lock_guard lock(m_mutex);
        m_watches.emplace(++m_lastId, watch);
        wakeUp();
        return m_lastId;
    }
    void updateWatch(int id, int events)
    {
        const std::lock_guard lock(m_mutex);
        if (const auto found = m_watches.find(id); found != m_watches.end())
            found->second.events = events;
        wakeUp();
    }
    int removeWatch(int id)
    {
        const std::lock_guard lock(m_mutex);
        return remove(m_watches, id);
    }
    int addTimer(Timer timer)
    {
        const std::lock_guard lock(m_mutex);
        timer.due = SteadyClock::now() + std::chrono::milliseconds(timer.interval);
        m_timers.emplace(++m_lastId, timer);
        wakeUp();
        return m_lastId;
    }
    void updateTimer(int id, int interval)
    {
        const std::lock_guard lock(m_mutex);
        if (const auto found = m_timers.find(id); found != m_timers.end()) {
            found->second.interval = interval;
            found->second.due = SteadyClock::now() + std::chrono::milliseconds(interval);
        }
        wakeUp();
    }
    int removeTimer(int id)
    {
        const std::lock_guard lock(m_mutex);
        return remove(m_timers, id);
    }

    [[noreturn]] void run()
    {
        for (;;)
            iterate();
    }

private:
    struct Release
    {
        virFreeCallback callback;
        void *opaque;
    };

    template <typename Map>
    int remove(Map &map, int id)
    {
        const auto found = map.find(id);
        if (found == map.end())
            return -1;
        if (found->second.release)
            m_released.push_back({found->second.release, found->second.opaque});
        map.erase(found);
        wakeUp();
        return 0;
    }

    void wakeUp()
    {
        const quint64 one = 1;
        // A full counter is a pending wake-up already.
        [[maybe_unused]] const ssize_t written = write(m_wakeUp, &one, sizeof one);
    }

    void iterate()
    {
        std::vector<pollfd> descriptors;
        std::vector<int> ids;
        int timeout = -1;
        std::vector<Release> released;
        {
            const std::lock_guard lock(m_mutex);
            released.swap(m_released);
            descriptors.push_back({m_wakeUp, POLLIN, 0});
            for (const auto &[id, watch] : m_watches) {
                // One without events is switched off; poll() would still report its hang-up.
                if (!watch.events)
                    continue;
                descriptors.push_back({watch.fd, pollEvents(watch.events), 0});
                ids.push_back(id);
            }
            const auto now = SteadyClock::now();
            for (const auto &[id, timer] : m_timers) {
                if (timer.interval < 0)
                    continue;
                const auto left = std::chrono::ceil<std::chrono::milliseconds>(timer.due - now).count();
                const int wait = int(std::clamp<qint64>(left, 0, 3'600'000));
                timeout = timeout < 0 ? wait : std::min(timeout, wait);
            }
        }
        for (const Release &release : released)
            release.callback(release.opaque);
        if (!released.empty())
            timeout = 0;

        if (poll(descriptors.data(), nfds_t(descriptors.size()), timeout) < 0)
            return; // EINTR
        if (descriptors[0].revents) {
            quint64 count = 0;
            [[maybe_unused]] const ssize_t got = read(m_wakeUp, &count, sizeof count);
        }
        fireTimers();
        for (size_t index = 0; index < ids.size(); ++index) {
            const pollfd &descriptor = descriptors[index + 1];
            if (descriptor.revents)
                fireWatch(ids[index], descriptor.fd, handleEvents(descriptor.revents));
        }
    }

    void fireTimers()
    {
        std::vector<std::pair<int, Timer>> due;
        {
            const std::lock_guard lock(m_mutex);
            const auto now = SteadyClock::now();
            for (auto &[id, timer] : m_timers) {
                if (timer.interval >= 0 && timer.due <= now) {
                    timer.due = now + std::chrono::milliseconds(timer.interval);
                    due.emplace_back(id, timer);
                }
            }
        }
        for (const auto &[id, timer] : due) {
            if (isPresent(m_timers, id))
                timer.callback(id, timer.opaque);
        }
    }

    void fireWatch(int id, int fd, int events)
    {
        Watch watch;
        {
            const std::lock_guard lock(m_mutex);
            const auto found = m_watches.find(id);
            if (found == m_watches.end() || found->second.fd != fd)
                return;
            watch = found->second;
        }
        watch.callback(id, fd, events, watch.opaque);
    }

    template <typename Map>
    bool isPresent(const Map &map, int id)
    {
        const std::lock_guard lock(m_mutex);
        return map.contains(id);
    }

    const int m_wakeUp;
    std::mutex m_mutex;
    int m_lastId = 0;
    std::map<int, Watch> m_watches;
    std::map<int, Timer> m_timers;
    std::vector<Release> m_released;
};

// Never destroyed: libvirt may call it until the process ends.
EventLoop &eventLoop()
{
    static EventLoop *const loop = new EventLoop;
    return *loop;
}

} // namespace

void startEventLoop()
{
    static std::once_flag once;
    std::call_once(once, [] {
        silenceLibvirt();
        virInitialize();
        virEventRegisterImpl(
            [](int fd, int events, virEventHandleCallback callback, void *opaque, virFreeCallback release) {
                return eventLoop().addWatch({fd, events, callback, opaque, release});
            },
            [](int id, int events) { eventLoop().updateWatch(id, events); },
            [](int id) { return eventLoop().removeWatch(id); },
            [](int interval, virEventTimeoutCallback callback, void *opaque, virFreeCallback release) {
                return eventLoop().addTimer({interval, {}, callback, opaque, release});
            },
            [](int id, int interval) { eventLoop().updateTimer(id, interval); },
            [](int id) { return eventLoop().removeTimer(id); });
        std::thread([] {
            pthread_setname_np(pthread_self(), "libvirt-events");
            // Signals are the main thread's.
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            eventLoop().run();
        }).detach();
    });
}

} // namespace treewarden::libvirt
