// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytesource.h"
#include "model/domain/event.h"
#include "model/domain/inventory.h"

#include <QByteArray>

#include <functional>
#include <memory>
#include <optional>

namespace treewarden {

struct DomainSummary
{
    DomainId uuid;
    QString name;
    DomainState state = DomainState::Unknown;
    bool persistent = true;
    bool hasManagedSave = false;
    PausedBy pausedBy = PausedBy::Other;

    bool operator==(const DomainSummary &) const = default;
};

struct SnapshotNames
{
    QStringList names; // in libvirt's order
    QString current; // empty: none

    bool operator==(const SnapshotNames &) const = default;
};

struct Volume
{
    QString pool;
    QString path;
    QString format; // as the pool found it; libvirt probes
    Bytes capacity = 0; // virtual size
    Bytes allocation = 0; // bytes it takes
    Bytes physical = 0; // length of the file
    qint64 modifiedNanoseconds = 0; // since 1970; 0: the pool does not say

    bool operator==(const Volume &) const = default;
};

struct Volumes
{
    std::vector<Volume> volumes;
    std::vector<Pool> pools;
    std::vector<Unknown> unknown; // pools and volumes that could not be read; each pool that is not active
};

// One open connection to a hypervisor. Every call blocks, some for as long as a job runs: worker threads only.
// Thread-safe, as libvirt's connections are. A call after the connection broke fails with ConnectionLost.
class Hypervisor
{
public:
    enum class Definition { Live, Persistent };
    enum class StopKind { Shutdown, ForceOff };
    enum class SnapshotScope { WholeMachine, DisksOnly };
    enum class Quiesce { No, ByAgent };
    enum class AfterRevert { AsItWas, Running, Paused };
    // Passwords of consoles and the like, which libvirt leaves out unless they are asked for. What is written back
    // without them has none afterwards (VIR_DOMAIN_XML_SECURE).
    enum class Secrets { LeaveOut, Include };
    struct JobInfo
    {
        Bytes done = 0;
        Bytes total = 0; // 0: not known
        bool isMigration = false; // to another host, or from one
        bool isBackup = false;
    };

    virtual ~Hypervisor() = default;

    virtual Result<Host> host() = 0;
    virtual Result<std::vector<DomainSummary>> domains() = 0;
    virtual Result<QByteArray> domainXml(
        const DomainId &domain, Definition definition, Secrets secrets = Secrets::LeaveOut)
        = 0;
    virtual Result<SnapshotNames> snapshotNames(const DomainId &domain) = 0;
    // All of them; each call of `each` is one <domainsnapshot>.
    virtual Result<> readSnapshots(const DomainId &domain, const std::function<void(const QByteArray &)> &each,
        Secrets secrets = Secrets::LeaveOut)
        = 0;
    // Of these, for as long as `each` returns true; one that is gone is passed over.
    virtual Result<> readSnapshots(const DomainId &domain, const QStringList &names,
        const std::function<bool(const QString &name, const QByteArray &xml)> &each)
        = 0;
    virtual Result<QByteArray> snapshotXml(
        const DomainId &domain, const QString &snapshot, Secrets secrets = Secrets::LeaveOut)
        = 0;
    virtual Result<std::vector<QByteArray>> checkpointXml(const DomainId &domain) = 0;
    // One QMP command of a running machine and its reply. libvirt marks the machine as tainted "custom-monitor".
    virtual Result<QByteArray> qmp(const DomainId &domain, const QByteArray &command) = 0;

    // Of all pools what they list. A pool is not listed anew for that: libvirt stops a pool that it cannot list, and
    // looking changes nothing.
    virtual Result<Volumes> volumes() = 0;
    // By a path that something names. One that the pool of its folder does not list makes libvirt list that pool anew:
    // it knows nothing yet of an overlay that a snapshot made.
    virtual Result<Volume> volume(const QString &path) = 0;
    // Where a volume of a pool is: a path, or for a network pool another name. NotFound: no such pool or volume.
    virtual Result<QString> volumePath(const QString &pool, const QString &volume) = 0;
    virtual Result<std::unique_ptr<ByteSource>> openVolume(const QString &path) = 0; // as volume()

    virtual Result<> start(const DomainId &domain) = 0;
    virtual Result<> stop(const DomainId &domain, StopKind kind) = 0;

    // What changes machines. A hypervisor that is only looked at answers Unsupported. None of these judges: model/guard
    // has done that. A call that failed may have done part of its work (libvirt stops a machine before it finds that it
    // cannot revert), so whoever calls looks afterwards.
    // The persistent definition: a new machine, or another definition of one with the same name and UUID.
    virtual Result<> defineDomain(const QByteArray &) { return failure(ErrorCode::Unsupported); }
    // Forgets the machine with its managed save and all that libvirt knows of its snapshots and checkpoints. Disks,
    // memory files and NVRAM stay.
    virtual Result<> undefineDomain(const DomainId &) { return failure(ErrorCode::Unsupported); }
    // Whether the daemon starts it when it starts itself.
    virtual Result<> setAutostart(const DomainId &, bool) { return failure(ErrorCode::Unsupported); }
    virtual Result<> pause(const DomainId &) { return failure(ErrorCode::Unsupported); }
    virtual Result<> resume(const DomainId &) { return failure(ErrorCode::Unsupported); }
    virtual Result<> createSnapshot(const DomainId &, const QByteArray & /*xml*/, SnapshotScope, Quiesce = Quiesce::No)
    {
        return failure(ErrorCode::Unsupported);
    }
    virtual Result<> revertToSnapshot(const DomainId &, const QString & /*name*/, AfterRevert = AfterRevert::AsItWas)
    {
        return failure(ErrorCode::Unsupported);
    }
    // With its data, without its children.
    virtual Result<> deleteSnapshot(const DomainId &, const QString & /*name*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    // What libvirt knows of it; its files and tags stay. Children become its parent's.
    virtual Result<> forgetSnapshot(const DomainId &, const QString & /*name*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    // What libvirt knows of a snapshot becomes this <domainsnapshot>, new or of a name that it has. Touches neither
    // machine nor files.
    virtual Result<> redefineSnapshot(const DomainId &, const QByteArray & /*xml*/, bool /*makeCurrent*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    // Treewarden's element in <metadata>; empty: removes it.
    virtual Result<> setMetadata(const DomainId &, const QByteArray & /*xml*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    virtual Result<> removeManagedSave(const DomainId &) { return failure(ErrorCode::Unsupported); }
    // Starts a machine from a file of saved memory, with this definition (libvirt checks that the memory fits it).
    virtual Result<> restoreMemory(
        const DomainId &, const QString & /*file*/, const QByteArray & /*definition*/, bool /*paused*/)
    {
        return failure(ErrorCode::Unsupported);
    }

    // Block jobs of a disk of a running machine. A commit of the active layer goes on until endBlockJob().
    struct BlockJobInfo
    {
        bool isCommit = false;
        bool isReady = false; // the active layer's: both are equal, and writes go to both
        Bytes done = 0;
        Bytes total = 0; // 0: not known yet. done == total is not the end.
    };
    // `top` and `base` are paths in the disk's chain. Nothing is removed.
    virtual Result<> beginCommit(
        const DomainId &, const QString & /*disk*/, const QString & /*top*/, const QString & /*base*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    // Absent: no job is under way on the disk (any more).
    virtual Result<std::optional<BlockJobInfo>> blockJob(const DomainId &, const QString & /*disk*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    enum class BlockJobEnd { Pivot, Abort };
    virtual Result<> endBlockJob(const DomainId &, const QString & /*disk*/, BlockJobEnd)
    {
        return failure(ErrorCode::Unsupported);
    }
    // The job that saves memory or the like, which one call of ours runs on another thread, or a backup. Absent: none.
    virtual Result<std::optional<JobInfo>> jobInfo(const DomainId &) { return failure(ErrorCode::Unsupported); }
    virtual Result<> abortJob(const DomainId &) { return failure(ErrorCode::Unsupported); }

    // Begins to copy disks of a running machine to the files of the <domainbackup>, which are there already and are
    // filled; with a <domaincheckpoint> that begins at the same moment (empty: none). Returns when it runs: jobInfo()
    // says how far it is, abortJob() ends it (libvirt removes the files then, and leaves the checkpoint).
    virtual Result<> beginBackup(const DomainId &, const QByteArray & /*backup*/, const QByteArray & /*checkpoint*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    // The <domainbackup> that is under way; absent: none.
    virtual Result<std::optional<QByteArray>> backupXml(const DomainId &) { return failure(ErrorCode::Unsupported); }
    // How the machine's last backup ended, once it has; absent: its last job was none, or nobody knows any more.
    struct BackupEnd
    {
        bool succeeded = false;
        QString why; // of one that did not, in QEMU's words
    };
    virtual Result<std::optional<BackupEnd>> lastBackup(const DomainId &) { return failure(ErrorCode::Unsupported); }
    enum class CheckpointPart { Whole, MetadataOnly };
    // Whole: with its bitmaps, of a running machine. What libvirt knows alone can be dropped of any.
    virtual Result<> deleteCheckpoint(const DomainId &, const QString & /*name*/, CheckpointPart)
    {
        return failure(ErrorCode::Unsupported);
    }
    // What the guest sees of a disk of a running machine.
    virtual Result<Bytes> diskSize(const DomainId &, const QString & /*disk*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    // By the guest agent: it holds its writes until it is told to go on.
    virtual Result<> freezeGuest(const DomainId &) { return failure(ErrorCode::Unsupported); }
    virtual Result<> thawGuest(const DomainId &) { return failure(ErrorCode::Unsupported); }

    // Files through storage volumes, for a client that cannot open them itself. The folder must be a pool's.
    virtual Result<> createVolume(
        const QString & /*path*/, const QString & /*backing*/, const QString & /*backingFormat*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    virtual Result<> removeVolume(const QString & /*path*/) { return failure(ErrorCode::Unsupported); }
    // What more fits into the pool whose folder this is. NotFound: no active pool's.
    virtual Result<Bytes> poolSpace(const QString & /*folder*/) { return failure(ErrorCode::Unsupported); }
    // Defines a storage pool, starts it, and lets it start with the daemon. One that cannot be started is gone again.
    virtual Result<> definePool(const QByteArray &) { return failure(ErrorCode::Unsupported); }

    // Called on the event thread: copy, post, return. The connection stops calling before it is destroyed.
    virtual Result<> subscribe(std::function<void(const Event &)> onEvent, std::function<void(const Error &)> onClosed)
        = 0;
};

} // namespace treewarden
