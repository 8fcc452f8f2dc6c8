// SPDX-License-Identifier: GPL-3.0-or-later
// A machine's definition, and whether it runs.
#include "model/job/steps/families.h"
#include "model/job/steps/look.h"
#include "model/xml/domainedit.h"
#include "model/xml/snapshotedit.h"
#include "model/xml/snapshotxml.h"

#include <thread>

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

std::vector<DiskPath> pathsOf(const Step &step)
{
    std::vector<DiskPath> disks;
    for (const StepDisk &disk : step.disks)
        disks.push_back({disk.target, disk.path, disk.format});
    return disks;
}

Result<> requireOff(const Step &step, JobHost &host)
{
    const auto state = look::state(host, step.domain);
    if (!state)
        return failure(state.error());
    // A definition of a running machine would be what its next start uses, on disks that it writes to now.
    return isActive(*state) || *state == DomainState::Unknown ? failure(ErrorCode::Busy, step.domain.value)
                                                              : Result<>();
}

Result<> define(const Step &step, JobHost &host)
{
    if (const auto off = requireOff(step, host); !off)
        return off;
    Result<QByteArray> xml = step.text.toUtf8();
    if (step.kind == StepKind::DefineAsThen) {
        xml = host.hypervisor->snapshotXml(step.domain, step.name, Hypervisor::Secrets::Include);
        if (xml)
            xml = definitionThen(*xml);
    } else if (step.text.isEmpty()) {
        xml = host.hypervisor->domainXml(step.domain, Hypervisor::Definition::Persistent, Hypervisor::Secrets::Include);
    }
    if (xml && step.text.isEmpty())
        xml = withDiskSources(*xml, pathsOf(step));
    return xml ? host.hypervisor->defineDomain(*xml) : failure(xml.error());
}

// The definition that saved memory fits: of the machine when it was saved, where a snapshot has kept it.
Result<QByteArray> definitionFor(const Step &step, JobHost &host)
{
    const auto documents = look::snapshots(host, step.domain);
    if (!documents)
        return failure(documents.error());
    for (const auto &[name, document] : *documents) {
        const auto snapshot = readSnapshot(document);
        if (snapshot && snapshot->memoryFile == step.path && !step.path.isEmpty())
            return liveDefinitionThen(document);
    }
    return host.hypervisor->domainXml(step.domain, Hypervisor::Definition::Persistent, Hypervisor::Secrets::Include);
}

Result<> restore(const Step &step, JobHost &host, const StepContext &context)
{
    if (const auto off = requireOff(step, host); !off)
        return off;
    auto xml = definitionFor(step, host);
    if (xml)
        xml = withDiskSources(*xml, pathsOf(step));
    if (!xml)
        return failure(xml.error());
    return runWatched(
        step.domain, host, {context.progress, nullptr, context.pollInterval}, [&](Hypervisor &hypervisor) {
            return hypervisor.restoreMemory(step.domain, step.path, *xml, step.has(Step::PauseAfter));
        });
}

Result<> shutDown(const Step &step, JobHost &host, const StepContext &context)
{
    if (const auto asked = host.hypervisor->stop(step.domain, Hypervisor::StopKind::Shutdown); !asked)
        return asked;
    const auto deadline = std::chrono::steady_clock::now() + context.shutDownPatience;
    for (;;) {
        const auto state = look::state(host, step.domain);
        if (!state)
            return failure(state.error());
        if (!isActive(*state) && *state != DomainState::Unknown)
            return {};
        if (context.isCancelled())
            return failure(ErrorCode::Cancelled, step.domain.value);
        if (std::chrono::steady_clock::now() >= deadline)
            return failure(ErrorCode::TimedOut, step.domain.value, u"the guest still runs"_s);
        std::this_thread::sleep_for(std::min(context.pollInterval, std::chrono::milliseconds(250)));
    }
}

Result<> start(const Step &step, JobHost &host, const StepContext &context)
{
    const auto started = runWatched(step.domain, host, {context.progress, nullptr, context.pollInterval},
        [&](Hypervisor &hypervisor) { return hypervisor.start(step.domain); });
    return started && step.has(Step::PauseAfter) ? host.hypervisor->pause(step.domain) : started;
}

} // namespace

Result<> runMachine(const Step &step, JobHost &host, const StepContext &context)
{
    switch (step.kind) {
    case StepKind::PointDisks:
    case StepKind::DefineAsThen:
        return define(step, host);
    case StepKind::Start:
        return start(step, host, context);
    case StepKind::Pause:
        return host.hypervisor->pause(step.domain);
    case StepKind::Resume:
        return host.hypervisor->resume(step.domain);
    case StepKind::ShutDown:
        return shutDown(step, host, context);
    case StepKind::ForceOff:
        return host.hypervisor->stop(step.domain, Hypervisor::StopKind::ForceOff);
    case StepKind::RestoreMemory:
        return restore(step, host, context);
    case StepKind::DropSavedState:
        return host.hypervisor->removeManagedSave(step.domain);
    default:
        Q_UNREACHABLE();
    }
}

Result<bool> isMachineDone(const Step &step, JobHost &host)
{
    if (step.kind == StepKind::PointDisks || step.kind == StepKind::DefineAsThen) {
        const auto definition = look::definition(host, step.domain, Hypervisor::Definition::Persistent);
        if (!definition)
            return failure(definition.error());
        return look::matches(*definition, step.disks);
    }
    if (step.kind == StepKind::DropSavedState)
        return look::hasManagedSave(host, step.domain).map([](bool has) { return !has; });
    const auto state = look::state(host, step.domain);
    if (!state)
        return failure(state.error());
    switch (step.kind) {
    case StepKind::Start:
    case StepKind::RestoreMemory:
        if (step.kind == StepKind::RestoreMemory && isActive(*state)) {
            const auto definition = look::definition(host, step.domain, Hypervisor::Definition::Live);
            if (!definition)
                return failure(definition.error());
            if (!look::matches(*definition, step.disks))
                return false;
        }
        return step.has(Step::PauseAfter) ? *state == DomainState::Paused : isActive(*state);
    case StepKind::Pause:
        return *state == DomainState::Paused;
    case StepKind::Resume:
        return isActive(*state) && *state != DomainState::Paused;
    case StepKind::ShutDown:
    case StepKind::ForceOff:
        return !isActive(*state) && *state != DomainState::Unknown;
    default:
        Q_UNREACHABLE();
    }
}

} // namespace treewarden::steps
