// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"

namespace treewarden {

// What the libvirt of a host does with snapshots, where versions and distributions differ. The only place that compares
// versions. Sources: libvirt's NEWS and qemu_snapshot.c of 9.0 to 10.7; what was run on 9.0.0, 11.3.0 and 12.8.0.
class LibvirtBehaviour
{
public:
    explicit LibvirtBehaviour(const Host &host)
        : m_version(host.libvirt)
        , m_distribution(host.distribution)
    {
    }

    // What deleting an external snapshot does that is neither the current one nor an ancestor of it and has no
    // children.
    enum class DeadLeaf {
        Refuses, // "could not find base disk source in disk source chain"
        RemovesFrozen, // the frozen file, also where internal snapshots live in it (libvirt issue 734)
        // The frozen file of a disk that the nearest snapshot above with that disk has as an external one. Else nothing
        // but metadata: below an internal parent, where the parent was forgotten, of a disk that was attached later
        // (seen with 11.3 and 12.8).
        RemovesFrozenBelowExternal,
    };
    DeadLeaf deadLeafDelete() const
    {
        return before(9, 7) ? DeadLeaf::Refuses
            : before(11, 0) ? DeadLeaf::RemovesFrozen
                            : DeadLeaf::RemovesFrozenBelowExternal;
    }
    // Reverting to external snapshots. 9.9.0 has it and crashes the daemon.
    bool revertsExternal() const { return !before(9, 10); }
    // Also to one that was taken of a running machine without its memory ("Invalid target domain state
    // 'disk-snapshot'"). Refused by 10.7, seen to work on 11.3; nobody knows what lies between.
    enum class Answer { No, Unknown, Yes };
    Answer revertsDiskSnapshot() const
    {
        return before(10, 8) ? Answer::No : before(11, 3) ? Answer::Unknown : Answer::Yes;
    }
    // 11.2 and 11.3 cannot load an internal snapshot into a running machine; Debian mended its 11.3.
    bool revertsInternalWithMemory() const
    {
        return before(11, 2) || !before(11, 4) || m_distribution.startsWith(QStringLiteral("debian "));
    }
    bool removesMemoryFileOnDelete() const { return !before(9, 1); }
    // Merges an overlay that is not the active layer while the machine is off. 9.0.0 does not know the chain then
    // ("could not find base disk source in disk source chain"), 11.3.0 does; nobody knows what lies between.
    bool deletesInnerWhileOff() const { return !before(11, 3); }
    // UEFI with NVRAM in qcow2: internal snapshots of a running machine.
    bool takesInternalWithQcow2Nvram() const { return !before(10, 9); }
    bool revertsInternalWithQcow2Nvram() const { return !before(10, 10); }
    // Of a machine that is off with any NVRAM. 9.0.0 was seen to refuse, NEWS tell of 9.2 and 9.3.
    bool takesInternalOffWithUefi() const { return !before(9, 3); }
    // An overlay of a machine that is off was world readable (CVE-2025-13193).
    bool makesReadableOverlays() const
    {
        return before(11, 10)
            && !(m_version >= Version{11, 3, 0} && m_distribution.startsWith(QStringLiteral("debian ")));
    }
    // Layers of a chain that is sure to start: 200 are libvirt's own limit, and from 10.8, whose JSON parser limits
    // nesting, until 12.0 it is "about 25".
    int maximumChain() const { return !before(10, 8) && before(12, 0) ? 24 : 199; }
    // AppArmor's profile denies it to QEMU to write into the base of a commit, unless the host's administrator changed
    // the profile; libvirt deletes external snapshots by commits, also while the machine is off.
    bool commitsUnderAppArmor() const { return !before(12, 1); }
    // An external data file of a qcow2 image (<dataStore>).
    bool knowsDataFiles() const { return !before(10, 10); }
    // Of a machine that is off and has checkpoints libvirt refuses to write down any snapshot, be it one that it knows:
    // qemuSnapshotCreateXML() asks qemuDomainSupportsCheckpointsBlockjobs() first, which wants a QEMU. Seen on 9.0.0
    // ("cannot perform block operations while checkpoint exists"); that it ends with 10.8 is inferred.
    bool refusesOfflineMetadataWithCheckpoints() const { return before(10, 8); }
    // Refuses an external snapshot of a machine that is off and has checkpoints.
    bool refusesOfflineExternalWithCheckpoints() const { return !before(10, 8); }

private:
    bool before(int major, int minor) const { return m_version < Version{major, minor, 0}; }

    Version m_version;
    QString m_distribution;
};

} // namespace treewarden
