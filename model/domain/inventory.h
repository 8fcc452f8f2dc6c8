// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/imagegraph.h"
#include "model/domain/snapshottree.h"

#include <memory>

namespace treewarden {

struct Version
{
    int major = 0;
    int minor = 0;
    int release = 0;

    auto operator<=>(const Version &) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 sees a 0 in it
};

struct Host
{
    QString uri; // as libvirt reports it
    QString hostName;
    Version libvirt; // the daemon's
    Version hypervisor; // QEMU's
    bool isLocal = false; // paths of this computer are paths of the host
    // ID and VERSION_ID of a local host's os-release ("debian 13"), because distributions mend libvirt without changing
    // its version. Empty: not known.
    QString distribution = {};

    bool operator==(const Host &) const = default;
};

// A block job of a running machine that was under way when it was read.
struct BlockJob
{
    QString id;
    QString disk; // target; empty: of a node that no disk has on top
    QString type; // QEMU's: "commit", "stream", "mirror", "backup"
    bool isLibvirts = false; // libvirt knows of it

    bool operator==(const BlockJob &) const = default;
};

// One machine as it was read. Immutable once it stands in an inventory; shared by generations that did not change it.
struct Domain
{
    DomainId uuid;
    QString name;
    DomainState state = DomainState::Unknown;
    PausedBy pausedBy = PausedBy::Other;
    Fact<bool> isMigrating = Fact<bool>::absent(); // absent: it is off
    bool persistent = true;
    bool hasManagedSave = false;
    // What runs now (or would start, when it is off).
    Fact<DomainDefinition> definition;
    // What the next start will use; differs from the above only while it runs. Absent for a transient domain.
    Fact<DomainDefinition> persistentDefinition;
    Fact<SnapshotTree> snapshots;
    Fact<std::vector<Checkpoint>> checkpoints;
    Fact<std::vector<BlockJob>> jobs = Fact<std::vector<BlockJob>>::absent(); // absent: it is off
    bool isAgentConnected = false; // the guest agent's channel
};

// Where files lie, and how much more fits. Several folders on one file system share its space.
struct FileSystem
{
    QString id; // equal ids are one file system
    QStringList folders; // absolute paths; those that images lie in
    Fact<Bytes> free; // for an ordinary user
    Fact<bool> takesLinks = {}; // hard ones: a file can have a second name, under which it is kept for an undo

    bool operator==(const FileSystem &) const = default;
};

struct Pool
{
    QString name;
    QString folder; // absolute path; empty: its volumes are no files of a folder, or that is not known
    bool isActive = true; // libvirt lists the volumes of an active pool alone

    bool operator==(const Pool &) const = default;
};

// A fact that could not be found out.
struct Unknown
{
    QString fact; // "image", "snapshots", "pool", ...
    QString subject; // a path, a machine's name
    Error why;

    bool operator==(const Unknown &) const = default;
};

// Everything known of one connection at one time. Immutable; crosses threads as shared_ptr<const Inventory>.
struct Inventory
{
    quint64 generation = 0; // grows by one with every reading that found a difference
    qint64 readAt = 0; // milliseconds since 1970
    Host host;
    std::vector<std::shared_ptr<const Domain>> domains; // by name
    std::shared_ptr<const ImageGraph> images = std::make_shared<ImageGraph>();
    std::vector<Unknown> unknown;
    std::vector<FileSystem> fileSystems;
    std::vector<Pool> pools;

    const FileSystem *fileSystemOf(const QString &folder) const
    {
        for (const FileSystem &each : fileSystems) {
            if (each.folders.contains(folder))
                return &each;
        }
        return nullptr;
    }
    std::shared_ptr<const Domain> domain(const DomainId &uuid) const
    {
        for (const auto &candidate : domains) {
            if (candidate->uuid == uuid)
                return candidate;
        }
        return nullptr;
    }
};

} // namespace treewarden
