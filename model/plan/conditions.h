// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/draft.h"
#include "model/guard/finding.h"
#include "model/plan/intent.h"
#include "model/plan/step.h"

#include <map>

// Findings that follow from facts about the machine, its host and its files rather than from whose contents change.
// Every way calls those of what it does, with the draft as it stands before that. The machine is there and its
// definition is known.
namespace treewarden::conditions {

using Findings = std::vector<Finding>;

bool isBlocked(const Findings &findings);
bool isPausedBy(const Draft &draft, const DraftDomain &domain, PausedBy why);

// For every change of disks: what is under way, and states in which libvirt does nothing. The definition need not be
// known.
//
// block-job-running     Block  disk target  QEMU's type of the job, its id
// foreign-job-running   Block  disk target  the same; libvirt does not know of it
// jobs-unknown          Warn   machine
// machine-migrates      Block  machine
// machine-not-ready     Block  machine      "suspended" | "crashed" | "shutting-down" | "unknown"
Findings ofMachine(const Draft &draft, const DomainId &domain);

// Before the machine runs: a disk that it writes to, and that others have in another format.
//
// format-disputed       Block  path         disk target, its format, the one that the image has, the others (Confirm:
//                                           no valid qcow2 image, so nobody can say who is right)
Findings ofFormats(const Draft &draft, const DomainId &domain);
// The same where the machine writes from some step on: it was started by it, or has other files.
Findings ofFormats(const Draft &before, const Draft &after, const DomainId &domain);

// Where saved memory would meet other disks than it was saved with.
//
// managed-save          Block  machine
Findings ofSavedState(const Draft &draft, const DomainId &domain);

// A name for a new snapshot, or a new name for one.
//
// bad-name              Block  name         "empty" | "slash" | "dot" | "control" | "too-long" | "number"
// name-taken            Block  name
Findings ofName(const Draft &draft, const DomainId &domain, const QString &name, bool becomesTag);

struct Creation
{
    QString name;
    bool isExternal = false;
    bool keepsMemory = false; // running machines only; an internal one of those always does
    bool isQuiesced = false;
    std::vector<StepDisk> disks = {}; // external: the overlays to be
    QString memoryFile = {};
    QString nvramCopy = {}; // empty: none is made
};
// Taking a snapshot of the machine as it stands.
//
// file-missing               Block  path
// image-corrupt              Block  path
// nothing-to-keep            Block  machine
// format-without-tags        Block  disk target
// data-file                  Block  disk target: a tag holds no data file (Warn: external, this libvirt does not know
//                                   of such files)
// tag-exists                 Block  snapshot
// disk-without-snapshots     Block  disk target  "transient" | "lun" | "network" | "volume" | "directory" | "other" |
//                                           "shared" | "sd-card"
// disk-left-out              Warn   disk target  "transient" | "lun"
// encrypted-disk             Block  disk target (Warn: the overlay of a running machine is not encrypted)
// no-place-for-overlay       Block  disk target: a block device, and no file is near
// backing-format-missing     Block  path
// chain-too-deep             Block  disk target  layers then, most that this libvirt can run
// chain-deep                 Warn   disk target  layers then
// many-tags                  Warn   path         number
// nvram-forbids-internal     Block  machine      format of the NVRAM
// firmware-not-included      Warn   machine
// tpm-not-included           Warn   machine
// host-devices-forbid-memory Block  machine      number
// pauses-machine             Warn   machine      bytes of memory, about how many seconds
// paused-memory              Warn   snapshot: cannot be deleted before the machine runs again
// memory-saved-already       Block  machine: QEMU does not save it again before it runs
// paused-by-io-error         Warn   machine: its guest is kept in the middle of a request that failed
// crash-consistent           Warn   snapshot
// no-guest-agent             Block  machine
// quiesce-with-memory        Block  snapshot
// libvirt-cannot-revert      Warn   snapshot     "external" | "disk-only"
// bitmaps-forbid-revert-later Warn  snapshot     path
// checkpoints-forbid-offline Block  machine
// bitmaps-not-carried        Warn   disk target  path
// comma-in-path              Block  path of the overlay: of a machine that is off libvirt would make it elsewhere
// overlay-readable           Warn   path of the overlay
// overlay-may-fill           Warn   folder       bytes that it may grow to, bytes free
// transient-machine          Warn   machine
Findings ofCreation(const Draft &draft, const DomainId &domain, const Creation &creation);

// Going back to a snapshot, by whichever way.
//
// definition-missing     Block  snapshot
// delete-in-progress     Block  snapshot
// tag-ambiguous          Block  snapshot     path
// tag-mismatch           Block  snapshot     path
// transient-machine      Block  machine: it would end, and its snapshots with it
// frozen-file-changed    Confirm snapshot    disk target, path: it was written to since it was frozen (Warn: samples of
//                                            its contents are the same)
// size-changes           Warn   disk target  bytes now, bytes then
// disk-detached          Warn   disk target: the machine does not have it then
// disk-returns           Warn   disk target  path
// disk-not-reverted      Warn   disk target: no part of the snapshot
// definition-changes     Warn   machine      words: "memory" "cpus" "machine" "firmware" "tpm" "host-devices"
// firmware-not-reverted  Warn   machine
// tpm-not-reverted       Warn   machine
// bitmaps-outdated       Warn   machine: another branch than its present has bitmaps
Findings ofReversion(const Draft &draft, const DomainId &domain, const Snapshot &snapshot, RevertIntent::Then then);

// Files that a step names, as only libvirt knows them: a volume of a storage pool by its name, or an image over the
// network. What rewrites files, or writes their names into documents, does not know where they are.
//
// file-by-name-only      Block  name
Findings ofStep(const Step &step);

// What an image's tags are called, of which there may be as many as there are snapshots.
class TagNames
{
public:
    explicit TagNames(const std::vector<Tag> &tags); // which outlive it

    const Tag *find(const QString &name) const { return m_first.value(name); } // the first of that name
    // Several have that name, or it is another one's id, as which QEMU takes it first.
    bool isAmbiguous(const QString &name) const { return m_ambiguous.contains(name); }

private:
    QHash<QString, const Tag *> m_first;
    QSet<QString> m_ambiguous;
};

// Deleting snapshots with their data.
//
// frozen-file-changed    Warn   snapshot  disk target, path
// tag-ambiguous          Block  snapshot  path
// tag-mismatch           Warn   snapshot  path
// paused-memory          Warn   snapshot
// paused-by-io-error     Warn   machine: a merge may fail for the same reason
class DeletionRules
{
public:
    DeletionRules(const Draft &draft, const DomainId &domain); // both outlive it

    Findings of(const Snapshot &snapshot);

private:
    const Draft &m_draft;
    const DomainId &m_domain;
    std::map<ImageId, TagNames> m_tags; // of the images that came up
};

} // namespace treewarden::conditions
