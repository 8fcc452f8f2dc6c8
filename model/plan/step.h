// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/result.h"
#include "model/base/strongid.h"
#include "model/domain/snapshot.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <vector>

namespace treewarden {

class Draft;

// One action of libvirt, of qemu-img or on a file. What each means to the files is play()'s to say (in the folder
// steps/, a file a family), how it is run is model/job's.
enum class StepKind {
    // libvirt's calls
    CreateSnapshot, // name, text = description, disks (external: path = the new overlay), memory, path = memory file,
    // flags
    RevertToSnapshot, // name; flags Start, Pause. libvirt's own revert.
    DeleteSnapshot, // name. libvirt's own delete, with data.
    ForgetSnapshot, // name. Metadata only.
    RenameSnapshot, // name, text = new name; external ones only. Redefines it and its children.
    DescribeSnapshot, // name, text = description
    MakeCurrent, // name
    PointSnapshot, // name, disks: the frozen files (path) that its <domain> and <disks> name from now on; the machine
    // need not be off
    MakeExternal, // name, disks: path = frozen file, base = overlay; path = memory file or empty. An internal
    // snapshot's metadata become an external one's.
    MakeInternal, // name, disks: path = image with the tag. An external snapshot's metadata become an internal one's,
    // of a machine that was off; its saved memory is not part of it.
    PointDisks, // disks: path, format. The definition; the machine is off.
    DefineAsThen, // name, disks: the machine's definition becomes the snapshot's, with these disks
    Start, // flag Pause: but do not run
    Pause,
    Resume,
    ShutDown, // waits for the guest to end; a time limit is no failure of the guest
    ForceOff,
    RestoreMemory, // path = memory file, disks: path; flags Start, Pause. Starts from saved memory on these disks.
    DropSavedState, // the managed save
    SetPolicy, // text
    CommitLive, // disks[0]: path = top, base; a running machine. Pivots where top is the active layer.
    // qemu-img and files
    CreateOverlay, // path, base, format of base
    ExtractTag, // path = new image, base = the image, name = tag; flag KeepMemory: a tag of that name, with its saved
    // memory, is in the new image
    CommitOffline, // path = top, base; top is not removed
    AddTag, // path, name: the active contents get a tag
    RemoveTag, // path, name
    RemoveFile, // path. Pinned first where that is possible, so that it can be put back.
    CopyFile, // path = new file, base = the file; flag InUse: a small one, which a machine may be writing to; flag
    // Replace: a small one, and what is at path is pinned first and gives way to the copy in one step
    RepointOverlay, // path = overlay, base = its new backing image, format of base. The header alone: both must show
    // the same.
    // Backups. All of these: path = the chain's folder; disks: path = the finished file of that point, base = that of
    // the point before (empty: a full one), or with the format "nbd" the URL of a volume that is filled instead. What
    // is not finished has another name, see unfinishedName().
    PrepareBackup, // the files that are to be filled, and what the machine is like
    BackUp, // name = checkpoint (empty: none), text = the checkpoint since which (empty: a full one), flag Quiesce.
    // libvirt's job.
    BackUpByQmp, // the same by QEMU's own jobs. name = what its bitmap's begins with (empty: none), text = the bitmap
    // since which, flags Quiesce, Compress, TopOnly, speed.
    FinishBackup, // name, flag Quiesce: as of BackUp. Checks what came of it, and lists it in the manifest.
    UnlistBackup, // the other way round: the manifest has it no more
    DropCheckpoint, // name. Ends the backup that made it, too, and lets a guest go on that was held. Without disks: any
    // checkpoint of that name.
    DropBitmap, // the same of BackUpByQmp: its jobs, and its bitmap
    RemoveBackup, // the files of that point, finished or not
};
QString stepName(StepKind kind); // kebab-case
bool isOfBackup(StepKind kind);
// Whether a file itself is needed for it: it is more than to make an overlay or to remove a file, which libvirt does
// with storage volumes as well.
bool needsFiles(StepKind kind);

struct StepDisk
{
    QString target;
    QString path;
    QString base = {};
    QString format = {};

    bool isVolume() const { return format == QLatin1String("nbd"); }
    bool operator==(const StepDisk &) const = default;
};

struct Step
{
    enum Flag {
        StartAfter = 1, // the machine runs afterwards
        PauseAfter = 2, // it is there, paused
        Quiesce = 4,
        KeepMemory = 8,
        IsExternal = 16, // CreateSnapshot
        InUse = 32, // CopyFile
        Replace = 64, // CopyFile
        Compress = 128, // BackUpByQmp
        TopOnly = 256, // the same: what the topmost image holds; base = the one below that, and format its own
        OwnBitmap = 512, // FinishBackup: with BackUpByQmp a bitmap began, and no checkpoint
    };
    StepKind kind = StepKind::Start;
    DomainId domain = {}; // PlanBuilder sets the intent's
    QString name = {};
    QString text = {};
    QString path = {};
    QString base = {};
    QString format = {};
    std::vector<StepDisk> disks = {};
    int flags = 0;
    Bytes speed = 0; // a second; 0: as fast as it goes

    bool has(Flag flag) const { return flags & flag; }
    bool operator==(const Step &) const = default;
};

QJsonObject toJson(const Step &step);
Result<Step> stepFromJson(const QJsonObject &json); // Malformed

// What the step does, tried on the draft. Fails where it could not be done at all: what it works on is not there, or is
// not in a state for it (Busy: it runs, or does not run), or libvirt of this host would refuse (Unsupported; the
// subject is the finding's id, see model/guard/libvirtbehaviour.h). The draft is then of no more use.
Result<> play(const Step &step, Draft &draft);

// Whether it can be put back after it ran, by the steps that undoOf() of model/job makes; asked before it runs. What is
// removed or gives way has to be kept then: whether it can be propose() sees.
bool isReversible(const Step &step, const Draft &before);

// One word for a POSIX shell.
QString shellQuoted(const QString &text);
// The virsh and qemu-img commands that do the same, for people to read (POSIX shell quoting).
QStringList commandsFor(const Step &step, const Draft &before);

} // namespace treewarden
