// SPDX-License-Identifier: GPL-3.0-or-later
// What libvirt knows of snapshots and machines. Every document is read at the moment at which it is changed.
#include "model/job/steps/families.h"
#include "model/job/steps/look.h"
#include "model/xml/domainedit.h"
#include "model/xml/snapshotedit.h"
#include "model/xml/snapshotxml.h"

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

// A snapshot's document becomes another, perhaps under another name; its children stay its children, and it stays the
// current one where it was.
Result<> replace(JobHost &host, const DomainId &domain, const QString &name, const QByteArray &xml)
{
    const auto wanted = readSnapshot(xml);
    if (!wanted)
        return failure(wanted.error());
    const auto documents = look::snapshots(host, domain);
    if (!documents)
        return failure(documents.error());
    const auto names = host.hypervisor->snapshotNames(domain);
    if (!names)
        return failure(names.error());
    const bool isCurrent = names->current == name && !name.isEmpty();
    Hypervisor &hypervisor = *host.hypervisor;
    const Result<> direct = hypervisor.redefineSnapshot(domain, xml, isCurrent);
    const bool isRenamed = wanted->name != name;
    if (direct && !isRenamed)
        return {};
    // Half of a renaming would leave two names for one state.
    const auto takenBack = [&](const Result<> &why) {
        if (!isRenamed || why.error().code == ErrorCode::ConnectionLost)
            return why;
        for (const auto &[child, document] : *documents) {
            const auto read = readSnapshot(document);
            if (read && read->parent == name)
                (void)hypervisor.redefineSnapshot(domain, document, names->current == child);
        }
        (void)hypervisor.forgetSnapshot(domain, wanted->name);
        if (isCurrent)
            (void)hypervisor.redefineSnapshot(domain, documents->at(name), true);
        return why;
    };
    if (!direct && isRenamed && documents->contains(name))
        return takenBack(direct);
    if (!direct && (isRenamed || !documents->contains(name) || direct.error().code == ErrorCode::ConnectionLost))
        return direct;
    if (!direct) {
        // libvirt does not turn a snapshot with memory into one without. Forgotten and told anew it takes it; nothing
        // else is a reason to forget a snapshot for a while.
        const auto before = readSnapshot(documents->at(name));
        if (!before)
            return failure(before.error());
        if (before->memory == wanted->memory && before->state == wanted->state)
            return direct;
        if (const auto forgotten = hypervisor.forgetSnapshot(domain, name); !forgotten)
            return forgotten;
        if (const auto told = hypervisor.redefineSnapshot(domain, xml, isCurrent); !told) {
            // What it was before: it is known to be taken.
            (void)hypervisor.redefineSnapshot(domain, documents->at(name), isCurrent);
            return told;
        }
    }
    for (const auto &[child, document] : *documents) {
        const auto read = readSnapshot(document);
        if (!read || read->parent != name || child == name)
            continue;
        const auto moved = withSnapshotParent(document, wanted->name);
        if (!moved)
            return failure(moved.error());
        if (const auto told = hypervisor.redefineSnapshot(domain, *moved, names->current == child); !told)
            return takenBack(told);
    }
    if (!isRenamed || !documents->contains(name))
        return {};
    const auto forgotten = hypervisor.forgetSnapshot(domain, name);
    const auto left = hypervisor.snapshotNames(domain);
    if (!left || !left->names.contains(name))
        return forgotten;
    return takenBack(forgotten ? failure(ErrorCode::Failed, name, u"reported as forgotten, and is not"_s) : forgotten);
}

std::vector<DiskPath> frozenOf(const Step &step)
{
    std::vector<DiskPath> disks;
    for (const StepDisk &disk : step.disks)
        disks.push_back({disk.target, disk.path, disk.format});
    return disks;
}

Result<QByteArray> pointed(const Step &step, const QByteArray &xml)
{
    const auto frozen = withFrozenSources(xml, frozenOf(step));
    std::vector<DiskPath> overlays;
    for (const StepDisk &disk : step.disks) {
        if (!disk.base.isEmpty())
            overlays.push_back({disk.target, disk.base});
    }
    return frozen && !overlays.empty() ? withOverlays(*frozen, overlays) : frozen;
}

Result<QByteArray> madeExternal(const Step &step, const QByteArray &xml)
{
    std::vector<FrozenDisk> disks;
    for (const StepDisk &disk : step.disks) {
        FrozenDisk frozen{disk.target, disk.path, disk.base};
        if (!disk.format.isEmpty())
            frozen.format = disk.format;
        disks.push_back(frozen);
    }
    return asExternalSnapshot(xml, disks, step.path);
}

Result<QByteArray> changedBy(const Step &step, const QByteArray &xml)
{
    switch (step.kind) {
    case StepKind::RenameSnapshot:
        return withSnapshotName(xml, step.text);
    case StepKind::DescribeSnapshot:
        return withSnapshotDescription(xml, step.text);
    case StepKind::PointSnapshot:
        return pointed(step, xml);
    case StepKind::MakeExternal:
        return madeExternal(step, xml);
    case StepKind::MakeInternal:
        return asInternalSnapshot(xml, frozenOf(step));
    default:
        Q_UNREACHABLE();
    }
}

} // namespace

Result<> runMetadata(const Step &step, JobHost &host)
{
    Hypervisor &hypervisor = *host.hypervisor;
    if (step.kind == StepKind::SetPolicy) {
        const auto policy = policyFromName(step.text);
        return policy ? hypervisor.setMetadata(step.domain, policyElement(*policy)) : failure(policy.error());
    }
    if (step.kind == StepKind::PointSnapshot && !step.text.isEmpty())
        return replace(host, step.domain, step.name, step.text.toUtf8());
    const auto xml = hypervisor.snapshotXml(step.domain, step.name, Hypervisor::Secrets::Include);
    if (!xml)
        return failure(xml.error());
    if (step.kind == StepKind::MakeCurrent)
        return hypervisor.redefineSnapshot(step.domain, *xml, true);
    if (step.kind == StepKind::RenameSnapshot) {
        const auto names = hypervisor.snapshotNames(step.domain);
        if (!names)
            return failure(names.error());
        if (names->names.contains(step.text))
            return failure(ErrorCode::Busy, step.text);
    }
    const auto changed = changedBy(step, *xml);
    return changed ? replace(host, step.domain, step.name, *changed) : failure(changed.error());
}

Result<bool> isMetadataDone(const Step &step, JobHost &host)
{
    if (step.kind == StepKind::SetPolicy) {
        const auto definition = look::definition(host, step.domain, Hypervisor::Definition::Persistent);
        const auto policy = policyFromName(step.text);
        if (!definition || !policy)
            return failure(definition ? policy.error() : definition.error());
        return definition->policy == *policy;
    }
    const auto names = host.hypervisor->snapshotNames(step.domain);
    if (!names)
        return failure(names.error());
    if (step.kind == StepKind::RenameSnapshot && names->names.contains(step.name))
        return false;
    if (step.kind == StepKind::MakeCurrent)
        return names->current == step.name;
    const QString name = step.kind == StepKind::RenameSnapshot ? step.text : step.name;
    if (!names->names.contains(name))
        return false;
    const auto snapshot = look::snapshot(host, step.domain, name);
    if (!snapshot)
        return failure(snapshot.error());
    if (step.kind == StepKind::DescribeSnapshot)
        return snapshot->description == step.text;
    if (step.kind == StepKind::PointSnapshot && !step.text.isEmpty()) {
        const auto wanted = readSnapshot(step.text.toUtf8());
        if (!wanted)
            return failure(wanted.error());
        return snapshot->parent == wanted->parent && snapshot->kind() == wanted->kind()
            && snapshot->memoryFile == wanted->memoryFile && snapshot->disks == wanted->disks
            && snapshot->description == wanted->description;
    }
    for (const StepDisk &disk : step.disks) {
        if (snapshot->frozen(disk.target).location.name != disk.path)
            return false;
        const bool isListed
            = std::any_of(snapshot->disks.begin(), snapshot->disks.end(), [&](const SnapshotDisk &listed) {
                  return listed.target == disk.target && listed.kind == SnapshotDiskKind::External
                      && listed.overlay.location.name == disk.base;
              });
        if (!disk.base.isEmpty() && !isListed)
            return false;
    }
    if (step.kind == StepKind::MakeInternal)
        return snapshot->kind() == SnapshotKind::Internal;
    return step.kind != StepKind::MakeExternal || snapshot->memoryFile == step.path;
}

} // namespace treewarden::steps
