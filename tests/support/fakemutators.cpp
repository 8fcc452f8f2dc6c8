// SPDX-License-Identifier: GPL-3.0-or-later
// The changing calls of the hypervisor in memory, and its editor of files.
#include "tests/support/fakehypervisor.h"

#include "model/xml/domainxml.h"
#include "model/xml/snapshotedit.h"
#include "model/xml/snapshotxml.h"
#include "model/xml/xmltree.h"

#include <QDateTime>
#include <QFileInfo>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

Result<> FakeHypervisor::change(const QString &call, const FakeHost::Change &what)
{
    if (const Result<> entered = enter(call); !entered)
        return entered;
    return m_host->change(call, what);
}

Result<> FakeHypervisor::changeMachine(
    const QString &call, const DomainId &domain, const std::function<Result<>(FakeHost::Machine &)> &what)
{
    return change(call, [&]() -> Result<> {
        const auto machine = m_host->find(domain);
        return machine ? what(**machine) : failure(machine.error());
    });
}

Result<> FakeHypervisor::start(const DomainId &domain)
{
    return changeMachine(u"start"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        machine.live = machine.persistent;
        m_host->setMachineState(machine, DomainState::Running, u"started"_s);
        return {};
    });
}

Result<> FakeHypervisor::stop(const DomainId &domain, StopKind)
{
    return changeMachine(u"stop"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        m_host->setMachineState(machine, DomainState::ShutOff, u"stopped"_s);
        machine.live = machine.persistent;
        machine.jobs.clear();
        machine.isHeld = false;
        if (machine.backup)
            machine.lastBackup = BackupEnd{};
        machine.backup.reset();
        return {};
    });
}

Result<> FakeHypervisor::defineDomain(const QByteArray &xml)
{
    return change(u"defineDomain"_s, [&]() -> Result<> {
        const auto definition = readDomain(xml);
        if (!definition)
            return failure(definition.error());
        FakeHost::Machine *machine = m_host->machine(definition->uuid);
        if (!machine) {
            machine = &m_host->m_machines.emplace_back();
            machine->summary = {definition->uuid, definition->name, DomainState::ShutOff, true, false};
            machine->live = xml;
        }
        machine->persistent = xml;
        if (!isActive(machine->summary.state))
            machine->live = xml;
        return {};
    });
}

Result<> FakeHypervisor::undefineDomain(const DomainId &domain)
{
    return change(u"undefineDomain"_s, [&]() -> Result<> {
        std::erase_if(m_host->m_machines, [&](const auto &machine) { return machine.summary.uuid == domain; });
        return {};
    });
}

Result<> FakeHypervisor::pause(const DomainId &domain)
{
    return changeMachine(u"pause"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        if (!isActive(machine.summary.state))
            return failure(ErrorCode::Failed, machine.summary.name, u"domain is not running"_s);
        m_host->setMachineState(machine, DomainState::Paused, u"suspended"_s);
        return {};
    });
}

Result<> FakeHypervisor::resume(const DomainId &domain)
{
    return changeMachine(u"resume"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        if (!isActive(machine.summary.state))
            return failure(ErrorCode::Failed, machine.summary.name, u"domain is not running"_s);
        m_host->setMachineState(machine, DomainState::Running, u"resumed"_s);
        return {};
    });
}

Result<> FakeHypervisor::createSnapshot(
    const DomainId &domain, const QByteArray &xml, SnapshotScope scope, Quiesce quiesce)
{
    return changeMachine(u"createSnapshot"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        if (quiesce == Quiesce::ByAgent)
            return failure(ErrorCode::Failed, machine.summary.name, u"QEMU guest agent is not connected"_s);
        return m_host->makeSnapshot(machine, xml, scope == SnapshotScope::DisksOnly);
    });
}

Result<> FakeHypervisor::revertToSnapshot(const DomainId &domain, const QString &name, AfterRevert after)
{
    return changeMachine(u"revertToSnapshot"_s, domain,
        [&](FakeHost::Machine &machine) { return m_host->revert(machine, name, after); });
}

Result<> FakeHypervisor::deleteSnapshot(const DomainId &domain, const QString &name)
{
    return changeMachine(u"deleteSnapshot"_s, domain,
        [&](FakeHost::Machine &machine) { return m_host->dropSnapshot(machine, name, true); });
}

Result<> FakeHypervisor::forgetSnapshot(const DomainId &domain, const QString &name)
{
    return changeMachine(u"forgetSnapshot"_s, domain,
        [&](FakeHost::Machine &machine) { return m_host->dropSnapshot(machine, name, false); });
}

Result<> FakeHypervisor::redefineSnapshot(const DomainId &domain, const QByteArray &xml, bool makeCurrent)
{
    return changeMachine(u"redefineSnapshot"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        const auto snapshot = readSnapshot(xml);
        if (!snapshot)
            return failure(snapshot.error());
        if (!snapshot->parent.isEmpty() && !m_host->findSnapshot(machine, snapshot->parent))
            return failure(ErrorCode::Failed, snapshot->parent, u"parent for snapshot not found"_s);
        if (auto *old = m_host->findSnapshot(machine, snapshot->name))
            old->second = xml;
        else
            machine.snapshots.emplace_back(snapshot->name, xml);
        // As libvirt does: a redefinition that does not say so is current no longer.
        if (makeCurrent)
            machine.current = snapshot->name;
        else if (machine.current == snapshot->name)
            machine.current.clear();
        return {};
    });
}

Result<> FakeHypervisor::setMetadata(const DomainId &domain, const QByteArray &xml)
{
    return changeMachine(u"setMetadata"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        SnapshotPolicy policy = SnapshotPolicy::Ask;
        if (!xml.isEmpty()) {
            const auto element = readTree(xml, u"");
            if (!element)
                return failure(element.error());
            policy = policyFromName(element->attribute(u"policy")).value_or(SnapshotPolicy::Ask);
        }
        machine.live = withPolicy(machine.live, policy).value_or(machine.live);
        machine.persistent = withPolicy(machine.persistent, policy).value_or(machine.persistent);
        return {};
    });
}

Result<> FakeHypervisor::removeManagedSave(const DomainId &domain)
{
    return changeMachine(u"removeManagedSave"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        machine.summary.hasManagedSave = false;
        return {};
    });
}

Result<> FakeHypervisor::restoreMemory(
    const DomainId &domain, const QString &file, const QByteArray &definition, bool paused)
{
    return changeMachine(u"restoreMemory"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        const auto memory = m_host->findFile(file);
        if (!memory)
            return failure(memory.error());
        if (isActive(machine.summary.state))
            return failure(ErrorCode::Failed, machine.summary.name, u"domain is already active"_s);
        machine.live = definition;
        machine.memory = QString::fromUtf8((*memory)->contents);
        m_host->setMachineState(machine, paused ? DomainState::Paused : DomainState::Running, u"started"_s);
        return {};
    });
}

Result<> FakeHypervisor::beginCommit(
    const DomainId &domain, const QString &disk, const QString &top, const QString &base)
{
    return changeMachine(u"beginCommit"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        const auto definition = readDomain(machine.live);
        const Disk *of = definition ? definition->disk(disk) : nullptr;
        if (!isActive(machine.summary.state) || !of || machine.jobs.contains(disk) || !m_host->m_files.contains(top)
            || !m_host->m_files.contains(base))
            return failure(ErrorCode::Failed, disk, u"cannot commit"_s);
        machine.jobs.insert(disk, {top, base, of->source.location.name == top, 0});
        return {};
    });
}

Result<std::optional<Hypervisor::BlockJobInfo>> FakeHypervisor::blockJob(const DomainId &domain, const QString &disk)
{
    using Answer = std::optional<BlockJobInfo>;
    if (const Result<> entered = enter(u"blockJob"_s); !entered)
        return failure(entered.error());
    const std::lock_guard lock(m_host->m_mutex);
    const auto machine = m_host->find(domain);
    if (!machine)
        return failure(machine.error());
    const auto job = (*machine)->jobs.find(disk);
    if (job == (*machine)->jobs.end())
        return Answer();
    const bool isDone = ++job->looks > m_host->m_blockJobLooks;
    if (isDone && !job->isActive) {
        (void)m_host->mergeDown(job->top, job->base);
        m_host->repointOverlays(job->top, job->base);
        (*machine)->jobs.erase(job);
        return Answer();
    }
    BlockJobInfo info;
    info.isCommit = true;
    info.isReady = isDone;
    info.total = 64 * MiB;
    info.done = isDone ? info.total : info.total * Bytes(job->looks) / Bytes(m_host->m_blockJobLooks + 1);
    return Answer(info);
}

Result<> FakeHypervisor::endBlockJob(const DomainId &domain, const QString &disk, BlockJobEnd end)
{
    return changeMachine(u"endBlockJob"_s, domain, [&](FakeHost::Machine &machine) -> Result<> {
        const auto job = machine.jobs.find(disk);
        if (job == machine.jobs.end())
            return failure(ErrorCode::Failed, disk, u"no active block job"_s);
        if (end == BlockJobEnd::Pivot) {
            if (!job->isActive || job->looks <= m_host->m_blockJobLooks)
                return failure(ErrorCode::Failed, disk, u"not ready for pivot yet"_s);
            if (const auto merged = m_host->mergeDown(job->top, job->base); !merged)
                return merged;
            m_host->pointMachine(machine, job->top, job->base);
        }
        machine.jobs.erase(job);
        return {};
    });
}

Result<> FakeHypervisor::createVolume(const QString &path, const QString &backing, const QString &backingFormat)
{
    return change(u"createVolume"_s, [&] { return m_host->makeOverlay(path, backing, backingFormat); });
}

Result<> FakeHypervisor::removeVolume(const QString &path)
{
    return change(u"removeVolume"_s, [&]() -> Result<> {
        if (m_host->m_files.remove(path) == 0)
            return failure(ErrorCode::NotFound, path, u"Storage volume not found"_s);
        return {};
    });
}

} // namespace treewarden
