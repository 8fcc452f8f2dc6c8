// SPDX-License-Identifier: GPL-3.0-or-later
// The contents of a running machine's layers move down its chain.
#include "model/job/steps/families.h"
#include "model/job/steps/look.h"

#include <thread>

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

Result<> stop(const Step &step, JobHost &host, const QString &target)
{
    if (const auto aborted = host.hypervisor->endBlockJob(step.domain, target, Hypervisor::BlockJobEnd::Abort);
        !aborted)
        return aborted;
    return failure(ErrorCode::Cancelled, u"partly-merged"_s, step.disks.front().base);
}

// Until the job is gone: QEMU ends it a little after it was told to.
Result<> waitForEnd(const Step &step, JobHost &host, const StepContext &context, const QString &target)
{
    for (;;) {
        const auto job = host.hypervisor->blockJob(step.domain, target);
        if (!job)
            return failure(job.error());
        if (!*job)
            return {};
        std::this_thread::sleep_for(context.pollInterval);
    }
}

} // namespace

Result<> runCommit(const Step &step, JobHost &host, const StepContext &context)
{
    if (step.disks.size() != 1)
        return failure(ErrorCode::Malformed, stepName(step.kind));
    const StepDisk &disk = step.disks.front();
    const auto before = look::definition(host, step.domain, Hypervisor::Definition::Live);
    if (!before)
        return failure(before.error());
    const Disk *active = before->disk(disk.target);
    if (!active)
        return failure(ErrorCode::NotFound, disk.target);
    const bool pivots = active->source.location.name == disk.path;
    if (const auto begun = host.hypervisor->beginCommit(step.domain, disk.target, disk.path, disk.base); !begun)
        return begun;
    for (;;) {
        const auto job = host.hypervisor->blockJob(step.domain, disk.target);
        if (!job)
            return failure(job.error());
        if (!*job) {
            // That of the active layer does not end by itself.
            return pivots ? failure(ErrorCode::Failed, disk.path, u"the commit ended before it was ready"_s)
                          : Result<>();
        }
        if (context.progress)
            context.progress((*job)->done, (*job)->total ? Fact<Bytes>((*job)->total) : Fact<Bytes>());
        if (context.isCancelled())
            return stop(step, host, disk.target);
        if (pivots && (*job)->isReady) {
            const auto pivoted = host.hypervisor->endBlockJob(step.domain, disk.target, Hypervisor::BlockJobEnd::Pivot);
            return pivoted ? waitForEnd(step, host, context, disk.target) : pivoted;
        }
        std::this_thread::sleep_for(context.pollInterval);
    }
}

Result<bool> isCommitDone(const Step &step, JobHost &host)
{
    if (step.disks.size() != 1)
        return failure(ErrorCode::Malformed, stepName(step.kind));
    const StepDisk &disk = step.disks.front();
    const auto job = host.hypervisor->blockJob(step.domain, disk.target);
    if (job && *job)
        return false;
    const auto definition = look::definition(host, step.domain, Hypervisor::Definition::Live);
    if (!definition)
        return failure(definition.error());
    // The layer is out of the chain that the machine runs on, and the base is still in it.
    const Disk *now = definition->disk(disk.target);
    if (!now || now->mirror || now->source.location.name == disk.path)
        return false;
    bool hasBase = now->source.location.name == disk.base;
    for (const DiskSource &layer : now->backingChain) {
        if (layer.location.name == disk.path)
            return false;
        hasBase = hasBase || layer.location.name == disk.base;
    }
    return hasBase;
}

} // namespace treewarden::steps
