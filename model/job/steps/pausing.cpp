// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/steps/pausing.h"

#include "model/qmp/blockjobs.h"
#include "model/qmp/reply.h"

namespace treewarden::steps {

using namespace Qt::StringLiterals;

void Pausing::follow()
{
    const bool isWanted = m_context.pause && *m_context.pause;
    if (isWanted == m_isPaused || !pauseAll(isWanted))
        return;
    m_isPaused = isWanted;
    if (m_context.paused)
        m_context.paused(isWanted);
}

void Pausing::goOn()
{
    if (m_isPaused)
        m_isPaused = !pauseAll(false);
}

bool Pausing::pauseAll(bool isWanted)
{
    QStringList targets;
    for (const StepDisk &disk : m_step.disks)
        targets += disk.target;
    const auto jobs = m_host.hypervisor->qmp(m_step.domain, queryBlockJobs()).and_then([&](const QByteArray &reply) {
        return readBlockJobStates(reply, targets);
    });
    bool isAny = false;
    bool areAll = bool(jobs);
    for (const BlockJobState &state : jobs.value_or(std::vector<BlockJobState>())) {
        // One that has come to its end waits for the others.
        const bool isOurs
            = state.job.type == "backup"_L1 && !state.job.disk.isEmpty() && state.status != "concluded"_L1;
        isAny = isAny || isOurs;
        if (!isOurs || (state.status == "paused"_L1) == isWanted)
            continue;
        const QByteArray command = isWanted ? pauseJob(state.job.id) : resumeJob(state.job.id);
        areAll = m_host.hypervisor->qmp(m_step.domain, command).and_then(readReplyObject) && areAll;
    }
    return areAll && isAny;
}

} // namespace treewarden::steps
