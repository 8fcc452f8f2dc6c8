// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/snapshot.h"
#include "model/xml/domainedit.h"

#include <QByteArray>

#include <vector>

namespace treewarden {

// Changes of <domainsnapshot> documents, for Hypervisor::redefineSnapshot(). Errors as in domainedit.h. libvirt checks
// little of what it is given then; these keep what it does check (virDomainSnapshotRedefineValidate): the machine's
// UUID, the state, and which disks there are.

Result<QByteArray> withSnapshotName(const QByteArray &snapshot, const QString &name);
Result<QByteArray> withSnapshotDescription(const QByteArray &snapshot, const QString &description); // empty: none
Result<QByteArray> withSnapshotParent(const QByteArray &snapshot, const QString &parent); // empty: a root

// The files that hold the frozen state of these disks: the sources in <domain> and <inactiveDomain>. A disk that only
// one of them has is changed there.
Result<QByteArray> withFrozenSources(const QByteArray &snapshot, const std::vector<DiskPath> &disks);
// The overlays of disks that the snapshot froze externally: the sources in <disks>.
Result<QByteArray> withOverlays(const QByteArray &snapshot, const std::vector<DiskPath> &disks);

// One disk of an internal snapshot that becomes an external one's.
struct FrozenDisk
{
    QString target;
    QString frozen; // the file that holds its state now
    QString overlay; // what came after
    QString format = QStringLiteral("qcow2"); // of both
};
// An internal snapshot's document as an external one's: these disks external, all others not part of it, memory in a
// file or (empty) none. A machine that ran and whose memory is not kept has the state "disk-snapshot" then, as libvirt
// writes it for snapshots of disks alone.
Result<QByteArray> asExternalSnapshot(
    const QByteArray &snapshot, const std::vector<FrozenDisk> &disks, const QString &memoryFile);

// An external snapshot's document as an internal one's of a machine that was off: these disks internal, with their tags
// in these images, all others not part of it, no memory. What libvirt made when it reverted is of no use then.
Result<QByteArray> asInternalSnapshot(const QByteArray &snapshot, const std::vector<DiskPath> &disks);

// The machine as it was, as a <domain> document that can be defined: <inactiveDomain> where the snapshot has one (what
// its next start would have used), else <domain>. NotFound where libvirt recorded none.
Result<QByteArray> definitionThen(const QByteArray &snapshot);
// The same of the running machine (<domain>), which the saved memory fits.
Result<QByteArray> liveDefinitionThen(const QByteArray &snapshot);

// What Hypervisor::createSnapshot() takes.
struct NewSnapshot
{
    struct Disk
    {
        QString target;
        bool isExternal = false; // else internal
        QString overlay = {}; // external: the new file, qcow2; empty: libvirt chooses
    };
    QString name;
    QString description = {};
    // Each disk that is named takes part; the others do not (a medium that cannot be written, an empty drive).
    std::vector<Disk> disks;
    std::vector<QString> excluded = {}; // targets, said expressly: libvirt would take them by itself
    MemoryKind memory = MemoryKind::None;
    QString memoryFile = {}; // External only
};
Result<QByteArray> newSnapshotXml(const NewSnapshot &snapshot);

} // namespace treewarden
