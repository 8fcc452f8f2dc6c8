// SPDX-License-Identifier: GPL-3.0-or-later
// What libvirt itself does with snapshots.
#include "model/job/steps/families.h"
#include "model/job/steps/look.h"
#include "model/xml/snapshotedit.h"
#include "model/xml/snapshotxml.h"

#include <QDateTime>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

Result<> create(const Step &step, JobHost &host, const StepContext &context)
{
    NewSnapshot wanted;
    wanted.name = step.name;
    wanted.description = step.text;
    const bool isExternal = step.has(Step::IsExternal);
    const auto definition = look::definition(host, step.domain, Hypervisor::Definition::Live);
    if (!definition)
        return failure(definition.error());
    const auto state = look::state(host, step.domain);
    if (!state)
        return failure(state.error());
    for (const Disk &disk : definition->disks) {
        const auto chosen = std::find_if(step.disks.begin(), step.disks.end(),
            [&](const StepDisk &candidate) { return candidate.target == disk.target; });
        // An internal snapshot is of every disk that the machine writes to.
        if (isExternal ? chosen != step.disks.end() : disk.isWritten())
            wanted.disks.push_back({disk.target, isExternal, isExternal ? chosen->path : QString()});
        else
            wanted.excluded.push_back(disk.target);
    }
    const bool keepsMemory = isExternal ? step.has(Step::KeepMemory) : isActive(*state);
    wanted.memory = !keepsMemory ? MemoryKind::None : isExternal ? MemoryKind::External : MemoryKind::Internal;
    wanted.memoryFile = keepsMemory && isExternal ? step.path : QString();
    const auto xml = newSnapshotXml(wanted);
    if (!xml)
        return failure(xml.error());
    const auto scope
        = isExternal && !keepsMemory ? Hypervisor::SnapshotScope::DisksOnly : Hypervisor::SnapshotScope::WholeMachine;
    const auto quiesce = step.has(Step::Quiesce) ? Hypervisor::Quiesce::ByAgent : Hypervisor::Quiesce::No;
    return runWatched(step.domain, host, context,
        [&](Hypervisor &hypervisor) { return hypervisor.createSnapshot(step.domain, *xml, scope, quiesce); });
}

// libvirt 9.0.0 points all that descends from an external snapshot to what that one froze, as if its overlay was merged
// away, which it is not: they would show something else. So it is nobody's parent any more when it goes.
Result<> forget(const Step &step, JobHost &host)
{
    const auto documents = look::snapshots(host, step.domain);
    if (!documents)
        return failure(documents.error());
    const auto own = documents->find(step.name);
    const auto forgotten
        = own == documents->end() ? failure(ErrorCode::NotFound, step.name) : readSnapshot(own->second);
    if (!forgotten)
        return failure(forgotten.error());
    for (const auto &[name, xml] : *documents) {
        const auto child = readSnapshot(xml);
        if (!child)
            return failure(child.error());
        if (child->parent != step.name || forgotten->kind() == SnapshotKind::Internal)
            continue;
        const auto moved = withSnapshotParent(xml, forgotten->parent);
        if (!moved)
            return failure(moved.error());
        if (const auto redefined = host.hypervisor->redefineSnapshot(step.domain, *moved, false); !redefined)
            return redefined;
    }
    return host.hypervisor->forgetSnapshot(step.domain, step.name);
}

Result<bool> isCreated(const Step &step, JobHost &host)
{
    const auto names = host.hypervisor->snapshotNames(step.domain);
    if (!names)
        return failure(names.error());
    if (!names->names.contains(step.name) || names->current != step.name)
        return false;
    const auto snapshot = look::snapshot(host, step.domain, step.name);
    if (!snapshot)
        return failure(snapshot.error());
    if (!step.has(Step::IsExternal)) {
        for (const SnapshotDisk &disk : snapshot->disks) {
            if (disk.kind != SnapshotDiskKind::Internal)
                continue;
            const QString path = snapshot->frozen(disk.target).location.name;
            const auto facts = look::image(host, path);
            if (!facts)
                return failure(facts.error());
            if (std::none_of(
                    facts->tags.begin(), facts->tags.end(), [&](const Tag &tag) { return tag.name == step.name; }))
                return false;
        }
        return true;
    }
    const auto definition = look::definition(host, step.domain, Hypervisor::Definition::Live);
    if (!definition)
        return failure(definition.error());
    for (const StepDisk &disk : step.disks) {
        const Disk *now = definition->disk(disk.target);
        if (!now || (!disk.path.isEmpty() && now->source.location.name != disk.path))
            return false;
        const auto there = look::exists(host, now->source.location.name);
        if (!there || !*there)
            return there;
    }
    return step.path.isEmpty() ? Result<bool>(true) : look::exists(host, step.path);
}

Result<bool> isReverted(const Step &step, JobHost &host)
{
    const auto names = host.hypervisor->snapshotNames(step.domain);
    if (!names)
        return failure(names.error());
    if (names->current != step.name)
        return false;
    const auto state = look::state(host, step.domain);
    if (!state)
        return failure(state.error());
    if (step.has(Step::PauseAfter))
        return *state == DomainState::Paused;
    return !step.has(Step::StartAfter) || isActive(*state);
}

Result<bool> isGone(const Step &step, JobHost &host)
{
    const auto names = host.hypervisor->snapshotNames(step.domain);
    return names ? Result<bool>(!names->names.contains(step.name)) : failure(names.error());
}

} // namespace

Result<> runWatched(const DomainId &domain, JobHost &host, const StepContext &context,
    const std::function<Result<>(Hypervisor &)> &call)
{
    std::mutex mutex;
    std::condition_variable ended;
    bool hasEnded = false;
    bool wasAborted = false;
    std::thread watch([&] {
        std::unique_lock lock(mutex);
        while (!ended.wait_for(lock, context.pollInterval, [&] { return hasEnded; })) {
            lock.unlock();
            if (context.isCancelled() && !wasAborted && host.hypervisor->abortJob(domain))
                wasAborted = true;
            const auto info = host.hypervisor->jobInfo(domain);
            if (context.progress && info && *info && (*info)->total > 0)
                context.progress((*info)->done, (*info)->total);
            lock.lock();
        }
    });
    Result<> done = call(*host.hypervisor);
    {
        const std::lock_guard lock(mutex);
        hasEnded = true;
        ended.notify_all();
    }
    watch.join();
    if (!done && wasAborted && done.error().code != ErrorCode::ConnectionLost)
        return failure(ErrorCode::Cancelled, done.error().subject, done.error().detail);
    return done;
}

// libvirt names the overlays that it makes on a revert by the second, and refuses a second revert within it.
void awaitAnotherSecond(const Step &step, JobHost &host)
{
    const auto snapshot = look::snapshot(host, step.domain, step.name);
    if (!snapshot || snapshot->kind() != SnapshotKind::External)
        return;
    const auto isTaken = [&] {
        const QString second = QString::number(QDateTime::currentSecsSinceEpoch());
        return std::any_of(snapshot->disks.begin(), snapshot->disks.end(), [&](const SnapshotDisk &disk) {
            const QString frozen = snapshot->frozen(disk.target).location.name;
            const qsizetype dot = frozen.lastIndexOf(u'.');
            const QString stem = dot > frozen.lastIndexOf(u'/') ? frozen.left(dot) : frozen;
            const auto exists = look::exists(host, stem + u'.' + second);
            return exists && *exists;
        });
    };
    for (int tries = 0; tries < 20 && isTaken(); ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

Result<> runSnapshotCall(const Step &step, JobHost &host, const StepContext &context)
{
    const auto after = step.has(Step::PauseAfter) ? Hypervisor::AfterRevert::Paused
        : step.has(Step::StartAfter)              ? Hypervisor::AfterRevert::Running
                                                  : Hypervisor::AfterRevert::AsItWas;
    switch (step.kind) {
    case StepKind::CreateSnapshot:
        return create(step, host, context);
    case StepKind::RevertToSnapshot:
        awaitAnotherSecond(step, host);
        // Stopping it in the middle would leave a machine that is off and disks that are neither here nor there.
        return runWatched(step.domain, host, {context.progress, nullptr, context.pollInterval},
            [&](Hypervisor &hypervisor) { return hypervisor.revertToSnapshot(step.domain, step.name, after); });
    case StepKind::DeleteSnapshot:
        return runWatched(step.domain, host, {context.progress, nullptr, context.pollInterval},
            [&](Hypervisor &hypervisor) { return hypervisor.deleteSnapshot(step.domain, step.name); });
    case StepKind::ForgetSnapshot:
        return forget(step, host);
    default:
        Q_UNREACHABLE();
    }
}

Result<bool> isSnapshotCallDone(const Step &step, JobHost &host)
{
    switch (step.kind) {
    case StepKind::CreateSnapshot:
        return isCreated(step, host);
    case StepKind::RevertToSnapshot:
        return isReverted(step, host);
    default:
        return isGone(step, host);
    }
}

} // namespace treewarden::steps
