// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/libvirtbehaviour.h"
#include "model/guard/nvramcopies.h"
#include "model/plan/conditions.h"

#include <algorithm>

namespace treewarden::conditions {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 Skew = 60; // seconds

// Tags of one snapshot were made at one time, and not before libvirt wrote its metadata.
void checkTags(const Draft &draft, const DraftDomain &domain, const Snapshot &snapshot, Verdict ofMismatch,
    std::map<ImageId, TagNames> &known, Findings &found)
{
    const DomainDefinition *definition = snapshot.definition ? snapshot.definition.get() : domain.definition.get();
    qint64 first = 0;
    for (const SnapshotDisk &part : snapshot.disks) {
        const Disk *disk = part.kind == SnapshotDiskKind::Internal ? definition->disk(part.target) : nullptr;
        const DraftImage *image = disk ? draft.imageAt(disk->source.location) : nullptr;
        const Image *read = image ? draft.inventory().images->find(image->id) : nullptr;
        if (!read || !read->facts.isKnown())
            continue;
        const TagNames &tags = known.try_emplace(image->id, read->facts->tags).first->second;
        const Tag *tag = tags.find(snapshot.name);
        // Made or moved by a step before this.
        if (!tag || !image->tag(snapshot.name))
            continue;
        if (tags.isAmbiguous(snapshot.name))
            found.push_back({u"tag-ambiguous"_s, Verdict::Block, snapshot.name, {image->location.name}});
        if (first == 0)
            first = tag->created;
        const bool isOlder = snapshot.created > 0 && tag->created < snapshot.created - Skew;
        if (isOlder || qAbs(tag->created - first) > Skew)
            found.push_back({u"tag-mismatch"_s, ofMismatch, snapshot.name, {image->location.name}});
    }
}

// What the snapshot froze, and what lies below it, was written to since.
void checkFrozen(
    const Draft &draft, const DraftDomain &domain, const Snapshot &snapshot, Verdict ofCertain, Findings &found)
{
    for (const SnapshotDisk &part : snapshot.disks) {
        // A tag is in its image, which nobody froze; the images below that are.
        if (part.kind != SnapshotDiskKind::External && part.kind != SnapshotDiskKind::Internal)
            continue;
        const ImageId frozen = draft.idAt(snapshot.frozen(part.target).location);
        QString overlay; // of the layer at hand
        for (const ImageId &layer : draft.chain(frozen)) {
            const Image *read = draft.inventory().images->find(layer);
            if (!read)
                break;
            for (const OutdatedUser &user : read->outdated) {
                const bool isIt = user.domain.isEmpty()
                    ? !overlay.isEmpty() && user.name == overlay
                    : layer == frozen && user.domain == domain.uuid && user.name == snapshot.name;
                if (isIt)
                    found.push_back({u"frozen-file-changed"_s, user.isCertain ? ofCertain : Verdict::Warn,
                        snapshot.name, {part.target, read->location.name}});
            }
            overlay = read->location.name;
        }
    }
}

class ReversionRules
{
public:
    ReversionRules(const Draft &draft, const DomainId &id, const Snapshot &snapshot)
        : m_draft(draft)
        , m_domain(*draft.domain(id))
        , m_now(*m_domain.definition)
        , m_snapshot(snapshot)
    {
    }

    Findings find(RevertIntent::Then after)
    {
        if (!m_snapshot.definition) {
            add(u"definition-missing"_s, Verdict::Block, m_snapshot.name);
            return std::move(m_found);
        }
        // Its frozen file may have the half of what came after it.
        if (std::any_of(m_snapshot.disks.begin(), m_snapshot.disks.end(),
                [](const SnapshotDisk &disk) { return disk.deleteInProgress; }))
            add(u"delete-in-progress"_s, Verdict::Block, m_snapshot.name);
        std::map<ImageId, TagNames> tags;
        checkTags(m_draft, m_domain, m_snapshot, Verdict::Block, tags, m_found);
        checkFrozen(m_draft, m_domain, m_snapshot, Verdict::Confirm, m_found);
        if (!m_domain.persistent && m_snapshot.memory == MemoryKind::None && after == RevertIntent::Then::AsItWas)
            add(u"transient-machine"_s, Verdict::Block, m_domain.name);
        checkDisks();
        checkDefinition();
        checkFirmware();
        if (m_snapshot.kind() == SnapshotKind::External && hasOtherBitmaps())
            add(u"bitmaps-outdated"_s, Verdict::Warn, m_domain.name);
        return std::move(m_found);
    }

private:
    void add(const QString &id, Verdict severity, const QString &subject, const QStringList &arguments = {})
    {
        m_found.push_back({id, severity, subject, arguments});
    }

    void checkDisks()
    {
        const DomainDefinition &then = *m_snapshot.definition;
        for (const Disk &disk : m_now.disks) {
            if (!disk.isWritten())
                continue;
            const Disk *was = then.disk(disk.target);
            const auto part = std::find_if(m_snapshot.disks.begin(), m_snapshot.disks.end(),
                [&](const SnapshotDisk &each) { return each.target == disk.target; });
            const bool isPart = part != m_snapshot.disks.end()
                && (part->kind == SnapshotDiskKind::Internal || part->kind == SnapshotDiskKind::External);
            if (!was)
                add(u"disk-detached"_s, Verdict::Warn, disk.target);
            else if (!isPart)
                add(u"disk-not-reverted"_s, Verdict::Warn, disk.target);
            else
                checkSize(disk, *was, part->kind);
        }
        for (const Disk &disk : then.disks) {
            if (disk.isWritten() && !m_now.disk(disk.target))
                add(u"disk-returns"_s, Verdict::Warn, disk.target, {disk.source.location.name});
        }
    }

    void checkSize(const Disk &disk, const Disk &was, SnapshotDiskKind kind)
    {
        const DraftImage *now = m_draft.imageAt(disk.source.location);
        const DraftImage *frozen = m_draft.imageAt(was.source.location);
        if (!now || !frozen)
            return;
        Bytes then = frozen->virtualSize;
        if (kind == SnapshotDiskKind::Internal) {
            const Image *read = m_draft.inventory().images->find(frozen->id);
            if (!read || !read->facts.isKnown())
                return;
            const std::vector<Tag> &tags = read->facts->tags;
            const auto tag
                = std::find_if(tags.begin(), tags.end(), [&](const Tag &each) { return each.name == m_snapshot.name; });
            if (tag == tags.end() || !tag->diskSize.isKnown())
                return;
            then = *tag->diskSize;
        }
        if (then != now->virtualSize)
            add(u"size-changes"_s, Verdict::Warn, disk.target,
                {QString::number(now->virtualSize), QString::number(then)});
    }

    void checkDefinition()
    {
        const DomainDefinition &then = *m_snapshot.definition;
        QStringList words;
        if (then.memory != m_now.memory)
            words += u"memory"_s;
        if (then.vcpus != m_now.vcpus)
            words += u"cpus"_s;
        if (then.machine != m_now.machine)
            words += u"machine"_s;
        if (then.efi != m_now.efi)
            words += u"firmware"_s;
        if (then.hasTpm != m_now.hasTpm)
            words += u"tpm"_s;
        if (then.hostDevices != m_now.hostDevices)
            words += u"host-devices"_s;
        if (!words.isEmpty())
            add(u"definition-changes"_s, Verdict::Warn, m_domain.name, words);
    }

    void checkFirmware()
    {
        const DomainDefinition &then = *m_snapshot.definition;
        const bool isBeside = then.nvram && nvramCopyOf(m_draft, m_snapshot);
        if (then.nvram && !isBeside && !isInTag())
            add(u"firmware-not-reverted"_s, Verdict::Warn, m_domain.name);
        if (const Fact<bool> kept = tpmKept(m_snapshot); kept.isKnown() && !*kept)
            add(u"tpm-not-reverted"_s, Verdict::Warn, m_domain.name);
    }

    // libvirt tags a qcow2 NVRAM along with the disks, where it is new enough to go back to that as well. Of a file
    // that cannot be read nobody knows better.
    bool isInTag() const
    {
        if (!LibvirtBehaviour(m_draft.host()).revertsInternalWithQcow2Nvram())
            return false;
        const Fact<NvramKept> kept = nvramKept(*m_draft.inventory().images, m_snapshot);
        return kept.isKnown() ? *kept == NvramKept::Inside : kept.isUnknown();
    }

    // They go on from a time that is none of this branch's. What the present loses is the judge's to say.
    bool hasOtherBitmaps() const
    {
        return std::any_of(m_snapshot.disks.begin(), m_snapshot.disks.end(), [&](const SnapshotDisk &part) {
            const DraftImage *frozen = m_draft.imageAt(m_snapshot.frozen(part.target).location);
            const Disk *now = m_now.disk(part.target);
            return frozen && !frozen->bitmaps.empty()
                && !(now && m_draft.isBelow(frozen->id, m_draft.idAt(now->source.location)));
        });
    }

    const Draft &m_draft;
    const DraftDomain &m_domain;
    const DomainDefinition &m_now;
    const Snapshot &m_snapshot;
    Findings m_found;
};

} // namespace

Findings ofReversion(const Draft &draft, const DomainId &domain, const Snapshot &snapshot, RevertIntent::Then then)
{
    return ReversionRules(draft, domain, snapshot).find(then);
}

TagNames::TagNames(const std::vector<Tag> &tags)
{
    for (const Tag &tag : tags) {
        const Tag *&first = m_first[tag.name];
        if (first)
            m_ambiguous.insert(tag.name);
        else
            first = &tag;
    }
    for (const Tag &tag : tags) {
        if (tag.id != tag.name)
            m_ambiguous.insert(tag.id);
    }
}

DeletionRules::DeletionRules(const Draft &draft, const DomainId &domain)
    : m_draft(draft)
    , m_domain(domain)
{
}

Findings DeletionRules::of(const Snapshot &snapshot)
{
    const DraftDomain &domain = *m_draft.domain(m_domain);
    Findings found;
    checkTags(m_draft, domain, snapshot, Verdict::Warn, m_tags, found);
    checkFrozen(m_draft, domain, snapshot, Verdict::Warn, found);
    // QEMU: "Inactive node can't be a backing child of active".
    if (snapshot.memory == MemoryKind::External && domain.state == DomainState::Paused)
        found.push_back({u"paused-memory"_s, Verdict::Warn, snapshot.name});
    if (snapshot.kind() == SnapshotKind::External && isPausedBy(m_draft, domain, PausedBy::IoError))
        found.push_back({u"paused-by-io-error"_s, Verdict::Warn, domain.name});
    return found;
}

} // namespace treewarden::conditions
