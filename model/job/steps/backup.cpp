// SPDX-License-Identifier: GPL-3.0-or-later
// libvirt's part of a backup: its job, and the checkpoint that begins with it.
#include "model/domain/backup.h"
#include "model/job/steps/families.h"
#include "model/job/steps/look.h"
#include "model/job/steps/pausing.h"
#include "model/xml/backupxml.h"
#include "model/xml/checkpointxml.h"

#include <algorithm>
#include <thread>

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

// Whether the backup that is under way fills these files. Of no other is it our business to end it.
Result<bool> isUnderWay(const Step &step, JobHost &host)
{
    const auto xml = host.hypervisor->backupXml(step.domain);
    if (!xml)
        return failure(xml.error());
    if (!*xml)
        return false;
    const auto disks = readBackup(**xml);
    if (!disks)
        return failure(disks.error());
    return std::any_of(disks->begin(), disks->end(), [&](const BackupDiskXml &disk) {
        return std::any_of(step.disks.begin(), step.disks.end(),
            [&](const StepDisk &ours) { return unfinishedName(ours.path) == disk.path; });
    });
}

// A name may have been used again since; what is written about it says of which file it is.
Result<bool> hasCheckpoint(const Step &step, JobHost &host)
{
    const auto documents = host.hypervisor->checkpointXml(step.domain);
    if (!documents)
        return failure(documents.error());
    return std::any_of(documents->begin(), documents->end(), [&](const QByteArray &xml) {
        const auto checkpoint = readCheckpoint(xml);
        return checkpoint && checkpoint->name == step.name
            && (step.disks.empty() || checkpoint->description == step.disks.front().path);
    });
}

Result<> end(const Step &step, JobHost &host, std::chrono::milliseconds pollInterval)
{
    const auto underWay = isUnderWay(step, host);
    if (!underWay || !*underWay)
        return underWay ? Result<>() : failure(underWay.error());
    const auto aborted = host.hypervisor->abortJob(step.domain);
    // QEMU ends it a little after it was told to; or it had just ended by itself.
    for (;;) {
        const auto still = isUnderWay(step, host);
        if (!still || !*still)
            return still ? Result<>() : failure(still.error());
        if (!aborted)
            return aborted;
        std::this_thread::sleep_for(pollInterval);
    }
}

// The bitmap records from the moment of a backup that is not there: an increment since then would rest on nothing.
Result<> dropCheckpoint(const Step &step, JobHost &host)
{
    if (step.name.isEmpty())
        return {};
    const auto there = hasCheckpoint(step, host);
    if (!there || !*there)
        return there ? Result<>() : failure(there.error());
    const auto state = look::state(host, step.domain);
    if (!state)
        return failure(state.error());
    // Of a machine that is off libvirt (12.8 still) removes no bitmap. Without the checkpoint it uses none either.
    using Part = Hypervisor::CheckpointPart;
    return host.hypervisor->deleteCheckpoint(
        step.domain, step.name, isActive(*state) ? Part::Whole : Part::MetadataOnly);
}

Result<> takeBack(const Step &step, JobHost &host, std::chrono::milliseconds pollInterval)
{
    if (const auto ended = end(step, host, pollInterval); !ended)
        return ended;
    return dropCheckpoint(step, host);
}

Result<> begin(const Step &step, JobHost &host)
{
    const auto definition = look::definition(host, step.domain, Hypervisor::Definition::Live);
    if (!definition)
        return failure(definition.error());
    std::vector<BackupDiskXml> disks;
    QStringList targets;
    for (const StepDisk &disk : step.disks) {
        disks.push_back({disk.target, unfinishedName(disk.path)});
        targets += disk.target;
    }
    QStringList others;
    for (const Disk &disk : definition->disks) {
        if (!targets.contains(disk.target))
            others += disk.target;
    }
    const QByteArray checkpoint
        = step.name.isEmpty() ? QByteArray() : writeCheckpoint(step.name, step.disks.front().path, targets, others);
    const bool quiesces = step.has(Step::Quiesce);
    if (quiesces) {
        if (const auto frozen = host.hypervisor->freezeGuest(step.domain); !frozen)
            return frozen;
    }
    const auto begun = host.hypervisor->beginBackup(step.domain, writeBackup(disks, others, step.text), checkpoint);
    const auto thawed = quiesces ? thaw(step.domain, host) : Result<>();
    if (!thawed && thawed.error().code != ErrorCode::ConnectionLost)
        return failure(ErrorCode::Failed, u"guest-still-held"_s, definition->name);
    return begun ? thawed : begun;
}

// Until libvirt has no such job any more, and then what it says of how that ended.
Result<> follow(const Step &step, JobHost &host, const StepContext &context)
{
    Pausing pausing(step, host, context);
    for (;;) {
        const auto job = host.hypervisor->jobInfo(step.domain);
        if (!job) {
            const auto state = look::state(host, step.domain);
            if (state && !isActive(*state) && *state != DomainState::Unknown)
                return failure(ErrorCode::Failed, u"backup-ended-with-machine"_s, step.path);
            return failure(job.error());
        }
        if (!*job || !(*job)->isBackup)
            break;
        if (context.progress)
            context.progress((*job)->done, (*job)->total ? Fact<Bytes>((*job)->total) : Fact<Bytes>());
        if (context.isCancelled()) {
            pausing.goOn();
            return failure(ErrorCode::Cancelled, step.path);
        }
        pausing.follow();
        std::this_thread::sleep_for(context.pollInterval);
    }
    const auto ended = host.hypervisor->lastBackup(step.domain);
    if (!ended)
        return failure(ended.error());
    if (!*ended || !(*ended)->succeeded)
        return failure(ErrorCode::Failed, step.path, *ended ? (*ended)->why : u"libvirt does not say how it ended"_s);
    return {};
}

} // namespace

Result<> thaw(const DomainId &domain, JobHost &host)
{
    constexpr int Tries = 5;
    Result<> thawed;
    for (int i = 0; i < Tries; ++i) {
        thawed = host.hypervisor->thawGuest(domain);
        if (thawed)
            break;
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return thawed;
}

Result<> runBackup(const Step &step, JobHost &host, const StepContext &context)
{
    if (step.disks.empty() && step.kind != StepKind::DropCheckpoint)
        return failure(ErrorCode::Malformed, stepName(step.kind));
    if (step.kind == StepKind::DropCheckpoint) {
        // Who was killed between the two may have left the guest as it was held.
        if (step.has(Step::Quiesce))
            (void)host.hypervisor->thawGuest(step.domain);
        return takeBack(step, host, context.pollInterval);
    }
    auto done = begin(step, host);
    if (done)
        done = follow(step, host, context);
    if (done || done.error().code == ErrorCode::ConnectionLost)
        return done;
    if (const auto taken = takeBack(step, host, context.pollInterval); !taken)
        return done.error().code == ErrorCode::Cancelled ? taken : done;
    return done;
}

Result<bool> isBackupDone(const Step &step, JobHost &host)
{
    const auto underWay = isUnderWay(step, host);
    if (!underWay)
        return failure(underWay.error());
    const auto has = step.name.isEmpty() ? Result<bool>(false) : hasCheckpoint(step, host);
    if (!has)
        return failure(has.error());
    if (step.kind == StepKind::DropCheckpoint)
        return !*underWay && !*has;
    if (*underWay || *has == step.name.isEmpty())
        return false;
    for (const StepDisk &disk : step.disks) {
        const auto there = look::exists(host, unfinishedName(disk.path));
        if (!there || !*there)
            return there;
    }
    return true;
}

} // namespace treewarden::steps
