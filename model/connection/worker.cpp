// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/connection/worker.h"

#include <pthread.h>

#include <csignal>
#include <thread>

namespace treewarden {

namespace {

struct Census
{
    std::mutex mutex;
    std::condition_variable changed;
    int alive = 0;
};

// Never destroyed: workers may outlive main().
Census &census()
{
    static Census *const instance = new Census;
    return *instance;
}

} // namespace

void startWorker(const char *name, std::function<void()> body)
{
    {
        const std::lock_guard lock(census().mutex);
        ++census().alive;
    }
    std::thread([name, body = std::move(body)]() mutable {
        pthread_setname_np(pthread_self(), name);
        // Signals are the main thread's.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        body();
        body = nullptr; // what it owns ends before the worker counts as ended
        const std::lock_guard lock(census().mutex);
        --census().alive;
        census().changed.notify_all();
    }).detach();
}

bool waitForWorkers(std::chrono::milliseconds patience)
{
    std::unique_lock lock(census().mutex);
    return census().changed.wait_for(lock, patience, [] { return census().alive == 0; });
}

std::shared_ptr<TaskQueue> TaskQueue::start(const char *name)
{
    auto queue = std::make_shared<TaskQueue>();
    startWorker(name, [queue] { queue->run(); });
    return queue;
}

void TaskQueue::post(std::function<void()> task)
{
    const std::lock_guard lock(m_mutex);
    if (m_stopped)
        return;
    m_tasks.push_back(std::move(task));
    m_wakeUp.notify_all();
}

void TaskQueue::stop()
{
    const std::lock_guard lock(m_mutex);
    m_stopped = true;
    m_tasks.clear();
    m_wakeUp.notify_all();
}

void TaskQueue::run()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_wakeUp.wait(lock, [this] { return m_stopped || !m_tasks.empty(); });
        if (m_stopped)
            return;
        std::function<void()> task = std::move(m_tasks.front());
        m_tasks.pop_front();
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
    }
}

} // namespace treewarden
