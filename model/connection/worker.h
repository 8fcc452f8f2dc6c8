// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace treewarden {

// Runs `body` on a thread of its own that nobody ever joins: it may sit in a call that does not come back, and no
// window waits for that. The body must own all it uses. `name`: at most 15 characters.
void startWorker(const char *name, std::function<void()> body);

// Whether all workers have ended; waits for that at most so long. For main(), before the process's statics go.
bool waitForWorkers(std::chrono::milliseconds patience);

// Tasks for one worker, in order.
class TaskQueue
{
public:
    // Starts the worker; it ends after stop().
    static std::shared_ptr<TaskQueue> start(const char *name);

    void post(std::function<void()> task);
    // What waits is dropped; what runs goes on.
    void stop();

private:
    void run();

    std::mutex m_mutex;
    std::condition_variable m_wakeUp;
    std::deque<std::function<void()>> m_tasks;
    bool m_stopped = false;
};

} // namespace treewarden
