// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/output.h"
#include "model/job/runner.h"

#include <csignal>
#include <mutex>
#include <thread>

namespace treewarden::cli {

// Says how a job goes on while it runs, as JSON lines, or as one line on a terminal; and cancels it when the program is
// told to end (SIGINT, SIGTERM): what cannot be stopped in the middle runs to its end first, and where it cannot be
// cancelled any more that is said and the job goes on. Being told again changes nothing.
class JobWatch
{
public:
    // Before the job begins. Threads that are made from now on take no signals.
    JobWatch(Runner &runner, QString machine, bool asJson);
    ~JobWatch();

    void end(); // the job has ended

private:
    void changed(const Task &task);
    void waitForSignals();

    Runner &m_runner;
    const QString m_machine;
    const bool m_asJson;
    std::mutex m_mutex; // the lines, and what was said last
    Ticker m_ticker;
    int m_step = -1;
    bool m_isCancelling = false;
    Fact<Bytes> m_done;
    sigset_t m_before;
    int m_signals = -1;
    int m_end[2] = {-1, -1};
    std::thread m_waiting;
};

} // namespace treewarden::cli
