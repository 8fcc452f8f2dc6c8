// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/findingtext.h"

#include "views/text/plantext.h"

namespace treewarden {

namespace {

QString filled(const QString &text, const Finding &finding)
{
    return PlanText::filled(text, QStringList{finding.subject} + finding.arguments);
}

} // namespace

std::span<const FindingText::Line> FindingText::lines()
{
    static constexpr Line all[] = {
        // model/guard/judge.h
        {"state-lost", QT_TR_NOOP("“%1” would be lost."), QT_TR_NOOP("Others rely on the same file.")},
        {"state-lost/snapshot", QT_TR_NOOP("“%1” would lose what it keeps of disk %3, in %4."),
            QT_TR_NOOP("Its data lies in a file that this would change or remove. You did not ask for that.")},
        {"state-lost/snapshot/memory", QT_TR_NOOP("“%1” would lose its saved memory."),
            QT_TR_NOOP("Its data lies in a file that this would change or remove. You did not ask for that.")},
        {"state-lost/machine", QT_TR_NOOP("The machine “%1” would lose what it has on disk %3 now, in %4."),
            QT_TR_NOOP("The machine’s present state lies in a file that this would change or remove.")},
        {"state-lost/machine/memory", QT_TR_NOOP("The machine “%1” would lose what it has in memory."),
            QT_TR_NOOP("You did not ask for that.")},
        {"state-lost/next-start", QT_TR_NOOP("The next start of “%1” would find other contents on disk %3, in %4."),
            QT_TR_NOOP("What the machine starts with next is not what it runs on now, and this would change it.")},
        {"state-lost/image", QT_TR_NOOP("%1 would no longer hold what it holds."),
            QT_TR_NOOP(
                "It is an overlay that no machine here uses. Somebody may still need it, and it cannot be read without "
                "its base.")},
        {"damaged-state-changes",
            QT_TR_NOOP("“%1” changes on disk %2: the machine has written into %3, which it rests on."),
            QT_TR_NOOP("It is no longer what it was when it was taken. Another such change cannot damage it much more, "
                       "yet what "
                       "it shows will be different.")},
        {"frozen-would-be-written", QT_TR_NOOP("The machine would write into what “%1” relies on."),
            QT_TR_NOOP("With its next start at the latest the machine would change a file that has to stay as it is.")},
        {"frozen-would-be-written/snapshot",
            QT_TR_NOOP("The machine would write into what “%1” keeps of disk %3, in %4."),
            QT_TR_NOOP("With its next start at the latest the machine would change a file that has to stay as it is.")},
        {"snapshot-lost", QT_TR_NOOP("The snapshot “%1” is gone afterwards."),
            QT_TR_NOOP("Nothing else keeps this state.")},
        {"current-state-lost", QT_TR_NOOP("What is on the disks of “%1” now is gone afterwards."),
            QT_TR_NOOP("Take a snapshot of the current state first to keep it.")},
        {"snapshot-memory-lost", QT_TR_NOOP("The memory that was saved with “%1” is gone afterwards."),
            QT_TR_NOOP("The disks stay: a revert boots the machine from them as after a power cut.")},
        {"memory-lost", QT_TR_NOOP("What “%1” has in memory is gone afterwards."),
            QT_TR_NOOP("Open work in its guest is lost, as if its power was cut.")},
        {"saved-state-lost", QT_TR_NOOP("The saved state of “%1” is gone afterwards."),
            QT_TR_NOOP("The machine was saved to disk in the middle of its work; it will boot instead of going on from "
                       "there.")},
        {"bitmaps-lost", QT_TR_NOOP("The checkpoints and bitmaps of “%1” are of no use afterwards: %l2."),
            QT_TR_NOOP("They tell a backup what changed since the last one. The next backup will be a full one.")},
        {"not-verified", QT_TR_NOOP("%1 could not be read, so nobody can say what this would do."),
            QT_TR_NOOP("Treewarden removes and rewrites nothing that it cannot see. Refresh, or see to it that it can "
                       "be read.")},
        {"users-unknown", QT_TR_NOOP("“%1” could not be read. It may rely on a file that changes: %2."),
            QT_TR_NOOP("Treewarden does not change a file while it cannot be sure who needs it.")},
        // model/plan/conditions.h: what stands against any change
        {"block-job-running", QT_TR_NOOP("A block job (%2) is running on disk %1."),
            QT_TR_NOOP("libvirt refuses snapshots meanwhile. Wait until it ends, or end it, then try again.")},
        {"foreign-job-running", QT_TR_NOOP("A job (%2) that libvirt does not know of is running on disk %1."),
            QT_TR_NOOP("libvirt would go ahead and QEMU would fail in the middle. Wait until the job ends.")},
        {"jobs-unknown", QT_TR_NOOP("Whether jobs are running on “%1” could not be found out."),
            QT_TR_NOOP("A job that is under way may make this fail; nothing is lost then.")},
        {"machine-not-ready", QT_TR_NOOP("“%1” is in a state in which libvirt takes no snapshots."),
            QT_TR_NOOP("Start it or shut it down first.")},
        {"machine-not-ready/suspended", QT_TR_NOOP("The guest of “%1” is suspended."),
            QT_TR_NOOP("Wake it up first; libvirt takes no snapshots meanwhile.")},
        {"machine-not-ready/crashed", QT_TR_NOOP("“%1” has crashed."),
            QT_TR_NOOP("Force it off first, or restart it.")},
        {"machine-not-ready/shutting-down", QT_TR_NOOP("“%1” is shutting down."), QT_TR_NOOP("Wait until it is off.")},
        {"machine-not-ready/unknown", QT_TR_NOOP("The state of “%1” is not known."),
            QT_TR_NOOP("It may be running. Refresh, and try again when it is known.")},
        {"managed-save", QT_TR_NOOP("“%1” has a saved state."),
            QT_TR_NOOP(
                "Its memory was saved in the middle of its work and would meet other disks than it knew. Start the "
                "machine and shut it down, or throw the saved state away.")},
        {"bad-name", QT_TR_NOOP("“%1” cannot be the name of a snapshot."), QT_TR_NOOP("Choose another name.")},
        {"bad-name/empty", QT_TR_NOOP("The snapshot needs a name."), ""},
        {"bad-name/slash", QT_TR_NOOP("“%1” has a slash in it."), QT_TR_NOOP("Files are named after the snapshot.")},
        {"bad-name/dot", QT_TR_NOOP("“%1” begins with a full stop."), QT_TR_NOOP("libvirt refuses such names.")},
        {"bad-name/control", QT_TR_NOOP("“%1” has invisible characters in it."), QT_TR_NOOP("Choose another name.")},
        {"bad-name/too-long", QT_TR_NOOP("“%1” is too long."),
            QT_TR_NOOP("Files are named after the snapshot, and the file system has a limit.")},
        {"bad-name/number", QT_TR_NOOP("“%1” is a number."),
            QT_TR_NOOP("QEMU takes numbers for the ids of internal snapshots and may pick another one.")},
        {"name-taken", QT_TR_NOOP("There is a snapshot “%1” already."), QT_TR_NOOP("Choose another name.")},
        // model/plan/conditions.h: taking a snapshot
        {"paused-by-io-error", QT_TR_NOOP("“%1” is paused because one of its disks could not be read or written."),
            QT_TR_NOOP("Its guest waits in the middle of that. Mend the cause (most often the disk is full) and let "
                       "the machine go on first.")},
        {"machine-migrates", QT_TR_NOOP("“%1” is on its way to another host, or from one."),
            QT_TR_NOOP("Its disks and its memory belong to two hosts meanwhile. Wait until it has arrived.")},
        {"file-missing", QT_TR_NOOP("%1 is not there."),
            QT_TR_NOOP("Without it the disk cannot be read. Put the file back, or point the machine to another one.")},
        {"image-corrupt", QT_TR_NOOP("%1 is marked as corrupt."),
            QT_TR_NOOP("QEMU opens it for reading only. Copy what matters and have it checked first.")},
        {"nothing-to-keep", QT_TR_NOOP("“%1” has no disk whose state could be kept."),
            QT_TR_NOOP("Its drives are empty, read-only or of a kind that no snapshot can hold.")},
        {"format-without-tags", QT_TR_NOOP("The image of disk %1 cannot hold internal snapshots."),
            QT_TR_NOOP("Only qcow2 images can. Take an external snapshot.")},
        {"data-file", QT_TR_NOOP("Disk %1 keeps its contents in a separate data file."),
            QT_TR_NOOP("An internal snapshot would not hold them, and this libvirt may not know of such files.")},
        {"tag-exists", QT_TR_NOOP("An image holds an internal snapshot “%1” already, though libvirt does not list it."),
            QT_TR_NOOP("The two would be mistaken for each other. Choose another name.")},
        {"disk-without-snapshots", QT_TR_NOOP("Disk %1 cannot be kept by this snapshot."),
            QT_TR_NOOP("It is not a file, and a snapshot without it would not be whole.")},
        {"disk-without-snapshots/transient", QT_TR_NOOP("Disk %1 is transient: what is written to it is thrown away."),
            QT_TR_NOOP("libvirt takes no such snapshot of a machine with transient disks.")},
        {"disk-without-snapshots/shared", QT_TR_NOOP("Disk %1 may be used by several machines at once."),
            QT_TR_NOOP("libvirt makes no overlay of such a disk.")},
        {"disk-without-snapshots/sd-card", QT_TR_NOOP("Disk %1 is an SD card."),
            QT_TR_NOOP("libvirt makes no overlay of it while the machine runs.")},
        {"disk-left-out", QT_TR_NOOP("Disk %1 is not part of the snapshot."),
            QT_TR_NOOP("Reverting leaves it as it is then.")},
        {"encrypted-disk", QT_TR_NOOP("Disk %1 is encrypted."),
            QT_TR_NOOP("The file that the machine goes on in would not be, or the snapshot cannot be taken at all.")},
        {"no-place-for-overlay", QT_TR_NOOP("There is no folder for the file that disk %1 would go on in."),
            QT_TR_NOOP("It is a block device, and no file of the machine lies in a folder.")},
        {"backing-format-missing", QT_TR_NOOP("%1 does not record the format of what it rests on."),
            QT_TR_NOOP("libvirt would take it as raw or refuse it. Write the format into its header first.")},
        {"chain-too-deep", QT_TR_NOOP("Disk %1 would rest on %2 layers; this libvirt runs at most %3."),
            QT_TR_NOOP("The machine would not start again. Delete snapshots first.")},
        {"chain-deep", QT_TR_NOOP("Disk %1 will rest on %2 layers."),
            QT_TR_NOOP("Long chains are slow, and libvirt has a limit.")},
        {"many-tags", QT_TR_NOOP("%1 holds %2 internal snapshots."), QT_TR_NOOP("Opening such an image gets slow.")},
        {"nvram-forbids-internal", QT_TR_NOOP("The firmware of “%1” forbids an internal snapshot with this libvirt."),
            QT_TR_NOOP("Its variables are kept in a file of format %2. Take an external snapshot.")},
        {"firmware-not-included", QT_TR_NOOP("The firmware’s variables of “%1” are not part of the snapshot."),
            QT_TR_NOOP("Boot entries and Secure Boot keys stay as they are when you revert.")},
        {"tpm-not-included", QT_TR_NOOP("The TPM of “%1” is not part of the snapshot."),
            QT_TR_NOOP(
                "Disk encryption that is sealed to it (BitLocker) may ask for its recovery key after a revert.")},
        {"host-devices-forbid-memory", QT_TR_NOOP("“%1” uses devices of the host (%2), so its memory cannot be kept."),
            QT_TR_NOOP("Take a snapshot of the disks alone, or shut the machine down first.")},
        {"memory-saved-already",
            QT_TR_NOOP("The memory of “%1” has been saved already, and the machine has not run since."),
            QT_TR_NOOP("QEMU does not save it once more. Keep the disks alone, or let the machine run for a moment.")},
        {"pauses-machine", QT_TR_NOOP("“%1” stands still while %b2 of memory are written: about %3 s."),
            QT_TR_NOOP("It goes on by itself afterwards.")},
        {"apparmor-may-refuse", QT_TR_NOOP("AppArmor may forbid libvirt to merge the files of “%1”."),
            QT_TR_NOOP("With this libvirt it usually does; the job fails then, and nothing is lost. The other way lets "
                       "Treewarden merge them while the machine is off.")},
        {"paused-memory", QT_TR_NOOP("“%1” can only be deleted when the machine runs or is off."),
            QT_TR_NOOP("libvirt cannot merge an external snapshot of a paused machine.")},
        {"crash-consistent", QT_TR_NOOP("“%1” keeps the disks as after a power cut."),
            QT_TR_NOOP(
                "File systems repair that by themselves. Databases may not like it: let the guest hold its writes, or "
                "keep the memory too.")},
        {"no-guest-agent", QT_TR_NOOP("The guest agent of “%1” is not connected."),
            QT_TR_NOOP("Without it the guest cannot be asked to hold its writes.")},
        {"quiesce-with-memory", QT_TR_NOOP("“%1” cannot keep the memory and hold the guest’s writes at once."),
            QT_TR_NOOP("With the memory nothing is half-written; holding the writes is not needed.")},
        {"libvirt-cannot-revert", QT_TR_NOOP("The libvirt of this host cannot revert to “%1” by itself."),
            QT_TR_NOOP("Treewarden can; virsh and virt-manager there cannot.")},
        {"bitmaps-forbid-revert-later",
            QT_TR_NOOP("%2 has bitmaps for incremental backups, so a revert to “%1” is refused."),
            QT_TR_NOOP("QEMU refuses that while they are there. Treewarden offers another way.")},
        {"checkpoints-forbid-offline", QT_TR_NOOP("“%1” has checkpoints, and libvirt refuses this while it is off."),
            QT_TR_NOOP("Start the machine first.")},
        {"bitmaps-not-carried", QT_TR_NOOP("The bitmaps of disk %1 stay behind in %2."),
            QT_TR_NOOP("The next incremental backup must be a full one.")},
        {"comma-in-path", QT_TR_NOOP("libvirt cannot make %1: there is a comma in its path."),
            QT_TR_NOOP("For a machine that runs it can, and an internal snapshot needs no such file.")},
        {"file-by-name-only", QT_TR_NOOP("%1 is no file that Treewarden can work on."),
            QT_TR_NOOP("It is a volume of a storage pool, or lies on another computer: only libvirt itself knows how "
                       "to open it.")},
        {"overlay-readable", QT_TR_NOOP("%1 is readable for every user of the host."),
            QT_TR_NOOP("A fault of this libvirt (CVE-2025-13193). It may be put right with chmod.")},
        {"overlay-may-fill", QT_TR_NOOP("What is written from now on may grow to %b2 in %p1, where %b3 are free."),
            QT_TR_NOOP("A machine whose disk is full stands still.")},
        {"transient-machine", QT_TR_NOOP("“%1” is transient: libvirt forgets it, and its snapshots, when it ends."),
            QT_TR_NOOP("The files stay. Make it persistent to keep them together.")},
        // model/plan/conditions.h: going back
        {"definition-missing", QT_TR_NOOP("libvirt did not record how the machine was at “%1”."),
            QT_TR_NOOP("Without it nobody knows which disks it had.")},
        {"tag-ambiguous", QT_TR_NOOP("%2 holds more than one internal snapshot that QEMU could take for “%1”."),
            QT_TR_NOOP("It may take the wrong one. Rename or remove the others first.")},
        {"tag-mismatch", QT_TR_NOOP("The data of “%1” in %2 was not made when libvirt says."),
            QT_TR_NOOP("Somebody may have put another state under this name.")},
        {"size-changes", QT_TR_NOOP("Disk %1 has %b2 now and had %b3 then."),
            QT_TR_NOOP("The guest sees the size that it had then.")},
        {"disk-detached", QT_TR_NOOP("The machine did not have disk %1 then."),
            QT_TR_NOOP("It is detached. Its image stays where it is.")},
        {"disk-returns", QT_TR_NOOP("The machine gets disk %1 back, with %2."), ""},
        {"disk-not-reverted", QT_TR_NOOP("Disk %1 is no part of the snapshot."),
            QT_TR_NOOP("It keeps what it holds now, which may not fit the rest.")},
        {"definition-changes", QT_TR_NOOP("“%1” also gets back other settings that it had then."),
            QT_TR_NOOP("Such as memory, processors, machine type and devices; the details show the difference.")},
        {"firmware-not-reverted", QT_TR_NOOP("The firmware’s variables of “%1” stay as they are now."),
            QT_TR_NOOP("Boot entries and Secure Boot keys may not fit the disks of then.")},
        {"tpm-not-reverted", QT_TR_NOOP("The TPM of “%1” stays as it is now."),
            QT_TR_NOOP("Disk encryption that is sealed to it (BitLocker) may ask for its recovery key.")},
        {"guest-not-told", QT_TR_NOOP("The guest of “%1” does not learn that it goes back in time."),
            QT_TR_NOOP("A domain controller or cluster node would contradict its partners. Revert all of them to the "
                       "same moment, or none.")},
        {"bitmaps-outdated", QT_TR_NOOP("The bitmaps of “%1” no longer tell what changed."),
            QT_TR_NOOP("The next incremental backup must be a full one.")},
        // model/plan/builder.h and the steps: what cannot be done at all
        {"step-impossible", QT_TR_NOOP("A step is not possible: %1 is not as it would have to be."),
            QT_TR_NOOP("It may have been changed elsewhere. Refresh and try again.")},
        {"space-unknown", QT_TR_NOOP("How much space is free in %p1 is not known; %b2 are needed."),
            QT_TR_NOOP("If it does not fit, the job ends and puts back what it did.")},
        {"no-space", QT_TR_NOOP("%b2 are needed in %p1, and %b3 are free."), QT_TR_NOOP("Free some space first.")},
        {"merge-may-not-fit", QT_TR_NOOP("Merging may need %b2 in %p1, and %b3 are free."),
            QT_TR_NOOP("It needs less where the file below has the same parts already. If it does not fit, it ends in "
                       "the middle and the disk is full.")},
        {"little-space", QT_TR_NOOP("%b2 of the %b3 that are free in %p1 are needed."),
            QT_TR_NOOP("What the machines of this host write needs room too.")},
        {"file-left-behind", QT_TR_NOOP("%1 is left behind: nothing refers to it afterwards."),
            QT_TR_NOOP("It takes space until somebody removes it. The tree shows it below the snapshots.")},
        {"no-such-machine", QT_TR_NOOP("There is no such machine any more."),
            QT_TR_NOOP("Another program removed it.")},
        {"no-such-snapshot", QT_TR_NOOP("There is no snapshot “%1”."),
            QT_TR_NOOP("Another program may have removed it.")},
        {"machine-off", QT_TR_NOOP("“%1” is off."), QT_TR_NOOP("This needs a running machine.")},
        {"machine-running", QT_TR_NOOP("“%1” runs."), QT_TR_NOOP("This needs a machine that is off.")},
        {"delete-in-progress", QT_TR_NOOP("libvirt was interrupted while it deleted “%1”."),
            QT_TR_NOOP("It refuses everything else with this snapshot until that is finished.")},
        {"tag-missing", QT_TR_NOOP("The data of “%1” is gone: no image holds it."),
            QT_TR_NOOP("Only its entry is left.")},
        {"memory-file-missing", QT_TR_NOOP("The saved memory %1 is not there."),
            QT_TR_NOOP("The disks may still be whole.")},
        {"target-exists", QT_TR_NOOP("%1 exists already."), QT_TR_NOOP("Treewarden overwrites no file.")},
        {"files-out-of-reach", QT_TR_NOOP("You may not write to %1, and this has to be done to the file itself."),
            QT_TR_NOOP("It belongs to the system's libvirt, which lets you make and remove volumes and no more. Take "
                       "another way, or run Treewarden as root.")},
        {"cannot-be-kept", QT_TR_NOOP("%1 is removed and cannot be put back."),
            QT_TR_NOOP("Keeping it for a while needs access to the file itself, on a file system with hard links.")},
        {"tag-cannot-be-renamed", QT_TR_NOOP("“%1” is internal, and its data in the image cannot be renamed."),
            QT_TR_NOOP("Change its description instead.")},
        {"bitmaps-forbid-revert", QT_TR_NOOP("%1 has bitmaps for incremental backups."),
            QT_TR_NOOP(
                "QEMU refuses to go back to an internal snapshot with them, and libvirt would leave the machine off.")},
        {"revert-broken-here", QT_TR_NOOP("The libvirt of this host fails to go back to “%1” with its memory."),
            QT_TR_NOOP("It was mended in libvirt 11.4.")},
        {"tag-below-running-machine", QT_TR_NOOP("“%1” lies below the image that the running machine writes to."),
            QT_TR_NOOP("QEMU cannot remove it there. Shut the machine down first.")},
        {"tag-left-behind", QT_TR_NOOP("The data of “%1” stays in %2 as well."),
            QT_TR_NOOP("It takes space there; the tree shows it as a tag.")},
        // What libvirt refuses
        {"libvirt-cannot-revert-external", QT_TR_NOOP("This libvirt cannot revert to “%1”, which is external."),
            QT_TR_NOOP("libvirt can since 9.10. Treewarden has a way of its own.")},
        {"libvirt-cannot-revert-disk-snapshot",
            QT_TR_NOOP("This libvirt cannot revert to “%1”, which was taken of a running machine without its memory."),
            QT_TR_NOOP("Treewarden has a way of its own.")},
        {"no-current-snapshot",
            QT_TR_NOOP("libvirt’s daemon would crash on the way back to “%1”: no snapshot is the current one."),
            QT_TR_NOOP("Treewarden has a way of its own.")},
        {"libvirt-cannot-delete-dead-branch",
            QT_TR_NOOP("This libvirt cannot delete “%1”, which lies on another branch."),
            QT_TR_NOOP("It looks for its files below the running disk, and they are not there.")},
        {"libvirt-refuses-internal-parent", QT_TR_NOOP("libvirt does not delete “%1”: its parent is internal."),
            QT_TR_NOOP(
                "Its frozen state is the file that internal snapshots live in. Treewarden can merge it by itself.")},
        {"libvirt-refuses-current-with-children",
            QT_TR_NOOP("libvirt does not delete “%1”: you are at it, and others follow."),
            QT_TR_NOOP("Treewarden has another way.")},
        {"libvirt-refuses-branch-point", QT_TR_NOOP("libvirt does not delete “%1”: more than one snapshot follows it."),
            QT_TR_NOOP("Their files rest on its file. It can go from the tree while its file stays.")},
        {"libvirt-refuses-outside-chain", QT_TR_NOOP("libvirt does not delete “%1”: the machine is on another branch."),
            QT_TR_NOOP("Treewarden has another way.")},
        {"libvirt-refuses-inner-while-off",
            QT_TR_NOOP("This libvirt does not delete “%1” while the machine is off: another snapshot follows it."),
            QT_TR_NOOP("libvirt can since 11.3. Start the machine first, or let Treewarden merge its files.")},
        {"entry-explains-chain", QT_TR_NOOP("Only “%1” tells libvirt which file comes after which."),
            QT_TR_NOOP(
                "Without it virsh and virt-manager may take the wrong file here. Treewarden goes by the files.")},
        {"chain-differs", QT_TR_NOOP("The files of “%1” are not in the order that its tree says."),
            QT_TR_NOOP("Somebody merged or rebased them outside of libvirt. Going by the tree could damage them.")},
        {"nothing-to-merge", QT_TR_NOOP("Nothing came after “%1” that could be merged into its file."), ""},
        {"branches-rest-on-it", QT_TR_NOOP("More than one branch rests on the files of “%1”."),
            QT_TR_NOOP("Merging one of them would damage the others.")},
        {"memory-needs-base", QT_TR_NOOP("The saved memory of “%1” fits only the file below it as it is."), ""},
        {"leftover-removed", QT_TR_NOOP("%1 is removed: nothing uses it (%b2)."),
            QT_TR_NOOP("Treewarden knows nobody who needs it; another host might.")},
        {"leftover-removed/", QT_TR_NOOP("%1 is removed: nothing uses it."),
            QT_TR_NOOP("Treewarden knows nobody who needs it; another host might.")},
        {"saved-memory-removed", QT_TR_NOOP("%1 is removed: no snapshot that libvirt knows uses it (%b2)."),
            QT_TR_NOOP("If somebody saved a machine into it with “virsh save”, that state is gone, too.")},
        {"saved-memory-removed/", QT_TR_NOOP("%1 is removed: no snapshot that libvirt knows uses it."),
            QT_TR_NOOP("If somebody saved a machine into it with “virsh save”, that state is gone, too.")},
        {"tag-removed", QT_TR_NOOP("The internal snapshot “%1” in %2 is gone afterwards."),
            QT_TR_NOOP("libvirt does not list it; somebody may have made it with qemu-img. It cannot be put back.")},
        {"not-left-over", QT_TR_NOOP("“%1” is not left over: it is not there, or something relies on it."),
            QT_TR_NOOP("It may have changed since it was listed.")},
        {"leftover-unknown", QT_TR_NOOP("Whether anything relies on %1 is not known: “%2” could not be read."),
            QT_TR_NOOP("Only what certainly nobody needs is removed.")},
        {"leftover-of-job", QT_TR_NOOP("%1 belongs to a job that has not ended, so it is not left over."),
            QT_TR_NOOP("Wait for that job; where it was interrupted, decide first what is to become of it.")},
        {"frozen-was-written",
            QT_TR_NOOP("“%1” is not what it was: the machine has written into %3, which its disk %2 rests on."),
            QT_TR_NOOP("Going back shows what the file holds now, which may not even be a whole file system.")},
        {"frozen-written-elsewhere", QT_TR_NOOP("“%5” writes to %4, which disk %3 of “%1” rests on."),
            QT_TR_NOOP("What another machine writes there changes the snapshot.")},
        {"frozen-written-elsewhere/runs", QT_TR_NOOP("“%5” runs and writes to %4, which disk %3 of “%1” rests on."),
            QT_TR_NOOP("The snapshot changes while you go back to it. Shut that machine down first.")},
        {"frozen-written-elsewhere/off", QT_TR_NOOP("“%5” is defined to write to %4, which disk %3 of “%1” rests on."),
            QT_TR_NOOP("If it ran since, what you go back to is not what it was, and may not even be a whole file "
                       "system.")},
        {"stale-memory", QT_TR_NOOP("The saved memory of “%1” does not fit its disks any more."),
            QT_TR_NOOP("A file that its disks rest on was written to since. With the memory of then the guest would "
                       "destroy its file systems.")},
        {"frozen-file-changed", QT_TR_NOOP("%3, which keeps disk %2 of “%1”, was written to since."),
            QT_TR_NOOP("It is not as it was when the snapshot was taken, and what it shows may not be whole.")},
        // model/plan/ways: taking snapshots
        {"policy-violated", QT_TR_NOOP("You set that “%1” gets another kind of snapshots."),
            QT_TR_NOOP("The setting is in the Machine menu.")},
        {"mixes-kinds", QT_TR_NOOP("The tree would have internal and external snapshots."),
            QT_TR_NOOP("libvirt’s own revert and delete lose data or refuse in such trees.")},
        {"internal-keeps-memory", QT_TR_NOOP("An internal snapshot of a running machine always keeps its memory."),
            QT_TR_NOOP("Take an external one of the disks alone, or shut the machine down first.")},
        {"no-memory-to-keep", QT_TR_NOOP("“%1” is off and has nothing in memory."), ""},
        {"kind-chosen", QT_TR_NOOP("The kind that suits this machine was chosen."), ""},
        {"kind-chosen/internal/same-kind", QT_TR_NOOP("It will be internal, like the rest of this tree."), ""},
        {"kind-chosen/external/same-kind", QT_TR_NOOP("It will be external, like the rest of this tree."), ""},
        {"kind-chosen/internal/same-as-current", QT_TR_NOOP("It will be internal, like the current snapshot."), ""},
        {"kind-chosen/external/same-as-current", QT_TR_NOOP("It will be external, like the current snapshot."), ""},
        {"kind-chosen/internal/policy", QT_TR_NOOP("It will be internal, as you set for this machine."), ""},
        {"kind-chosen/external/policy", QT_TR_NOOP("It will be external, as you set for this machine."), ""},
        {"kind-chosen/internal/usual",
            QT_TR_NOOP("It will be internal: one file, memory included, and every libvirt can go back to it."), ""},
        {"kind-chosen/external/works-here",
            QT_TR_NOOP("It will be external: this libvirt cannot go back to an internal one of a running machine."),
            ""},
        {"kind-chosen/external/without-memory",
            QT_TR_NOOP("It will be external: an internal one of a running machine always keeps the memory."), ""},
        {"kind-chosen/external/quiesced",
            QT_TR_NOOP("It will be external: the guest can only be asked to hold its writes for such a one."), ""},
        {"kind-chosen/internal/only-possible", QT_TR_NOOP("It will be internal: an external one is not possible here."),
            ""},
        {"kind-chosen/external/only-possible", QT_TR_NOOP("It will be external: an internal one is not possible here."),
            ""},
        // model/plan/ways: power
        {"machine-paused", QT_TR_NOOP("“%1” is paused."), QT_TR_NOOP("Resume it first.")},
        {"machine-not-paused", QT_TR_NOOP("“%1” is not paused."), ""},
        {"paused-guest-cannot-shut-down", QT_TR_NOOP("“%1” is paused, so its guest cannot shut down."),
            QT_TR_NOOP("Resume it first.")},
        {"job-would-end", QT_TR_NOOP("A job (%2) on disk %1 ends with the machine."),
            QT_TR_NOOP("What it did so far is lost.")},
        {"transient-machine-vanishes",
            QT_TR_NOOP("“%1” is transient: libvirt forgets it when it ends, with %2 snapshots."),
            QT_TR_NOOP("The files stay.")},
        {"resumes-saved-state", QT_TR_NOOP("“%1” goes on from its saved state instead of booting."), ""},
        {"format-disputed",
            QT_TR_NOOP("The machine has disk %2 as %3, in %1, which others have in another format: %5."),
            QT_TR_NOOP("Written to in a wrong format the image is destroyed. Find out which one it is, and correct the "
                       "other definitions first.")},
        {"spoils-states", QT_TR_NOOP("While it runs the machine writes into what “%1” relies on."),
            QT_TR_NOOP("That state changes with every write. Revert or branch to a file of its own first.")},
        {"spoils-states/snapshot", QT_TR_NOOP("While it runs the machine writes into %4, which keeps “%1”."),
            QT_TR_NOOP("That snapshot changes with every write. Revert to it, or branch to a file of its own, first.")},
        // model/job: undo
        {"not-undoable", QT_TR_NOOP("A step of this job cannot be taken back (%1)."),
            QT_TR_NOOP("What it removed or changed is not kept any more.")},
        {"backing-changed",
            QT_TR_NOOP("%p1 was changed since %p2 was put aside, or cannot be compared with what it was then."),
            QT_TR_NOOP("Put back over it, that file would show what was never in it.")},
        {"base-not-compared",
            QT_TR_NOOP("It cannot be undone: nobody can tell whether %p1 has changed, which a file that was put aside "
                       "rests on."),
            QT_TR_NOOP("Of a block device nothing says when it was written to. The file itself is still kept.")},
        {"document-changed",
            QT_TR_NOOP("What libvirt knows of “%1” was changed since the job ended, or cannot be compared."),
            QT_TR_NOOP("Undoing would write over that change. Take it back first, or leave the job as it is.")},
        {"unclaimed-tags", QT_TR_NOOP("%p1 has internal snapshots that libvirt does not list: %2."),
            QT_TR_NOOP("They would go with the file.")},
        {"nothing-to-undo", QT_TR_NOOP("There is nothing left to undo: none of its steps were done."), ""},
        {"undone-already", QT_TR_NOOP("It was undone already."), ""},
        {"entry-not-read", QT_TR_NOOP("What was done could not be looked at now."),
            QT_TR_NOOP("It may be under way still, or the host does not answer. Try again.")},
        // model/plan/ways: uniform
        {"already-uniform", QT_TR_NOOP("All snapshots of “%1” are of this kind already."), ""},
        {"uniform-not-possible", QT_TR_NOOP("“%1” cannot be made of that kind."),
            QT_TR_NOOP("Its state cannot be copied or merged from where it is: it lies on another branch, or in a file "
                       "with snapshots of the other kind.")},
    };
    return all;
}

const FindingText::Line *FindingText::find(const QString &id)
{
    for (const auto &table : {lines(), backupLines()}) {
        for (const Line &line : table) {
            if (id == QLatin1String(line.id))
                return &line;
        }
    }
    return nullptr;
}

// The most special line there is. An empty argument ends the key with a slash, and with "/memory" where it is the
// second.
const FindingText::Line *FindingText::lineOf(const Finding &finding)
{
    if (!finding.arguments.isEmpty()) {
        const QString first = finding.id + u'/' + finding.arguments.first();
        if (finding.arguments.size() > 1) {
            const QString &second = finding.arguments[1];
            if (const Line *line = find(first + u'/' + (second.isEmpty() ? QStringLiteral("memory") : second)))
                return line;
        }
        if (const Line *line = find(first))
            return line;
    }
    return find(finding.id);
}

QString FindingText::sentence(const Finding &finding)
{
    if (const Line *line = lineOf(finding))
        return filled(tr(line->sentence), finding);
    return finding.subject.isEmpty() ? finding.id
                                     : tr("%1: %2", "finding, what has it").arg(finding.id, finding.subject);
}

QString FindingText::explanation(const Finding &finding)
{
    const Line *line = lineOf(finding);
    return line && *line->explanation ? filled(tr(line->explanation), finding) : QString();
}

QString FindingText::consent(const Finding &finding)
{
    return tr("I understand: %1", "finding").arg(sentence(finding));
}

bool FindingText::isKnown(const QString &id)
{
    return find(id);
}

QStringList FindingText::ids()
{
    QStringList ids;
    for (const auto &table : {lines(), backupLines()}) {
        for (const Line &line : table) {
            if (!QLatin1String(line.id).contains(QLatin1Char('/')))
                ids += QString::fromLatin1(line.id);
        }
    }
    return ids;
}

QString FindingText::severity(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Allow:
        return tr("Fine");
    case Verdict::Warn:
        return tr("Worth knowing");
    case Verdict::Confirm:
        return tr("Needs your yes");
    case Verdict::Block:
        return tr("Refused");
    }
    Q_UNREACHABLE();
}

} // namespace treewarden
