// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/judge.h"

#include "model/guard/bitmapclaims.h"
#include "model/guard/nvramcopies.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

ClaimantKey keyOf(const Claimant &claimant)
{
    return ClaimantKey(claimant);
}

const QString NvramTarget = u"nvram"_s; // the target of a claimant that is no disk's

class ClaimantFinder
{
public:
    explicit ClaimantFinder(const Draft &draft)
        : m_draft(draft)
    {
    }

    std::vector<Claimant> find()
    {
        for (const auto &[id, domain] : m_draft.domains())
            addDomain(*domain);
        addOverlaysOfNobody();
        return std::move(m_found);
    }

private:
    void addActive(const Owner &owner, const QString &target, const ImageLocation &location)
    {
        if (location.isEmpty())
            return;
        const ImageId image = m_draft.idAt(location);
        m_found.push_back({owner, Claimant::Where::Active, target, image, view(image)});
        for (const ImageId &layer : m_draft.chain(image)) {
            if (m_relied.contains(layer))
                break;
            m_relied.insert(layer);
        }
    }

    View view(const ImageId &image)
    {
        const auto known = m_views.constFind(image);
        return known != m_views.constEnd() ? *known : *m_views.insert(image, m_draft.view(image));
    }

    // An image with tags: there may be thousands.
    struct Holder
    {
        QHash<QStringView, const DraftTag *> tags;
        View under = 0;
    };
    const Holder &holderOf(const ImageId &id)
    {
        const auto known = m_holders.constFind(id);
        if (known != m_holders.constEnd())
            return *known;
        Holder holder;
        if (const DraftImage *image = m_draft.image(id)) {
            // Of several with one name the first.
            for (auto tag = image->tags.rbegin(); tag != image->tags.rend(); ++tag)
                holder.tags.insert(tag->name, &*tag);
            holder.under = view(image->backing);
        }
        for (const ImageId &layer : m_draft.chain(id))
            m_relied.insert(layer);
        return *m_holders.insert(id, std::move(holder));
    }

    void addDomain(const DraftDomain &domain)
    {
        const Owner current{OwnerKind::CurrentState, domain.uuid, domain.name, {}};
        if (domain.definition) {
            for (const Disk &disk : domain.definition->disks) {
                // What nobody writes through this machine is its file's owner's, and a missing CD is no loss.
                if (disk.device == DiskDevice::Disk || disk.device == DiskDevice::Lun)
                    addActive(current, disk.target, disk.source.location);
            }
        }
        // What cannot be looked at is not changed either, and a missing one is made from its template.
        if (domain.definition && domain.definition->nvram) {
            const ImageLocation nvram{SourceKind::File, domain.definition->nvram->path};
            if (const DraftImage *image = m_draft.imageAt(nvram); image && image->isKnown)
                addActive(current, NvramTarget, nvram);
        }
        if (domain.memory)
            m_found.push_back({current, Claimant::Where::Memory, {}, {}, domain.memory});
        if (domain.savedMemory)
            m_found.push_back({current, Claimant::Where::SavedState, {}, {}, domain.savedMemory});
        if (domain.persistentDefinition && domain.persistentDefinition != domain.definition) {
            for (const Disk &disk : domain.persistentDefinition->disks) {
                const Disk *same = domain.definition ? domain.definition->disk(disk.target) : nullptr;
                if (!same || same->source.location != disk.source.location)
                    addActive({OwnerKind::PersistentDefinition, domain.uuid, domain.name, {}}, disk.target,
                        disk.source.location);
            }
        }
        for (const auto &snapshot : domain.snapshots)
            addSnapshot(domain, *snapshot);
    }

    void addSnapshot(const DraftDomain &domain, const Snapshot &snapshot)
    {
        const Owner owner{OwnerKind::Snapshot, domain.uuid, domain.name, snapshot.name};
        const DomainDefinition *definition = snapshot.definition ? snapshot.definition.get() : domain.definition.get();
        View memory = 0;
        for (const SnapshotDisk &disk : snapshot.disks) {
            if (disk.kind == SnapshotDiskKind::External) {
                ImageLocation frozen = snapshot.frozen(disk.target).location;
                if (const DraftImage *overlay = frozen.isEmpty() ? m_draft.imageAt(disk.overlay.location) : nullptr) {
                    if (const DraftImage *below = m_draft.image(overlay->backing))
                        frozen = below->location;
                }
                addActive(owner, disk.target, frozen);
            } else if (disk.kind == SnapshotDiskKind::Internal) {
                const Disk *source = definition ? definition->disk(disk.target) : nullptr;
                if (!source || source->source.location.isEmpty())
                    continue;
                const ImageId image = m_draft.idAt(source->source.location);
                const Holder &holder = holderOf(image);
                const DraftTag *tag = holder.tags.value(snapshot.name);
                m_found.push_back({owner, Claimant::Where::Tag, disk.target, image,
                    tag ? m_draft.view(tag->content, holder.under) : View(0)});
                if (tag && tag->memory)
                    memory = tag->memory;
            }
        }
        if (const DraftImage *copy = nvramCopyOf(m_draft, snapshot))
            addActive(owner, NvramTarget, copy->location);
        if (snapshot.memory == MemoryKind::Internal) {
            m_found.push_back({owner, Claimant::Where::Memory, {}, {}, memory});
        } else if (snapshot.memory == MemoryKind::External) {
            const ImageId file = m_draft.idAt({SourceKind::File, snapshot.memoryFile});
            m_found.push_back({owner, Claimant::Where::Memory, {}, file, m_draft.view(file)});
        }
        for (const auto *disks : {&snapshot.disks, &snapshot.revertDisks}) {
            for (const SnapshotDisk &disk : *disks)
                m_named.insert(m_draft.idAt(disk.overlay.location));
        }
    }

    // Another host's machine may run on it. What metadata of a snapshot here name is known to be what came after that.
    void addOverlaysOfNobody()
    {
        for (const auto &image : m_draft.images()) {
            if (!image->backing.isEmpty() && !m_relied.contains(image->id) && !m_named.contains(image->id)
                && !image->id.value.startsWith(u"made:"))
                m_found.push_back({{OwnerKind::Image, {}, {}, image->location.name}, Claimant::Where::Active, {},
                    image->id, view(image->id)});
        }
    }

    const Draft &m_draft;
    std::vector<Claimant> m_found;
    QHash<ImageId, View> m_views;
    QHash<ImageId, Holder> m_holders;
    QSet<ImageId> m_relied;
    QSet<ImageId> m_named;
};

struct Written
{
    Claimant claimant;
    ImageId layer; // that is written
    QSet<DomainId> writers;
};

// The claimants that rely on what a machine writes when it runs, other than as that machine's own present.
QHash<ClaimantKey, Written> writtenOnes(const Draft &draft, const std::vector<Claimant> &all)
{
    QHash<ImageId, QSet<DomainId>> writers;
    for (const auto &[id, domain] : draft.domains()) {
        for (const auto &definition : {domain->definition, domain->persistentDefinition}) {
            for (size_t i = 0; definition && i < definition->disks.size(); ++i) {
                const Disk &disk = definition->disks[i];
                if (!disk.readOnly && !disk.transient && !disk.source.location.isEmpty())
                    writers[draft.idAt(disk.source.location)].insert(id);
            }
        }
    }
    QHash<ClaimantKey, Written> found;
    QHash<ImageId, ImageId> firstWritten; // below an image; empty: none
    for (const Claimant &claimant : all) {
        if (claimant.image.isEmpty() || claimant.where == Claimant::Where::Memory)
            continue;
        const bool isPresent
            = claimant.owner.kind == OwnerKind::CurrentState || claimant.owner.kind == OwnerKind::PersistentDefinition;
        if (!isPresent && claimant.where == Claimant::Where::Active && writers.contains(claimant.image)) {
            found.insert(keyOf(claimant), {claimant, claimant.image, writers.value(claimant.image)});
            continue;
        }
        auto below = firstWritten.constFind(claimant.image);
        if (below == firstWritten.constEnd()) {
            ImageId written;
            for (const ImageId &layer : draft.chain(claimant.image)) {
                if (layer != claimant.image && writers.contains(layer)) {
                    written = layer;
                    break;
                }
            }
            below = firstWritten.insert(claimant.image, written);
        }
        if (!below->isEmpty())
            found.insert(keyOf(claimant), {claimant, *below, writers.value(*below)});
    }
    return found;
}

} // namespace

std::vector<Claimant> claimants(const Draft &draft)
{
    return ClaimantFinder(draft).find();
}

size_t Judge::changesOf(const Draft &draft)
{
    // What is stranded is only said.
    return size_t(std::count_if(draft.effects().begin(), draft.effects().end(),
        [](const Effect &effect) { return effect.kind != EffectKind::Strand; }));
}

// Those of the last look, where nothing has changed since.
const std::vector<Claimant> &Judge::latest(const Draft &end)
{
    if (m_latest.empty() || m_latestChanges != changesOf(end)) {
        m_latest = claimants(end);
        m_latestChanges = changesOf(end);
    }
    return m_latest;
}

Judge::Judge(const Draft &before, Declared declared)
    : m_before(before)
    , m_declared(std::move(declared))
{
    const std::vector<Claimant> all = claimants(before);
    const QHash<ClaimantKey, Written> written = writtenOnes(before, all);
    for (const Written &each : written)
        m_writtenBelow.insert({each.claimant.owner.domain, each.layer});
    m_watched.reserve(all.size());
    for (const Claimant &claimant : all) {
        const ClaimantKey key = keyOf(claimant);
        const bool isWritten = written.contains(key);
        if (isWritten)
            m_written.insert(key, written.value(key).layer);
        // What a clone shows is not known to have changed; what a machine froze and then ran on has.
        m_watched.push_back({claimant,
            isWritten && claimant.owner.kind == OwnerKind::Snapshot && claimant.where == Claimant::Where::Active
                && claimant.owner.domain == m_declared.domain});
    }
}

bool Judge::isDeclared(const Claimant &claimant) const
{
    if (claimant.owner.domain != m_declared.domain || claimant.owner.kind == OwnerKind::Image)
        return false;
    if (claimant.owner.kind == OwnerKind::Snapshot)
        return m_declared.snapshots.contains(claimant.owner.name)
            || (m_declared.snapshotMemory && claimant.where == Claimant::Where::Memory);
    if (claimant.where == Claimant::Where::SavedState)
        return m_declared.savedState;
    if (claimant.where == Claimant::Where::Memory)
        return m_declared.currentState || m_declared.memory;
    return m_declared.currentState;
}

void Judge::look(const Draft &after, int step)
{
    QHash<ClaimantKey, const Claimant *> now;
    m_latest = claimants(after);
    m_latestChanges = changesOf(after);
    const std::vector<Claimant> &all = m_latest;
    now.reserve(qsizetype(all.size()));
    for (const Claimant &claimant : all)
        now.insert(keyOf(claimant), &claimant);
    for (Watched &watched : m_watched) {
        const Claimant *same = now.take(keyOf(watched.claimant));
        if (!watched.lost && (!same || same->view != watched.claimant.view))
            lose(watched, after, step);
    }
    // Owners that the plan itself makes are watched from here on.
    for (const Claimant *made : std::as_const(now)) {
        // An overlay that lost its owner is shown as stranded.
        if (made->owner.kind == OwnerKind::Image)
            continue;
        m_watched.push_back({*made});
        m_seen.push_back({step, made->view});
    }
}

void Judge::lose(Watched &watched, const Draft &after, int step)
{
    watched.lost = true;
    const Claimant &claimant = watched.claimant;
    const bool isPresent
        = claimant.owner.kind == OwnerKind::CurrentState || claimant.owner.kind == OwnerKind::PersistentDefinition;
    const DraftDomain *domain = after.domain(claimant.owner.domain);
    if (claimant.where == Claimant::Where::Memory && isPresent && domain && domain->wasShutDown)
        return;
    // It goes on from there.
    if (claimant.where == Claimant::Where::SavedState && domain && domain->memory == claimant.view)
        return;
    // An overlay of nobody that is one somebody's now, or that shows the same through another file.
    if (claimant.owner.kind == OwnerKind::Image && after.image(claimant.image)
        && after.view(claimant.image) == claimant.view) {
        watched.lost = false;
        return;
    }
    // A next start that is no different any more.
    if (claimant.owner.kind == OwnerKind::PersistentDefinition) {
        const Disk *disk
            = domain && domain->persistentDefinition ? domain->persistentDefinition->disk(claimant.target) : nullptr;
        if (disk && after.view(after.idAt(disk->source.location)) == claimant.view) {
            watched.lost = false;
            return;
        }
    }
    if (claimant.owner.kind == OwnerKind::Image && m_declared.images.contains(claimant.owner.name))
        return;
    if (isDeclared(claimant))
        m_lost.push_back({claimant, step});
    else if (watched.inDoubt)
        find(u"damaged-state-changes"_s, Verdict::Confirm, claimant, m_before);
    else
        find(u"state-lost"_s, Verdict::Block, claimant, m_before);
}

void Judge::find(const QString &id, Verdict severity, const Claimant &claimant, const Draft &draft)
{
    const DraftImage *image = draft.image(claimant.image);
    const QString path = image ? image->location.name : QString();
    Finding finding{id, severity, {}, {}};
    if (id == "damaged-state-changes"_L1) {
        const DraftImage *written = draft.image(m_written.value(keyOf(claimant)));
        finding.subject = claimant.owner.name;
        finding.arguments = {claimant.target, written ? written->location.name : path};
    } else {
        const bool isNamed = claimant.owner.kind == OwnerKind::Snapshot || claimant.owner.kind == OwnerKind::Image;
        finding.subject = isNamed ? claimant.owner.name : claimant.owner.domainName;
        const QString kind = claimant.owner.kind == OwnerKind::Snapshot ? u"snapshot"_s
            : claimant.owner.kind == OwnerKind::Image                   ? u"image"_s
            : claimant.owner.kind == OwnerKind::PersistentDefinition    ? u"next-start"_s
                                                                        : u"machine"_s;
        finding.arguments = {kind, claimant.target, path};
    }
    if (std::find(m_findings.begin(), m_findings.end(), finding) == m_findings.end())
        m_findings.push_back(finding);
}

void Judge::checkWriters(const Draft &end)
{
    const std::vector<Claimant> &all = latest(end);
    QSet<ClaimantKey> watched;
    for (const Watched &each : m_watched)
        watched.insert(keyOf(each.claimant));
    for (const Written &written : writtenOnes(end, all)) {
        const Claimant &claimant = written.claimant;
        const ClaimantKey key = keyOf(claimant);
        // A base that another machine writes into was a problem of all that this machine has, before; another snapshot
        // on it makes that no worse.
        const bool isOthersFault = !written.writers.contains(claimant.owner.domain)
            && m_writtenBelow.contains({claimant.owner.domain, written.layer});
        if (watched.contains(key) && !m_written.contains(key) && !isOthersFault)
            find(u"frozen-would-be-written"_s, Verdict::Block, claimant, end);
    }
}

void Judge::checkKnowledge(const Draft &end)
{
    const std::vector<Effect> &effects = end.effects();
    const bool changesFiles = std::any_of(effects.begin(), effects.end(), [&](const Effect &effect) {
        const bool wasThere = m_before.imageAt({SourceKind::File, effect.path}) != nullptr;
        return wasThere
            && (effect.kind == EffectKind::Write || effect.kind == EffectKind::Remove
                || effect.kind == EffectKind::Repoint);
    });
    const bool removes = std::any_of(effects.begin(), effects.end(), [](const Effect &effect) {
        return effect.kind == EffectKind::RemoveTag || effect.kind == EffectKind::DiscardState;
    });
    const bool forgets = std::any_of(
        effects.begin(), effects.end(), [](const Effect &effect) { return effect.kind == EffectKind::DropMetadata; });
    // What only makes, starts or stops something may go on without having seen all.
    const bool isDestructive = changesFiles || removes || m_declared.currentState;
    const Verdict ofUnknown = isDestructive || forgets ? Verdict::Block : Verdict::Warn;
    const auto add = [&](const QString &id, Verdict severity, const QString &subject, const QStringList &arguments) {
        const Finding finding{id, severity, subject, arguments};
        if (std::find(m_findings.begin(), m_findings.end(), finding) == m_findings.end())
            m_findings.push_back(finding);
    };
    for (const auto &[id, domain] : m_before.domains()) {
        const bool isOurs = id == m_declared.domain;
        const bool isKnown
            = domain->definition && domain->areSnapshotsKnown && (domain->persistentDefinition || !domain->persistent);
        if (isOurs && !domain->definition)
            add(u"not-verified"_s, ofUnknown, domain->name, {u"definition"_s});
        else if (isOurs && !domain->areSnapshotsKnown)
            add(u"not-verified"_s, ofUnknown, domain->name, {u"snapshots"_s});
        else if (!isOurs && !isKnown)
            add(u"users-unknown"_s, changesFiles ? Verdict::Block : Verdict::Warn, domain->name, {QString()});
    }
    // Everything that this machine relies on.
    QSet<ImageId> seen;
    for (const Watched &watched : m_watched) {
        const Claimant &claimant = watched.claimant;
        if (claimant.owner.domain != m_declared.domain || claimant.image.isEmpty()
            || claimant.where == Claimant::Where::Memory)
            continue;
        for (ImageId layer = claimant.image; !layer.isEmpty() && !seen.contains(layer);) {
            seen.insert(layer);
            const DraftImage *image = m_before.image(layer);
            const Image *read = m_before.inventory().images->find(layer);
            const QString path = read ? read->location.name : layer.value;
            const bool wasMade = layer.value.startsWith(u"made:");
            if (read && read->facts.isAbsent()) {
                // That is known. An entry without its file may still be dropped.
                if (isDestructive)
                    add(u"file-missing"_s, Verdict::Block, path, {});
            } else if (!wasMade && (!image || !image->isKnown)) {
                add(u"not-verified"_s, ofUnknown, path, {u"image"_s});
            }
            layer = image ? image->backing : ImageId();
        }
    }
}

void Judge::settleLosses(const Draft &end)
{
    const std::vector<Claimant> &all = latest(end);
    for (const Lost &lost : m_lost) {
        const Claimant &claimant = lost.claimant;
        Loss loss;
        const bool isSnapshot = claimant.owner.kind == OwnerKind::Snapshot;
        const bool isWhole = isSnapshot && m_declared.snapshots.contains(claimant.owner.name);
        loss.what = isWhole                                 ? Loss::What::Snapshot
            : isSnapshot                                    ? Loss::What::SnapshotMemory
            : claimant.where == Claimant::Where::Memory     ? Loss::What::Memory
            : claimant.where == Claimant::Where::SavedState ? Loss::What::SavedState
                                                            : Loss::What::CurrentState;
        loss.subject = isSnapshot ? claimant.owner.name : claimant.owner.domainName;
        const DraftImage *image = m_before.image(claimant.image);
        if (image)
            loss.path = image->location.name;
        const bool isMemoryFile
            = claimant.where == Claimant::Where::Memory && isSnapshot && image && !image->tag(claimant.owner.name);
        if (image && (claimant.where == Claimant::Where::Active || isMemoryFile))
            loss.bytes = image->allocated;
        if (claimant.where == Claimant::Where::Tag && image) {
            if (const DraftTag *tag = image->tag(claimant.owner.name); tag && tag->memorySize)
                loss.bytes = tag->memorySize;
        }
        const bool isKept = claimant.view != 0
            && std::any_of(all.begin(), all.end(), [&](const Claimant &other) { return other.view == claimant.view; });
        if (isKept) {
            loss.keptBy = 0;
            for (const auto &[step, view] : m_seen) {
                if (view == claimant.view) {
                    loss.keptBy = step;
                    break;
                }
            }
        }
        if (std::find(m_losses.begin(), m_losses.end(), loss) != m_losses.end())
            continue;
        m_losses.push_back(loss);
        if (loss.keptBy >= 0)
            continue;
        const QString id = loss.what == Loss::What::Snapshot ? u"snapshot-lost"_s
            : loss.what == Loss::What::SnapshotMemory        ? u"snapshot-memory-lost"_s
            : loss.what == Loss::What::Memory                ? u"memory-lost"_s
            : loss.what == Loss::What::SavedState            ? u"saved-state-lost"_s
                                                             : u"current-state-lost"_s;
        const Finding finding{id, Verdict::Confirm, loss.subject, {}};
        if (std::find(m_findings.begin(), m_findings.end(), finding) == m_findings.end())
            m_findings.push_back(finding);
    }
}

void Judge::settleBitmaps(const Draft &end)
{
    std::map<DomainId, QStringList> lost;
    for (const BitmapClaim &claim : bitmapClaims(m_before)) {
        if (!isHeld(claim, end) && !lost[claim.domain].contains(claim.name))
            lost[claim.domain] += claim.name;
    }
    for (const auto &[id, names] : lost)
        m_findings.push_back({u"bitmaps-lost"_s, id == m_declared.domain ? Verdict::Confirm : Verdict::Block,
            m_before.domain(id)->name, names});
}

void Judge::finish(const Draft &end)
{
    checkWriters(end);
    checkKnowledge(end);
    settleLosses(end);
    settleBitmaps(end);
}

} // namespace treewarden
