// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/jobwatch.h"

#include "app/cli/clitext.h"
#include "views/text/steptext.h"
#include "views/text/tasktext.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

JobWatch::JobWatch(Runner &runner, QString machine, bool asJson)
    : m_runner(runner)
    , m_machine(std::move(machine))
    , m_asJson(asJson)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, &m_before);
    m_signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (pipe2(m_end, O_CLOEXEC) == 0)
        m_waiting = std::thread([this] { waitForSignals(); });
    m_runner.setChanged([this](const Task &task) { changed(task); });
}

JobWatch::~JobWatch()
{
    end();
}

void JobWatch::end()
{
    if (m_waiting.joinable()) {
        [[maybe_unused]] const ssize_t written = write(m_end[1], "x", 1);
        m_waiting.join();
        for (int descriptor : {m_signals, m_end[0], m_end[1]})
            close(descriptor);
        pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
    }
    const std::lock_guard lock(m_mutex);
    m_ticker.clear();
}

void JobWatch::waitForSignals()
{
    pollfd descriptors[] = {{m_signals, POLLIN, 0}, {m_end[0], POLLIN, 0}};
    for (;;) {
        poll(descriptors, 2, -1);
        if (descriptors[1].revents)
            return;
        signalfd_siginfo told = {};
        if (read(m_signals, &told, sizeof(told)) == sizeof(told)) {
            const bool isAccepted = m_runner.cancel(); // which tells the task
            const std::lock_guard lock(m_mutex);
            m_ticker.clear();
            printError(isAccepted ? CliText::cancelling() : CliText::cannotCancel());
        }
    }
}

void JobWatch::changed(const Task &task)
{
    const std::lock_guard lock(m_mutex);
    // It is not a job before the journal has it.
    if (task.outcome || task.entry.isEmpty() || task.steps.empty())
        return;
    if (m_isCancelling && !task.isCancelling) { // it came too late
        m_ticker.clear();
        printError(CliText::cannotCancel());
    }
    m_isCancelling = task.isCancelling;
    const bool isVerified = task.step >= int(task.steps.size());
    if (task.step != m_step) {
        m_step = task.step;
        m_done = {};
        if (m_asJson && !isVerified) {
            const Step &step = task.steps[size_t(task.step)];
            printJson({{u"event"_s, u"step"_s}, {u"task"_s, task.entry}, {u"step"_s, task.step},
                {u"id"_s, stepName(step.kind)}, {u"text"_s, StepText::sentence(step, m_machine)}});
        }
    }
    if (!m_asJson) {
        const QString progress = TaskText::progress(task);
        m_ticker.show(progress.isEmpty() ? TaskText::step(task) : CliText::progress(TaskText::step(task), progress));
        return;
    }
    if (isVerified || !task.done.isKnown() || task.done == m_done)
        return;
    m_done = task.done;
    const Step &step = task.steps[size_t(task.step)];
    const auto number
        = [](const Fact<Bytes> &bytes) { return bytes.isKnown() ? QJsonValue(qint64(*bytes)) : QJsonValue(); };
    printJson({{u"event"_s, u"progress"_s}, {u"task"_s, task.entry},
        {u"disk"_s, step.disks.size() == 1 ? QJsonValue(step.disks.front().target) : QJsonValue()},
        {u"done"_s, number(task.done)}, {u"total"_s, number(task.total)},
        {u"rate"_s, task.rate ? QJsonValue(qint64(task.rate)) : QJsonValue()}, {u"phase"_s, stepName(step.kind)}});
}

} // namespace treewarden::cli
