// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/backup.h"
#include "model/guard/draft.h"
#include "model/guard/finding.h"
#include "model/plan/intent.h"

#include <optional>

namespace treewarden::conditions {

// The disks of the machine that a backup is of.
std::vector<Disk> disksOf(const DraftDomain &domain, const BackupIntent &backup);
// Whether libvirt can keep a bitmap on each of them, so that increments can follow.
bool canRecord(const Draft &draft, const std::vector<Disk> &disks);

// Why a chain cannot be gone on with: a word and what it is about.
//   "none"           nothing: there is no chain of this machine
//   "manifest"       the manifest: it cannot be read
//   "file"           a file that is missing or of another size
//   "no-checkpoint"  nothing: the last point was made without one, and without a bitmap of its own
//   "checkpoint"     its name: libvirt does not know it, or another one of that name
//   "unknown"        the machine: its checkpoints could not be read
//   "disks"          nothing: the chain is of other disks
//   "size"           disk target: it is of another size now
//   "moved"          disk target: the machine runs on another branch than it did then
//   "engine"         what was asked for: the last point began a bitmap that libvirt does not know
//   "unfinished"     the machine: the volume was being brought to another point
//   "bitmap"         disk target: the checkpoint's bitmap is not there, has a gap, or is not to be used (H-71)
struct ChainFault
{
    QString word;
    QString subject = {};
};
// Null: it is whole, as far as that can be seen without reading its files.
std::optional<ChainFault> faultOf(
    const Draft &draft, const DraftDomain &domain, const std::vector<Disk> &disks, const BackupChain *chain);

// Why libvirt's own job does not do what is asked, so that QEMU has to be asked itself; empty: it does. `chain`: the
// one that is gone on with; null: none.
//   "volume"                    where to
//   "top", "compress", "speed"  what is asked for
//   "chain"                     the last point began a bitmap, which libvirt does not know
QString whyQmp(const BackupIntent &backup, const BackupChain *chain);
// The security driver that would keep QEMU from opening a file that it is told of behind libvirt's back; empty: none.
QString confinedBy(const DraftDomain &domain);

// What speaks against it, and what there is to say before, whatever its level.
//
// machine-off               Block    machine
// transient-machine         Block    machine
// no-such-disk              Block    disk target
// nothing-to-back-up        Block    machine
// disk-left-out             Warn     disk target  "transient"
// encrypted-disk-in-clear   Confirm  disk target
// backup-target-missing     Block    directory
// backup-target-no-folder   Block    directory
// backup-target-unreadable  Block    directory
// backup-unfinished         Warn     folder       number of files
// snapshots-not-in-backup   Warn     machine      their number
// backup-as-after-power-cut Warn     machine
// paused-by-io-error        Warn     machine
// no-guest-agent            Block    machine
// paused-guest-cannot-hold  Block    machine
// volume-takes-one-disk     Block    URL          number of disks
// volume-takes-all          Block    URL
// no-increments             Warn     disk target: it keeps no bitmap, so that each backup is a full one
// (and those of ofMachine())
std::vector<Finding> ofBackup(
    const Draft &draft, const DomainId &domain, const BackupIntent &backup, const BackupTarget *target);

// no-space         Block  folder  bytes needed, bytes free
// little-space     Warn   folder  the same
// space-unknown    Warn   folder  bytes needed
std::vector<Finding> ofBackupSpace(
    const Draft &draft, const std::vector<Disk> &disks, const BackupTarget &target, const QString &since);

} // namespace treewarden::conditions
