// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/inventory/frozenfiles.h"
#include "model/inventory/imagereader.h"
#include "model/inventory/volumepaths.h"

#include <chrono>

namespace treewarden {

// Reads one host into inventories. Remembers what it read, so that looking again at a host that did not change costs a
// few calls a machine, parses nothing and starts no process. Not thread-safe; every reading blocks.
class InventoryReader
{
public:
    // Called before each call that may block, with a word of Connection::Activity and a subject.
    using Progress = std::function<void(const QString &what, const QString &subject)>;

    InventoryReader(std::shared_ptr<Hypervisor> hypervisor, std::vector<std::shared_ptr<ImageStore>> stores);

    void setProgress(Progress progress);
    // Where files that changed under what rests on them are found out; without it none are.
    void setFrozenFiles(std::unique_ptr<FrozenFiles> files) { m_frozenFiles = std::move(files); }

    // Everything anew. An error means that the host could not be asked at all; what failed in one machine or one image
    // is unknown in the inventory.
    Result<std::shared_ptr<const Inventory>> readAll();
    // A cheap look at all machines, or at one; what changed is read anew. The same pointer as before means that nothing
    // did. libvirt has no event for what another program does to a snapshot: names are compared at each look.
    Result<std::shared_ptr<const Inventory>> poll(const DomainId &only = {});

    // "virsh snapshot-edit" changes neither names nor times: what libvirt says of each snapshot has to be asked again,
    // a share at a time (docs/adr/0008). True: one differs, and the next poll() reads its machine anew.
    enum class Watched { InView, Elsewhere };
    bool compareSnapshots(Watched which, const DomainId &inView);
    // From one share to the next, so that all are compared in time.
    std::chrono::milliseconds comparisonPause(Watched which, const DomainId &inView) const;

    // The next look reads this machine anew, whatever it seems to be.
    void forget(const DomainId &domain);

private:
    struct Known
    {
        DomainSummary summary;
        // What libvirt answered last.
        Result<QByteArray> liveXml;
        Result<QByteArray> persistentXml;
        Result<SnapshotNames> names;
        Result<QByteArray> currentXml; // of the current snapshot; empty: none is
        Result<std::vector<QByteArray>> checkpoints;
        std::shared_ptr<const Domain> domain;
        QHash<QString, size_t> snapshotSums; // of what libvirt said of each
        qsizetype nextSnapshot = 0; // of the names: to be compared with that
        QHash<QString, Fact<ImageFacts>> live; // by path: what QEMU says of the layers it writes to, or why it does not
        Fact<bool> liveRead = Fact<bool>::absent(); // unknown: QEMU could not be asked

        // Something failed that may not fail again though nothing changed.
        bool mayRecover() const
        {
            return domain->snapshots.isUnknown() || domain->checkpoints.isUnknown() || liveRead.isUnknown();
        }
    };

    Result<std::shared_ptr<const Inventory>> look(const DomainId &only);
    Result<bool> look(Known &known, bool anew);
    struct Compared
    {
        qsizetype count = 0;
        bool differs = false;
    };
    Compared compare(Known &known, qsizetype atMost);
    qsizetype snapshotCount(Watched which, const DomainId &inView) const;
    Fact<SnapshotTree> readSnapshots(Known &known);
    void readLive(Known &known, Domain &domain);
    void readVolumes();
    bool readNeighbours(); // true: they differ from before
    void addNvramCopies(const QSet<QString> &known);
    void announce(const QString &what, const QString &subject) const;
    std::vector<ImageRequest> namedImages();
    std::shared_ptr<const Inventory> assemble();

    std::shared_ptr<Hypervisor> m_hypervisor;
    ImageReader m_images;
    std::unique_ptr<FrozenFiles> m_frozenFiles;
    Progress m_progress;
    Host m_host;
    std::vector<Known> m_known; // by name
    size_t m_nextElsewhere = 0; // of them: whose snapshots are compared next
    // What nobody may name: volumes of pools, and files in their folders and beside the named ones.
    std::vector<Pool> m_pools;
    std::vector<ImageRequest> m_volumes;
    std::chrono::steady_clock::time_point m_volumesReadAt;
    VolumePaths m_volumePaths;
    std::vector<ImageRequest> m_neighbours;
    std::chrono::steady_clock::time_point m_neighboursReadAt;
    std::vector<Unknown> m_poolUnknowns;
    std::shared_ptr<const Inventory> m_inventory;
};

} // namespace treewarden
