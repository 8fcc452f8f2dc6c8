// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/libvirtbehaviour.h"
#include "model/plan/conditions.h"

#include <algorithm>
#include <map>

namespace treewarden::conditions {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype ManyTags = 250;
constexpr int DeepChain = 15;
// Saved memory is written at about this rate; the guest stands still meanwhile.
constexpr Bytes MemoryPerSecond = 300 * MiB;

// What libvirt makes no snapshots of, by the kind of source.
QString unsupportedKind(const Disk &disk)
{
    if (disk.transient)
        return u"transient"_s;
    if (disk.device == DiskDevice::Lun)
        return u"lun"_s;
    switch (disk.source.location.kind) {
    case SourceKind::None:
    case SourceKind::File:
    case SourceKind::Block:
        return {};
    case SourceKind::Network:
        return u"network"_s;
    case SourceKind::Volume:
        return u"volume"_s;
    case SourceKind::Dir:
        return u"directory"_s;
    case SourceKind::Nvme:
    case SourceKind::VhostUser:
    case SourceKind::VhostVdpa:
    case SourceKind::Other:
        return u"other"_s;
    }
    Q_UNREACHABLE();
}

class CreationRules
{
public:
    CreationRules(const Draft &draft, const DomainId &id, const Creation &creation)
        : m_draft(draft)
        , m_domain(*draft.domain(id))
        , m_definition(*m_domain.definition)
        , m_behaviour(draft.host())
        , m_creation(creation)
        , m_isOn(isActive(m_domain.state))
    {
    }

    Findings find()
    {
        bool hasDisk = false;
        for (const Disk &disk : m_definition.disks) {
            const bool isKept = !disk.readOnly && !disk.source.location.isEmpty()
                && (disk.device == DiskDevice::Disk || disk.device == DiskDevice::Lun);
            if (isKept && checkDisk(disk))
                hasDisk = true;
        }
        if (!hasDisk)
            add(u"nothing-to-keep"_s, Verdict::Block, m_domain.name);
        checkFirmware();
        checkMemory();
        checkGuest();
        if (m_creation.isExternal)
            checkExternal();
        if (!m_domain.persistent)
            add(u"transient-machine"_s, Verdict::Warn, m_domain.name);
        return std::move(m_found);
    }

private:
    void add(const QString &id, Verdict severity, const QString &subject, const QStringList &arguments = {})
    {
        m_found.push_back({id, severity, subject, arguments});
    }

    // Whether the disk is part of the snapshot, if it can be taken.
    bool checkDisk(const Disk &disk)
    {
        if (const QString kind = unsupportedKind(disk); !kind.isEmpty()) {
            if (m_creation.isExternal && (disk.transient || disk.device == DiskDevice::Lun)) {
                add(u"disk-left-out"_s, Verdict::Warn, disk.target, {kind});
                return false;
            }
            // A volume holds a tag as well as the file does that it is.
            if (m_creation.isExternal || kind != "volume"_L1) {
                add(u"disk-without-snapshots"_s, Verdict::Block, disk.target, {kind});
                return true;
            }
        }
        // Two machines at once may use nothing but raw, so that libvirt makes no overlay; and where QEMU writes to an
        // SD card it makes no block jobs, which the overlay of a running machine would need one day.
        if (m_creation.isExternal && (disk.shareable || (m_isOn && disk.bus == "sd"_L1))) {
            add(u"disk-without-snapshots"_s, Verdict::Block, disk.target,
                {disk.shareable ? u"shared"_s : u"sd-card"_s});
            return true;
        }
        const DraftImage *image = m_draft.imageAt(disk.source.location);
        if (!image) {
            const Image *read = m_draft.inventory().images->find(m_draft.idAt(disk.source.location));
            // What could not be read is the judge's to name.
            if (!read || read->facts.isAbsent())
                add(u"file-missing"_s, Verdict::Block, disk.source.location.name);
            return true;
        }
        checkChain(*image);
        if (disk.encrypted) {
            if (!m_isOn)
                add(u"encrypted-disk"_s, Verdict::Block, disk.target);
            else if (m_creation.isExternal)
                add(u"encrypted-disk"_s, Verdict::Warn, disk.target);
        }
        m_creation.isExternal ? checkBase(disk, *image) : checkHolder(disk, *image);
        return true;
    }

    void checkChain(const DraftImage &top)
    {
        for (const ImageId &layer : m_draft.chain(top.id)) {
            const DraftImage &image = *m_draft.image(layer);
            const Image *read = m_draft.inventory().images->find(layer);
            if (read && read->facts.isKnown()) {
                if (read->facts->corrupt)
                    add(u"image-corrupt"_s, Verdict::Block, image.location.name);
                if (m_creation.isExternal && !read->facts->backingName.isEmpty()
                    && read->facts->backingFormat.isEmpty())
                    add(u"backing-format-missing"_s, Verdict::Block, image.location.name);
            }
            const Image *below = m_draft.inventory().images->find(image.backing);
            if (!image.backing.isEmpty() && !m_draft.image(image.backing) && (!below || below->facts.isAbsent()))
                add(u"file-missing"_s, Verdict::Block, below ? below->location.name : image.backing.value);
        }
    }

    bool hasDataFile(const DraftImage &image) const
    {
        const Image *read = m_draft.inventory().images->find(image.id);
        return !image.dataFile.isEmpty() || (read && read->facts.isKnown() && read->facts->hasDataFile);
    }

    void checkHolder(const Disk &disk, const DraftImage &image)
    {
        if (image.isKnown && image.format != "qcow2"_L1) {
            add(u"format-without-tags"_s, Verdict::Block, disk.target);
            return;
        }
        if (hasDataFile(image))
            add(u"data-file"_s, Verdict::Block, disk.target);
        // Taken again it would stand twice, and nobody could say which one is meant.
        if (image.tag(m_creation.name))
            add(u"tag-exists"_s, Verdict::Block, m_creation.name);
        if (image.tags.size() >= ManyTags)
            add(u"many-tags"_s, Verdict::Warn, image.location.name, {QString::number(image.tags.size())});
        if (!image.bitmaps.empty())
            add(u"bitmaps-forbid-revert-later"_s, Verdict::Warn, m_creation.name, {image.location.name});
    }

    void checkBase(const Disk &disk, const DraftImage &image)
    {
        const bool hasOverlay = std::any_of(m_creation.disks.begin(), m_creation.disks.end(),
            [&](const StepDisk &overlay) { return overlay.target == disk.target; });
        if (!hasOverlay)
            add(u"no-place-for-overlay"_s, Verdict::Block, disk.target);
        if (hasDataFile(image) && !m_behaviour.knowsDataFiles())
            add(u"data-file"_s, Verdict::Warn, disk.target);
        const int layers = int(m_draft.chain(image.id).size()) + 1;
        const int most = m_behaviour.maximumChain();
        if (layers > most)
            add(u"chain-too-deep"_s, Verdict::Block, disk.target, {QString::number(layers), QString::number(most)});
        else if (layers >= DeepChain)
            add(u"chain-deep"_s, Verdict::Warn, disk.target, {QString::number(layers)});
        // libvirt gives the overlay of a running machine the bitmaps that go on; qemu-img gives it none.
        if (!m_isOn && !image.bitmaps.empty())
            add(u"bitmaps-not-carried"_s, Verdict::Warn, disk.target, {image.location.name});
    }

    void checkFirmware()
    {
        const bool isInternalOn = !m_creation.isExternal && m_isOn;
        if (m_definition.efi || m_definition.nvram) {
            const QString format
                = m_definition.nvram && !m_definition.nvram->format.isEmpty() ? m_definition.nvram->format : u"raw"_s;
            const bool isKept = !m_creation.isExternal && format == "qcow2"_L1
                && m_behaviour.takesInternalWithQcow2Nvram() && m_behaviour.revertsInternalWithQcow2Nvram();
            // Of a running machine with its NVRAM in flash.
            const bool isVarstore = m_definition.nvram && m_definition.nvram->isVarstore;
            const bool isRefused
                = !m_creation.isExternal && (m_isOn ? !isKept && !isVarstore : !m_behaviour.takesInternalOffWithUefi());
            if (isRefused)
                add(u"nvram-forbids-internal"_s, Verdict::Block, m_domain.name, {format});
            else if (!isKept && m_definition.nvram && m_creation.nvramCopy.isEmpty())
                add(u"firmware-not-included"_s, Verdict::Warn, m_domain.name);
        }
        // The state of a TPM is part of the saved memory that QEMU keeps in a tag.
        if (m_definition.hasTpm && !isInternalOn)
            add(u"tpm-not-included"_s, Verdict::Warn, m_domain.name);
    }

    void checkMemory()
    {
        if (!m_isOn || (m_creation.isExternal && !m_creation.keepsMemory))
            return;
        if (m_definition.hostDevices > 0)
            add(u"host-devices-forbid-memory"_s, Verdict::Block, m_domain.name,
                {QString::number(m_definition.hostDevices)});
        const Bytes seconds = m_definition.memory / MemoryPerSecond + 1;
        if (m_domain.state == DomainState::Running)
            add(u"pauses-machine"_s, Verdict::Warn, m_domain.name,
                {QString::number(m_definition.memory), QString::number(seconds)});
        if (m_creation.isExternal && m_domain.state == DomainState::Paused)
            add(u"paused-memory"_s, Verdict::Warn, m_creation.name);
        if (m_creation.isExternal && isPausedBy(m_draft, m_domain, PausedBy::SavedMemory))
            add(u"memory-saved-already"_s, Verdict::Block, m_domain.name);
    }

    void checkGuest()
    {
        if (!m_isOn)
            return;
        if (isPausedBy(m_draft, m_domain, PausedBy::IoError))
            add(u"paused-by-io-error"_s, Verdict::Warn, m_domain.name);
        const bool keepsMemory = !m_creation.isExternal || m_creation.keepsMemory;
        if (m_creation.isQuiesced) {
            const std::shared_ptr<const Domain> read = m_draft.inventory().domain(m_domain.uuid);
            if (keepsMemory)
                add(u"quiesce-with-memory"_s, Verdict::Block, m_creation.name);
            // A paused guest's agent would never answer.
            if (!read || !read->isAgentConnected || m_domain.state == DomainState::Paused)
                add(u"no-guest-agent"_s, Verdict::Block, m_domain.name);
        } else if (!keepsMemory) {
            add(u"crash-consistent"_s, Verdict::Warn, m_creation.name);
        }
    }

    void checkExternal()
    {
        if (!m_behaviour.revertsExternal())
            add(u"libvirt-cannot-revert"_s, Verdict::Warn, m_creation.name, {u"external"_s});
        else if (m_isOn && !m_creation.keepsMemory
            && m_behaviour.revertsDiskSnapshot() != LibvirtBehaviour::Answer::Yes)
            add(u"libvirt-cannot-revert"_s, Verdict::Warn, m_creation.name, {u"disk-only"_s});
        if (!m_isOn && !m_domain.checkpoints.empty() && m_behaviour.refusesOfflineExternalWithCheckpoints())
            add(u"checkpoints-forbid-offline"_s, Verdict::Block, m_domain.name);
        std::map<QString, Bytes> growth;
        for (const StepDisk &overlay : m_creation.disks) {
            // The qemu-img that libvirt runs then is given the path with every comma twice: the overlay is not made, or
            // not where the machine is told (seen in 9.0.0). A running machine's QEMU is given it as it is.
            if (!m_isOn && overlay.path.contains(u','))
                add(u"comma-in-path"_s, Verdict::Block, overlay.path);
            if (!m_isOn && m_behaviour.makesReadableOverlays())
                add(u"overlay-readable"_s, Verdict::Warn, overlay.path);
            const Disk *disk = m_definition.disk(overlay.target);
            if (const DraftImage *image = disk ? m_draft.imageAt(disk->source.location) : nullptr)
                growth[overlay.path.left(overlay.path.lastIndexOf(u'/'))] += image->virtualSize;
        }
        for (const auto &[folder, bytes] : growth) {
            const FileSystem *fileSystem = m_draft.inventory().fileSystemOf(folder);
            if (fileSystem && fileSystem->free.isKnown() && *fileSystem->free < bytes / 5)
                add(u"overlay-may-fill"_s, Verdict::Warn, folder,
                    {QString::number(bytes), QString::number(*fileSystem->free)});
        }
    }

    const Draft &m_draft;
    const DraftDomain &m_domain;
    const DomainDefinition &m_definition;
    const LibvirtBehaviour m_behaviour;
    const Creation &m_creation;
    const bool m_isOn;
    Findings m_found;
};

} // namespace

Findings ofCreation(const Draft &draft, const DomainId &domain, const Creation &creation)
{
    return CreationRules(draft, domain, creation).find();
}

} // namespace treewarden::conditions
