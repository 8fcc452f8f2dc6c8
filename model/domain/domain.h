// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/fact.h"
#include "model/base/strongid.h"
#include "model/domain/image.h"

#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace treewarden {

// libvirt's virDomainState; Unknown stands for a state this program has no name for.
enum class DomainState { Unknown, Running, Blocked, Paused, ShuttingDown, ShutOff, Crashed, PmSuspended };

inline bool isActive(DomainState state)
{
    return state != DomainState::ShutOff && state != DomainState::Crashed && state != DomainState::Unknown;
}

// Why a machine is paused, as far as it matters; of a machine that is not paused it says nothing.
enum class PausedBy {
    Other, // somebody, a snapshot that is being taken, a watchdog, ...
    IoError, // a disk could not be read or written: most often its file system is full
    Migration, // it is about to leave for another host, or to arrive from one
    SavedMemory, // its memory was saved, and it has not run since: QEMU saves it no second time
};

// One layer of a disk as a definition names it.
struct DiskSource
{
    ImageLocation location;
    QString format; // <driver type> or <format type>; empty: not given (libvirt then takes raw)
    QString dataFile; // <dataStore>'s source, where there is one

    bool operator==(const DiskSource &) const = default;
};

enum class DiskDevice { Disk, Lun, Cdrom, Floppy };

struct Disk
{
    QString target; // "vda"
    QString bus; // "virtio"
    QString alias; // running machines only: "virtio-disk0"
    DiskDevice device = DiskDevice::Disk;
    bool readOnly = false;
    bool shareable = false;
    bool transient = false;
    bool encrypted = false;
    DiskSource source;
    std::vector<DiskSource> backingChain; // below source, as far as the XML lists it
    bool backingChainComplete = false; // the XML ends it with an empty <backingStore/>
    std::optional<DiskSource> mirror; // a block copy or active commit is under way

    // The machine has contents of its own on it.
    bool isWritten() const { return device == DiskDevice::Disk && !readOnly && !source.location.isEmpty(); }
    // What is written goes into its file and stays there: for a transient one libvirt lays another over it for the time
    // that the machine runs.
    bool keepsWrites() const { return !readOnly && !transient && !source.location.isEmpty(); }
    bool operator==(const Disk &) const = default;
};

// Which kind of snapshots its user wants a machine to have.
enum class SnapshotPolicy { Ask, Internal, External };

// The file that keeps the variables of a UEFI firmware.
struct Nvram
{
    QString path;
    QString format; // empty: raw
    // libvirt's <varstore> (12.1): JSON, which QEMU's uefi-vars device writes anew as a whole with each change
    // (hw/uefi/var-service-json.c). To a copy it is like a raw one; but no flash, which libvirt has rules for.
    bool isVarstore = false;

    bool operator==(const Nvram &) const = default;
};

// What a <domain> element says, as far as Treewarden needs it.
struct DomainDefinition
{
    DomainId uuid;
    QString name;
    QString title;
    QString description;
    QString type; // "kvm", "qemu"
    QString machine; // "pc-q35-7.2"
    QString emulator;
    Bytes memory = 0;
    int vcpus = 0;
    bool efi = false;
    std::optional<Nvram> nvram;
    bool hasTpm = false;
    bool hasGuestAgentChannel = false;
    bool isGuestAgentConnected = false; // running machines only: somebody listens in the guest
    SnapshotPolicy policy = SnapshotPolicy::Ask; // from Treewarden's element in <metadata>
    QString os; // libosinfo's id of the guest, "http://microsoft.com/win/2k19", where whoever made the machine noted it
    bool hasGenerationId = false; // a guest that knows of it is told by libvirt that time went back
    bool isInAppArmor = false; // running machines only: a profile of AppArmor confines its QEMU
    bool isInSelinux = false; // the same of SELinux
    int hostDevices = 0; // passed-through devices and file systems, which forbid saving memory
    std::vector<Disk> disks;

    const Disk *disk(QStringView target) const
    {
        for (const Disk &candidate : disks) {
            if (candidate.target == target)
                return &candidate;
        }
        return nullptr;
    }
    bool operator==(const DomainDefinition &) const = default;
};

} // namespace treewarden
