// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/steptext.h"

#include "model/job/steps/steprunner.h"
#include "views/text/filetext.h"
#include "views/text/plantext.h"

namespace treewarden {

namespace {

QStringList files(const Step &step, QString StepDisk::*which)
{
    QStringList names;
    for (const StepDisk &disk : step.disks) {
        if (!(disk.*which).isEmpty())
            names += PlanText::shown(disk.*which);
    }
    names.removeDuplicates();
    return names;
}

QString some(const QStringList &names)
{
    return FileText::some(names.mid(0, FileText::Named), int(names.size()));
}

} // namespace

QString StepText::sentence(const Step &step, const QString &machine)
{
    switch (step.kind) {
    case StepKind::CreateSnapshot:
    case StepKind::RevertToSnapshot:
    case StepKind::DeleteSnapshot:
    case StepKind::ForgetSnapshot:
    case StepKind::RenameSnapshot:
    case StepKind::DescribeSnapshot:
    case StepKind::MakeCurrent:
    case StepKind::PointSnapshot:
    case StepKind::MakeExternal:
    case StepKind::MakeInternal:
        return ofSnapshot(step);
    case StepKind::PointDisks:
    case StepKind::DefineAsThen:
    case StepKind::Start:
    case StepKind::Pause:
    case StepKind::Resume:
    case StepKind::ShutDown:
    case StepKind::ForceOff:
    case StepKind::RestoreMemory:
    case StepKind::DropSavedState:
    case StepKind::SetPolicy:
        return ofMachine(step, machine);
    case StepKind::CommitLive:
    case StepKind::CreateOverlay:
    case StepKind::ExtractTag:
    case StepKind::CommitOffline:
    case StepKind::AddTag:
    case StepKind::RemoveTag:
    case StepKind::RemoveFile:
    case StepKind::CopyFile:
    case StepKind::RepointOverlay:
        return ofFile(step);
    case StepKind::PrepareBackup:
    case StepKind::BackUp:
    case StepKind::BackUpByQmp:
    case StepKind::FinishBackup:
    case StepKind::UnlistBackup:
    case StepKind::DropCheckpoint:
    case StepKind::DropBitmap:
    case StepKind::RemoveBackup:
        return ofBackup(step, machine);
    }
    Q_UNREACHABLE();
}

QString StepText::ofSnapshot(const Step &step)
{
    switch (step.kind) {
    case StepKind::CreateSnapshot: {
        if (!step.has(Step::IsExternal))
            return step.has(Step::KeepMemory) ? tr("Take the internal snapshot “%1”, with memory").arg(step.name)
                                              : tr("Take the internal snapshot “%1”").arg(step.name);
        const QStringList overlays = files(step, &StepDisk::path);
        const QString what = step.has(Step::KeepMemory)
            ? tr("Take the external snapshot “%1”, with memory", "of a machine").arg(step.name)
            : step.has(Step::Quiesce)
            ? tr("Take the external snapshot “%1” while the guest holds its writes").arg(step.name)
            : tr("Take the external snapshot “%1”").arg(step.name);
        return overlays.isEmpty()
            ? what
            : tr("%1; the machine goes on in %2", "take a snapshot; in which files").arg(what, some(overlays));
    }
    case StepKind::RevertToSnapshot:
        return tr("Let libvirt revert to “%1”").arg(step.name);
    case StepKind::DeleteSnapshot:
        return tr("Let libvirt delete “%1” and its data").arg(step.name);
    case StepKind::ForgetSnapshot:
        return tr("Take “%1” out of the tree; its files stay").arg(step.name);
    case StepKind::RenameSnapshot:
        return tr("Rename “%1” to “%2”").arg(step.name, step.text);
    case StepKind::DescribeSnapshot:
        return step.text.isEmpty() ? tr("Remove the description of “%1”").arg(step.name)
                                   : tr("Change the description of “%1”").arg(step.name);
    case StepKind::MakeCurrent:
        return tr("Make “%1” the current snapshot").arg(step.name);
    case StepKind::PointSnapshot:
        if (!step.text.isEmpty()) // its whole document, put back
            return tr("Give “%1” the entry in the tree that it had").arg(step.name);
        return tr("Tell libvirt that “%1” is kept in %2 now").arg(step.name, some(files(step, &StepDisk::path)));
    case StepKind::MakeInternal:
        return tr("Make “%1” an internal snapshot, kept in %2").arg(step.name, some(files(step, &StepDisk::path)));
    case StepKind::MakeExternal:
        return tr("Make “%1” an external snapshot, kept in %2").arg(step.name, some(files(step, &StepDisk::path)));
    default:
        Q_UNREACHABLE();
    }
}

QString StepText::ofMachine(const Step &step, const QString &machine)
{
    switch (step.kind) {
    case StepKind::PointDisks:
        if (!step.text.isEmpty()) // its whole definition, put back
            return tr("Give “%1” back its settings, with %2").arg(machine, some(files(step, &StepDisk::path)));
        return tr("Let “%1” use %2").arg(machine, some(files(step, &StepDisk::path)));
    case StepKind::DefineAsThen:
        return step.disks.empty() ? tr("Give “%1” the settings that it had at “%2”").arg(machine, step.name)
                                  : tr("Give “%1” the settings that it had at “%2”, on %3")
                                        .arg(machine, step.name, some(files(step, &StepDisk::path)));
    case StepKind::Start:
        return step.has(Step::PauseAfter) ? tr("Start “%1” and pause it").arg(machine) : tr("Start “%1”").arg(machine);
    case StepKind::Pause:
        return tr("Pause “%1”").arg(machine);
    case StepKind::Resume:
        return tr("Resume “%1”").arg(machine);
    case StepKind::ShutDown:
        return tr("Ask the guest of “%1” to shut down and wait until it has").arg(machine);
    case StepKind::ForceOff:
        return tr("Stop “%1” at once; its consoles close").arg(machine);
    case StepKind::RestoreMemory:
        return step.has(Step::PauseAfter)
            ? tr("Bring “%1” back with its memory from %2, paused").arg(machine, PlanText::shown(step.path))
            : tr("Bring “%1” back with its memory from %2").arg(machine, PlanText::shown(step.path));
    case StepKind::DropSavedState:
        return tr("Throw away the saved state of “%1”").arg(machine);
    case StepKind::SetPolicy:
        return tr("Change which kind of snapshots “%1” gets").arg(machine);
    default:
        Q_UNREACHABLE();
    }
}

QString StepText::ofFile(const Step &step)
{
    const QString path = PlanText::shown(step.path);
    const QString base = PlanText::shown(step.base);
    switch (step.kind) {
    case StepKind::CommitLive: {
        const StepDisk disk = step.disks.empty() ? StepDisk{} : step.disks.front();
        return tr("Merge %1 into %2 while the machine runs")
            .arg(PlanText::shown(disk.path), PlanText::shown(disk.base));
    }
    case StepKind::CreateOverlay:
        return tr("Make the overlay %1 on %2").arg(path, base);
    case StepKind::ExtractTag:
        return step.has(Step::KeepMemory)
            ? tr("Copy “%1” out of %2 into %3, with its memory").arg(step.name, base, path)
            : tr("Copy “%1” out of %2 into %3").arg(step.name, base, path);
    case StepKind::CommitOffline:
        return tr("Merge %1 into %2").arg(path, base);
    case StepKind::AddTag:
        return tr("Keep what %1 holds as the internal snapshot “%2” in it").arg(path, step.name);
    case StepKind::RepointOverlay:
        return tr("Let %1 rest on %2, which shows the same").arg(path, base);
    case StepKind::RemoveTag:
        return tr("Remove the internal snapshot “%1” from %2").arg(step.name, path);
    case StepKind::RemoveFile:
        return tr("Remove %1").arg(path);
    case StepKind::CopyFile:
        if (isPin(step.base))
            return tr("Put %1 back").arg(path);
        if (isPin(step.path))
            return tr("Put %1 aside again", "a file").arg(base);
        return step.has(Step::Replace) ? tr("Put a copy of %1 in the place of %2").arg(base, path)
                                       : tr("Copy %1 to %2").arg(base, path);
    default:
        Q_UNREACHABLE();
    }
}

QString StepText::ofBackup(const Step &step, const QString &machine)
{
    const bool isVolume = !step.disks.empty() && step.disks.front().isVolume();
    const QString images = some(files(step, isVolume ? &StepDisk::base : &StepDisk::path));
    switch (step.kind) {
    case StepKind::PrepareBackup:
        if (isVolume)
            return tr("Note what “%1” is like").arg(machine);
        return tr("Make %1, empty and marked as unfinished", "files").arg(images);
    case StepKind::BackUpByQmp:
        if (step.has(Step::TopOnly))
            return step.has(Step::Quiesce)
                ? tr("Let QEMU copy the layer that “%1” writes to; the guest holds its writes for a moment")
                      .arg(machine)
                : tr("Let QEMU copy the layer that “%1” writes to, while it goes on").arg(machine);
        [[fallthrough]];
    case StepKind::BackUp:
        if (step.has(Step::Quiesce))
            return step.text.isEmpty()
                ? tr("Copy all disks of “%1” while it goes on; the guest holds its writes for a moment").arg(machine)
                : tr("Copy what changed on “%1” since the last backup while it goes on; the guest holds its writes for "
                     "a moment")
                      .arg(machine);
        return step.text.isEmpty()
            ? tr("Copy the disks of “%1” as they are at this moment, while it goes on").arg(machine)
            : tr("Copy what changed on “%1” since the last backup, while it goes on").arg(machine);
    case StepKind::FinishBackup:
        if (isVolume)
            return tr("Note that %1 shows that moment", "a volume").arg(images);
        return tr("Check %1, note its sums and list it as finished", "files").arg(images);
    case StepKind::UnlistBackup:
        if (isVolume)
            return tr("Note that %1 shows no backup any more", "a volume").arg(images);
        return tr("Take %1 off the list of finished backups", "files").arg(images);
    case StepKind::DropCheckpoint:
        if (step.disks.empty())
            return tr("Drop the checkpoint “%1”").arg(step.name);
        return step.name.isEmpty() ? tr("End the copying")
                                   : tr("Drop the checkpoint “%1” that began with it").arg(step.name);
    case StepKind::DropBitmap:
        return step.name.isEmpty() ? tr("End the copying")
                                   : tr("End the copying, and drop the bitmap that began with it");
    case StepKind::RemoveBackup:
        return isVolume ? tr("Forget what was noted") : tr("Remove %1").arg(images);
    default:
        Q_UNREACHABLE();
    }
}

QString StepText::effect(EffectKind kind)
{
    switch (kind) {
    case EffectKind::Create:
        return tr("makes", "effect on a file");
    case EffectKind::Write:
        return tr("changes", "effect on a file");
    case EffectKind::Remove:
    case EffectKind::RemoveTag:
    case EffectKind::RemoveBitmap:
        return tr("removes", "effect on a file");
    case EffectKind::AddTag:
    case EffectKind::AddBitmap:
        return tr("adds", "effect on a file");
    case EffectKind::Repoint:
        return tr("rebases", "effect on a file");
    case EffectKind::Strand:
        return tr("leaves behind", "effect on a file");
    case EffectKind::StartDomain:
        return tr("starts", "effect on a machine");
    case EffectKind::StopDomain:
        return tr("stops", "effect on a machine");
    case EffectKind::DiscardState:
        return tr("discards", "effect on a machine");
    case EffectKind::AddMetadata:
        return tr("lists", "effect on a snapshot");
    case EffectKind::ChangeMetadata:
        return tr("edits", "effect on a snapshot");
    case EffectKind::DropMetadata:
        return tr("forgets", "effect on a snapshot");
    case EffectKind::ChangeDefinition:
        return tr("redefines", "effect on a machine");
    }
    Q_UNREACHABLE();
}

QString StepText::subject(const Effect &effect)
{
    const QString file = PlanText::shown(effect.path);
    switch (effect.kind) {
    case EffectKind::AddTag:
    case EffectKind::RemoveTag:
        return tr("the internal snapshot “%1” in %2").arg(effect.name, file);
    case EffectKind::AddBitmap:
    case EffectKind::RemoveBitmap:
        return tr("the bitmap “%1” in %2", "it notes what changes").arg(effect.name, file);
    case EffectKind::AddMetadata:
    case EffectKind::ChangeMetadata:
    case EffectKind::DropMetadata:
        return tr("the snapshot “%1”").arg(effect.name);
    case EffectKind::DiscardState:
        return tr("the saved memory of “%1”").arg(effect.name);
    case EffectKind::StartDomain:
    case EffectKind::StopDomain:
    case EffectKind::ChangeDefinition:
        return tr("the machine “%1”").arg(effect.name);
    case EffectKind::Create:
    case EffectKind::Write:
    case EffectKind::Remove:
    case EffectKind::Repoint:
    case EffectKind::Strand:
        break;
    }
    // libvirt names some files only when it makes them.
    return file.isEmpty() ? tr("a file that libvirt names") : file;
}

QString StepText::sentence(const Effect &effect)
{
    return tr("%1 %2", "effect, what it happens to").arg(StepText::effect(effect.kind), subject(effect));
}

bool StepText::isAboutFiles(EffectKind kind)
{
    switch (kind) {
    case EffectKind::Create:
    case EffectKind::Write:
    case EffectKind::Remove:
    case EffectKind::AddTag:
    case EffectKind::RemoveTag:
    case EffectKind::AddBitmap:
    case EffectKind::RemoveBitmap:
    case EffectKind::Repoint:
    case EffectKind::Strand:
        return true;
    case EffectKind::StartDomain:
    case EffectKind::StopDomain:
    case EffectKind::DiscardState:
    case EffectKind::AddMetadata:
    case EffectKind::ChangeMetadata:
    case EffectKind::DropMetadata:
    case EffectKind::ChangeDefinition:
        return false;
    }
    Q_UNREACHABLE();
}

} // namespace treewarden
