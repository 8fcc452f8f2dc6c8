// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/connection/jobdesk.h"

#include "model/connection/worker.h"

#include <QDateTime>

#include <algorithm>

namespace treewarden {

namespace {

// One that never came to run.
Task ended(Task task, Outcome outcome, const Error &error)
{
    task.outcome = outcome;
    task.error = error;
    task.canCancel = false;
    task.ended = QDateTime::currentMSecsSinceEpoch();
    return task;
}

} // namespace

JobDesk::JobDesk(std::shared_ptr<Journal> journal)
    : m_journal(std::move(journal))
{
}

void JobDesk::setOptions(const Runner::Options &options)
{
    const std::lock_guard lock(m_mutex);
    m_options = options;
}

void JobDesk::post(Job job)
{
    {
        const std::lock_guard lock(m_mutex);
        m_waiting.push_back(std::move(job));
    }
    startWhatCan();
}

bool JobDesk::cancel(quint64 id)
{
    std::shared_ptr<Runner> runner;
    std::optional<Job> dropped;
    bool isAccepted = false;
    {
        const std::lock_guard lock(m_mutex);
        const auto waiting = std::find_if(
            m_waiting.begin(), m_waiting.end(), [&](const Job &candidate) { return candidate.task.id == id; });
        if (waiting != m_waiting.end()) {
            dropped = std::move(*waiting);
            m_waiting.erase(waiting);
        } else if (const auto running = m_running.find(id); running != m_running.end()) {
            runner = running->second;
            if (!runner) {
                m_cancelled.insert(id);
                isAccepted = true;
            }
        }
    }
    if (runner)
        return runner->cancel();
    if (dropped)
        dropped->changed(ended(dropped->task, Outcome::Cancelled, {ErrorCode::Cancelled, {}, {}}));
    return isAccepted || dropped;
}

void JobDesk::pause(quint64 id, bool isWanted)
{
    const std::lock_guard lock(m_mutex);
    const auto running = m_running.find(id);
    if (running != m_running.end() && running->second)
        running->second->pause(isWanted);
}

void JobDesk::startWhatCan()
{
    const std::lock_guard lock(m_mutex);
    // What waits keeps its place: a later job may overtake it, but not on its machines.
    std::set<DomainId> wanted = m_taken;
    for (auto job = m_waiting.begin(); job != m_waiting.end() && m_running.size() < size_t(AtOnce);) {
        const bool isFree = std::none_of(job->machines.begin(), job->machines.end(),
            [&](const DomainId &machine) { return wanted.contains(machine); });
        wanted.insert(job->machines.begin(), job->machines.end());
        if (!isFree) {
            ++job;
            continue;
        }
        m_taken.insert(job->machines.begin(), job->machines.end());
        m_running.emplace(job->task.id, nullptr);
        startWorker("mutator",
            [self = shared_from_this(), taken = std::make_shared<Job>(std::move(*job))] { self->begin(taken); });
        job = m_waiting.erase(job);
    }
}

void JobDesk::begin(const std::shared_ptr<Job> &job)
{
    const quint64 id = job->task.id;
    const JobHost host = job->host();
    const auto order = host.hypervisor ? job->order(host) : failure(ErrorCode::ConnectionLost);
    if (!order) {
        job->changed(ended(job->task, Outcome::Failed, order.error()));
    } else {
        std::shared_ptr<Runner> runner;
        {
            const std::lock_guard lock(m_mutex);
            runner = std::make_shared<Runner>(host, m_journal, m_options);
            runner->setChanged(job->changed);
            m_running[id] = runner;
            if (m_cancelled.erase(id))
                runner->cancel();
        }
        runner->run(*order, job->task);
    }
    {
        const std::lock_guard lock(m_mutex);
        m_running.erase(id);
        m_cancelled.erase(id);
        for (const DomainId &machine : job->machines)
            m_taken.erase(machine);
    }
    job->ended();
    startWhatCan();
}

} // namespace treewarden
