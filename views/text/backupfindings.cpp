// SPDX-License-Identifier: GPL-3.0-or-later
// What the guard finds about backups.
#include "views/text/findingtext.h"

namespace treewarden {

std::span<const FindingText::Line> FindingText::backupLines()
{
    static constexpr Line all[] = {
        {"backup-is-full", QT_TR_NOOP("It will be a full backup."), ""},
        {"backup-is-full/none", QT_TR_NOOP("It will be a full backup: the first one in this folder."), ""},
        {"backup-is-full/manifest", QT_TR_NOOP("It will be a full backup: %1 of the last chain cannot be read."), ""},
        {"backup-is-full/file",
            QT_TR_NOOP("It will be a full backup: %1 of the last chain is missing, or not as it was written."), ""},
        {"backup-is-full/no-checkpoint",
            QT_TR_NOOP("It will be a full backup: with the last one nothing began to note what changes."), ""},
        {"backup-is-full/checkpoint",
            QT_TR_NOOP("It will be a full backup: libvirt does not know the checkpoint “%1” of the last one."), ""},
        {"backup-is-full/unknown", QT_TR_NOOP("It will be a full backup: the checkpoints of “%1” could not be read."),
            ""},
        {"backup-is-full/disks", QT_TR_NOOP("It will be a full backup: the last chain is of other disks."), ""},
        {"backup-is-full/size", QT_TR_NOOP("It will be a full backup: disk %1 has another size than it had then."), ""},
        {"backup-is-full/moved",
            QT_TR_NOOP("It will be a full backup: disk %1 went on from another state since the last one."), ""},
        {"backup-is-full/bitmap",
            QT_TR_NOOP("It will be a full backup: what changed on disk %1 since the last one was not noted without a "
                       "gap."),
            ""},
        {"backup-is-incremental", QT_TR_NOOP("It will be an increment: %1 is whole, with %2 backup(s)."), ""},
        {"chain-not-whole", QT_TR_NOOP("There is no chain that this could be an increment of."),
            QT_TR_NOOP("Make a full backup; what is there stays as it is.")},
        {"chain-not-whole/none", QT_TR_NOOP("The folder has no backup of this machine to go on from."),
            QT_TR_NOOP("Make a full backup first.")},
        {"chain-not-whole/manifest", QT_TR_NOOP("%1 of the last chain cannot be read."),
            QT_TR_NOOP("Make a full backup; what is there stays as it is.")},
        {"chain-not-whole/file", QT_TR_NOOP("%1 of the last chain is missing, or not as it was written."),
            QT_TR_NOOP("An increment on it could never be restored. Make a full backup.")},
        {"chain-not-whole/no-checkpoint", QT_TR_NOOP("With the last backup nothing began to note what changes."),
            QT_TR_NOOP("Make a full backup; what is there stays as it is.")},
        {"chain-not-whole/checkpoint", QT_TR_NOOP("libvirt does not know the checkpoint “%1” of the last backup."),
            QT_TR_NOOP("What changed since then is not known. Make a full backup.")},
        {"chain-not-whole/unknown", QT_TR_NOOP("The checkpoints of “%1” could not be read."),
            QT_TR_NOOP("Make a full backup; what is there stays as it is.")},
        {"chain-not-whole/disks", QT_TR_NOOP("The last chain is of other disks."),
            QT_TR_NOOP("Make a full backup; what is there stays as it is.")},
        {"chain-not-whole/size", QT_TR_NOOP("Disk %1 has another size than it had at the last backup."),
            QT_TR_NOOP("Make a full backup; what is there stays as it is.")},
        {"chain-not-whole/moved", QT_TR_NOOP("Disk %1 went on from another state since the last backup."),
            QT_TR_NOOP("After a revert an increment would mix two states. Make a full backup.")},
        {"chain-not-whole/bitmap",
            QT_TR_NOOP("What changed on disk %1 since the last backup was not noted without a gap."),
            QT_TR_NOOP("An increment would miss some of it. Make a full backup.")},
        {"backup-target-missing", QT_TR_NOOP("The folder %p1 is not there."),
            QT_TR_NOOP("Where it is on a disk of its own, that may not be mounted. Treewarden does not make it.")},
        {"backup-target-no-folder", QT_TR_NOOP("%p1 is no folder."), QT_TR_NOOP("Choose the folder for backups.")},
        {"backup-target-unreadable", QT_TR_NOOP("The folder %p1 could not be looked at."),
            QT_TR_NOOP("What backups it has already is not known.")},
        {"backup-unfinished", QT_TR_NOOP("%1 has %2 file(s) of a backup that was never finished."),
            QT_TR_NOOP("They end in “.part”, and no backup rests on them: they can be removed.")},
        {"no-such-disk", QT_TR_NOOP("The machine writes to no disk %1."),
            QT_TR_NOOP("Name another one, or none: all.")},
        {"nothing-to-back-up", QT_TR_NOOP("“%1” writes to no disk."), ""},
        {"encrypted-disk-in-clear", QT_TR_NOOP("Disk %1 is encrypted, and its backup would not be."),
            QT_TR_NOOP("Whoever reads the files of the backup reads what the guest reads.")},
        {"no-increments", QT_TR_NOOP("Of disk %1 nobody can note what changes, so each backup is a full one."),
            QT_TR_NOOP("QEMU does that in qcow2 images of version 3 alone.")},
        {"snapshots-not-in-backup", QT_TR_NOOP("The %2 snapshot(s) of “%1” are not part of the backup."),
            QT_TR_NOOP("What is copied is what its disks show now.")},
        {"backup-as-after-power-cut", QT_TR_NOOP("The disks of “%1” are kept as after a power cut."),
            QT_TR_NOOP("File systems repair that by themselves. Databases may not like it: let the guest hold its "
                       "writes, which takes its guest agent.")},
        {"paused-guest-cannot-hold", QT_TR_NOOP("“%1” is paused, so its guest cannot be asked to hold its writes."),
            QT_TR_NOOP("While it is paused it writes nothing.")},
        {"backup-ended-with-machine", QT_TR_NOOP("The machine ended while it was copied."),
            QT_TR_NOOP("What was copied by then is no backup, and is removed.")},
        {"backup-needed", QT_TR_NOOP("Later backups in %1 rest on this one."),
            QT_TR_NOOP("Only the last backup of a chain can be taken back.")},
        {"backup-removed", QT_TR_NOOP("The backup in %1 is removed for good."),
            QT_TR_NOOP("The backups before it stay as they are.")},
    };
    return all;
}

} // namespace treewarden
