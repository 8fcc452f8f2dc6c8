// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/runner.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace treewarden {

// Decides which job runs when: one at a time for each set of machines that share an image, sets side by side within a
// bound, each on a thread of its own. Outlives the connection whose jobs it runs: they go on to their end. Thread-safe.
class JobDesk : public std::enable_shared_from_this<JobDesk>
{
public:
    static constexpr int AtOnce = 4;

    struct Job
    {
        Task task; // with its id
        std::vector<DomainId> machines; // that share an image
        std::function<JobHost()> host; // called on the job's thread
        std::function<Result<JobOrder>(const JobHost &)> order; // the same
        std::function<void(const Task &)> changed; // on some thread, often
        std::function<void()> ended; // on the job's thread, once, after the last of those
    };

    explicit JobDesk(std::shared_ptr<Journal> journal);

    const std::shared_ptr<Journal> &journal() const { return m_journal; }
    void post(Job job);
    // One that waits ends at once. False: there is no such job, or it goes on to its end; see Runner::cancel().
    bool cancel(quint64 task);
    void pause(quint64 task, bool isWanted); // see Runner::pause()
    // What the runners of later jobs get; for tests.
    void setOptions(const Runner::Options &options);

private:
    void startWhatCan();
    void begin(const std::shared_ptr<Job> &job);

    const std::shared_ptr<Journal> m_journal;
    std::mutex m_mutex; // all below
    Runner::Options m_options;
    std::deque<Job> m_waiting;
    std::map<quint64, std::shared_ptr<Runner>> m_running; // a null runner: not begun yet
    std::set<quint64> m_cancelled; // running ones that have no runner yet
    std::set<DomainId> m_taken;
};

} // namespace treewarden
