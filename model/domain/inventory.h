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

    bool operator==(const Host &) const = default;
};

// One machine as it was read. Immutable once it stands in an inventory; shared by generations that did not change it.
struct Domain
{
    DomainId uuid;
    QString name;
    DomainState state = DomainState::Unknown;
    bool persistent = true;
    bool hasManagedSave = false;
    // What runs now (or would start, when it is off).
    Fact<DomainDefinition> definition;
    // What the next start will use; differs from the above only while it runs. Absent for a transient domain.
    Fact<DomainDefinition> persistentDefinition;
    Fact<SnapshotTree> snapshots;
    Fact<std::vector<Checkpoint>> checkpoints;
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
