// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/machinetext.h"

#include "views/text/filetext.h"

namespace treewarden {

QString MachineText::state(DomainState state, PausedBy pausedBy)
{
    switch (state) {
    case DomainState::Unknown:
        return tr("State unknown");
    case DomainState::Running:
        return tr("Running");
    case DomainState::Blocked:
        return tr("Running, waiting for a resource");
    case DomainState::Paused:
        return pausedBy == PausedBy::IoError  ? tr("Paused by an I/O error")
            : pausedBy == PausedBy::Migration ? tr("Paused, on its way between hosts")
                                              : tr("Paused");
    case DomainState::ShuttingDown:
        return tr("Shutting down");
    case DomainState::ShutOff:
        return tr("Off");
    case DomainState::Crashed:
        return tr("Crashed");
    case DomainState::PmSuspended:
        return tr("Suspended by its guest");
    }
    return {};
}

QString MachineText::mixed()
{
    return tr("mixed");
}

QString MachineText::kind(TreeKind kind)
{
    switch (kind) {
    case TreeKind::None:
        return tr("No snapshots");
    case TreeKind::Internal:
        return tr("Internal snapshots");
    case TreeKind::External:
        return tr("External snapshots");
    case TreeKind::Mixed:
        return tr("Internal and external snapshots in one tree");
    }
    return {};
}

QString MachineText::problems(int count)
{
    return tr("%n problem(s)", nullptr, count);
}

QString MachineText::leftOver(int count)
{
    return tr("%n left over", "files and tags that nothing uses", count);
}

QString MachineText::badge(int problems, int leftOver)
{
    return problems > 0 ? MachineText::problems(problems + leftOver) : MachineText::leftOver(leftOver);
}

QString MachineText::snapshots(int count)
{
    return tr("%n snapshot(s)", nullptr, count);
}

QString MachineText::snapshotKind(const Snapshot &snapshot)
{
    int internal = 0;
    int external = 0;
    for (const SnapshotDisk &disk : snapshot.disks) {
        internal += disk.kind == SnapshotDiskKind::Internal;
        external += disk.kind == SnapshotDiskKind::External;
    }
    const QString what = [&] {
        if (internal > 0 && external > 0)
            return tr("Internal and external snapshot in one");
        if (snapshot.kind() == SnapshotKind::Internal) {
            if (internal == 0 && snapshot.memory == MemoryKind::Internal)
                return tr("Internal snapshot with memory");
            return snapshot.memory == MemoryKind::Internal
                ? tr("Internal snapshot of %n disk(s) with memory", nullptr, internal)
                : tr("Internal snapshot of %n disk(s)", nullptr, internal);
        }
        if (external == 0)
            return tr("External snapshot of memory only");
        return snapshot.memory == MemoryKind::External
            ? tr("External snapshot of %n disk(s) with memory", nullptr, external)
            : tr("External snapshot of %n disk(s)", nullptr, external);
    }();
    const QString then = [&] {
        switch (snapshot.state) {
        case SnapshotState::ShutOff:
            return tr("machine was off");
        case SnapshotState::Running:
        case SnapshotState::Blocked:
            return tr("machine was running");
        case SnapshotState::Paused:
            return tr("machine was paused");
        case SnapshotState::DiskSnapshot:
            return tr("machine was running, its memory was not kept");
        case SnapshotState::ShuttingDown:
            return tr("machine was shutting down");
        case SnapshotState::Crashed:
            return tr("machine had crashed");
        case SnapshotState::PmSuspended:
            return tr("machine was suspended");
        case SnapshotState::Unknown:
            return tr("machine’s state not recorded");
        }
        return QString();
    }();
    return tr("%1, %2", "kind of the snapshot, state of the machine then").arg(what, then);
}

QString MachineText::orphanKind(OrphanKind kind, bool isCertain)
{
    const QString what = [kind] {
        switch (kind) {
        case OrphanKind::Tag:
            return tr("Tag that libvirt does not know");
        case OrphanKind::Overlay:
            return tr("Overlay that nothing refers to");
        case OrphanKind::Memory:
            return tr("Saved memory without its snapshot");
        case OrphanKind::Metadata:
            return tr("Snapshot whose data are gone");
        case OrphanKind::Nvram:
            return tr("Copy of firmware settings without its snapshot");
        }
        return QString();
    }();
    return isCertain ? what : tr("%1 (not certain)", "what is left over").arg(what);
}

QString MachineText::filesOfNoMachine()
{
    return tr("Files that no machine uses");
}

QString MachineText::filesOfNoMachineMeaning()
{
    return tr("They may be left over from machines that are gone, or belong to another host that shares the folder.");
}

QString MachineText::mayRelyOnAnything(const QStringList &unread)
{
    constexpr qsizetype Named = 3;
    QStringList names;
    for (const QString &each : unread.mid(0, Named))
        names += tr("“%1”").arg(each);
    return tr("Not everything on this host could be read: %1. It may rely on any file, so there may be less left over, "
              "or more.")
        .arg(FileText::some(names, int(unread.size())));
}

QString MachineText::orphanMeaning(const Orphan &orphan)
{
    switch (orphan.kind) {
    case OrphanKind::Tag:
        return tr(
            "The image holds an internal snapshot of this name, but libvirt has no snapshot of it. It was made with "
            "another program, or libvirt’s record of it was deleted. It takes space, and libvirt can neither revert to "
            "it nor delete it.");
    case OrphanKind::Overlay:
        return tr(
            "No machine, snapshot or other image on this host refers to this file. It may be left over from a deleted "
            "snapshot, or belong to another host that shares the folder. Its own contents are only what was written "
            "after it was made.");
    case OrphanKind::Memory:
        return tr(
            "This file holds the memory of a machine. It may be left over from a snapshot that is gone, and then "
            "nothing can "
            "use it. It may also be a state that somebody saved with “virsh save”, which “virsh restore” resumes.");
    case OrphanKind::Metadata:
        return tr("libvirt lists this snapshot, but the tag or file that held its data is gone. Reverting to it cannot "
                  "work.");
    case OrphanKind::Nvram:
        return tr("Treewarden copied the firmware’s settings (NVRAM) into this file when a snapshot was taken. The "
                  "snapshot is no longer there, and nothing else refers to the file.");
    }
    return {};
}

} // namespace treewarden
