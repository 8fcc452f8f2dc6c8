// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytesource.h"
#include "model/domain/event.h"
#include "model/domain/inventory.h"

#include <QByteArray>

#include <functional>
#include <memory>

namespace treewarden {

struct DomainSummary
{
    DomainId uuid;
    QString name;
    DomainState state = DomainState::Unknown;
    bool persistent = true;
    bool hasManagedSave = false;

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
    std::vector<Unknown> unknown; // pools and volumes that could not be read
};

// One open connection to a hypervisor. Every call blocks, some for as long as a job runs: worker threads only.
// Thread-safe, as libvirt's connections are. A call after the connection broke fails with ConnectionLost.
class Hypervisor
{
public:
    enum class Definition { Live, Persistent };
    enum class StopKind { Shutdown, ForceOff };
    enum class SnapshotScope { WholeMachine, DisksOnly };

    virtual ~Hypervisor() = default;

    virtual Result<Host> host() = 0;
    virtual Result<std::vector<DomainSummary>> domains() = 0;
    virtual Result<QByteArray> domainXml(const DomainId &domain, Definition definition) = 0;
    virtual Result<SnapshotNames> snapshotNames(const DomainId &domain) = 0;
    // All of them; each call of `each` is one <domainsnapshot>.
    virtual Result<> readSnapshots(const DomainId &domain, const std::function<void(const QByteArray &)> &each) = 0;
    virtual Result<QByteArray> snapshotXml(const DomainId &domain, const QString &snapshot) = 0;
    virtual Result<std::vector<QByteArray>> checkpointXml(const DomainId &domain) = 0;
    // One QMP command of a running machine and its reply. libvirt marks the machine as tainted "custom-monitor".
    virtual Result<QByteArray> qmp(const DomainId &domain, const QByteArray &command) = 0;

    // Those of all active pools.
    virtual Result<Volumes> volumes() = 0;
    virtual Result<Volume> volume(const QString &path) = 0;
    virtual Result<std::unique_ptr<ByteSource>> openVolume(const QString &path) = 0;

    virtual Result<> start(const DomainId &domain) = 0;
    virtual Result<> stop(const DomainId &domain, StopKind kind) = 0;

    // What changes machines. A hypervisor that is only looked at answers Unsupported.
    // The persistent definition: a new machine, or another definition of one with the same name and UUID.
    virtual Result<> defineDomain(const QByteArray &) { return failure(ErrorCode::Unsupported); }
    // Forgets the machine with its managed save and all that libvirt knows of its snapshots and checkpoints. Disks,
    // memory files and NVRAM stay.
    virtual Result<> undefineDomain(const DomainId &) { return failure(ErrorCode::Unsupported); }
    // Whether the daemon starts it when it starts itself.
    virtual Result<> setAutostart(const DomainId &, bool) { return failure(ErrorCode::Unsupported); }
    virtual Result<> createSnapshot(const DomainId &, const QByteArray & /*xml*/, SnapshotScope)
    {
        return failure(ErrorCode::Unsupported);
    }
    virtual Result<> revertToSnapshot(const DomainId &, const QString & /*name*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    // Makes the snapshot with this <domainsnapshot> the parent of the next one. Touches neither machine nor files.
    virtual Result<> makeSnapshotCurrent(const DomainId &, const QByteArray & /*xml*/)
    {
        return failure(ErrorCode::Unsupported);
    }
    // Defines a storage pool, starts it, and lets it start with the daemon. One that cannot be started is gone again.
    virtual Result<> definePool(const QByteArray &) { return failure(ErrorCode::Unsupported); }

    // Called on the event thread: copy, post, return. The connection stops calling before it is destroyed.
    virtual Result<> subscribe(std::function<void(const Event &)> onEvent, std::function<void(const Error &)> onClosed)
        = 0;
};

} // namespace treewarden
