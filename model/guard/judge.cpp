// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/judge.h"

#include <algorithm>
#include <utility>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

struct Written
{
    Claimant claimant;
    ImageId layer; // that is written
    QSet<DomainId> writers;
};

// The claimants that rely on what a machine writes when it runs, other than as that machine's own present.
std::vector<Written> writtenOnes(const Draft &draft, const ClaimantIndex &all)
{
    QHash<ImageId, QSet<DomainId>> writers;
    for (const auto &[id, domain] : draft.domains()) {
        for (const auto &definition : {domain->definition, domain->persistentDefinition}) {
            for (const ImageId &image : draft.writtenBy(definition.get()))
                writers[image].insert(id);
        }
    }
    std::vector<Written> found;
    QHash<ImageId, ImageId> firstWritten; // below an image; empty: none
    ImageId last; // Many tags in one image ask for the same.
    ImageId written;
    const auto writtenBelow = [&](const ImageId &top) {
        if (top == last)
            return written;
        last = top;
        written = {};
        std::vector<ImageId> path;
        for (ImageId layer = top; written.isEmpty();) {
            const auto known = firstWritten.constFind(layer);
            if (known != firstWritten.constEnd()) {
                written = *known;
                break;
            }
            firstWritten.insert(layer, {}); // ends a loop
            path.push_back(layer);
            const DraftImage *image = draft.image(layer);
            layer = image ? image->backing : ImageId();
            if (!draft.image(layer))
                break;
            if (writers.contains(layer))
                written = layer;
        }
        for (const ImageId &layer : path)
            firstWritten.insert(layer, layer == written ? ImageId() : written);
        written = firstWritten.value(top);
        return written;
    };
    all.visit([&](const Claimant &claimant) {
        if (claimant.image.isEmpty() || claimant.where == Claimant::Where::Memory)
            return;
        const bool isPresent
            = claimant.owner.kind == OwnerKind::CurrentState || claimant.owner.kind == OwnerKind::PersistentDefinition;
        if (!isPresent && claimant.where == Claimant::Where::Active && writers.contains(claimant.image)) {
            found.push_back({claimant, claimant.image, writers.value(claimant.image)});
            return;
        }
        const ImageId below = writtenBelow(claimant.image);
        if (!below.isEmpty())
            found.push_back({claimant, below, writers.value(below)});
    });
    return found;
}

} // namespace

Judge::Judge(const Draft &before, Declared declared)
    : m_before(before)
    , m_declared(std::move(declared))
    , m_first(before)
    , m_claimants(m_first)
    , m_bitmaps(bitmapClaims(before))
{
    for (const Written &each : writtenOnes(before, m_claimants)) {
        m_writtenBelow.insert({each.claimant.owner.domain, each.layer});
        m_written.insert(ClaimantKey(each.claimant), each.layer);
    }
    ImageId last; // Many tags are in one image.
    m_first.visit(m_declared.domain, [&](const Claimant &claimant) {
        if (claimant.image != last)
            note(claimant);
        last = claimant.image;
    });
}

// Everything that the machine relies on, as it was before.
void Judge::note(const Claimant &claimant)
{
    if (claimant.owner.domain != m_declared.domain || claimant.where == Claimant::Where::Memory)
        return;
    for (ImageId layer = claimant.image; !layer.isEmpty() && !m_relied.contains(layer);) {
        m_relied.insert(layer);
        const DraftImage *image = m_before.image(layer);
        const Image *read = m_before.inventory().images->find(layer);
        const QString path = read ? read->location.name : layer.value;
        if (read && read->facts.isAbsent())
            m_unsure.push_back({u"file-missing"_s, Verdict::Block, path, {}});
        else if (!isMade(layer) && (!image || !image->isKnown))
            m_unsure.push_back({u"not-verified"_s, Verdict::Block, path, {u"image"_s}});
        layer = image ? image->backing : ImageId();
    }
}

Judge::Watched *Judge::watched(const ClaimantKey &key)
{
    const auto known = m_places.constFind(key);
    if (known != m_places.constEnd())
        return &m_watched[*known];
    const std::optional<ClaimantIndex::Found> found = m_first.find(key);
    if (!found)
        return nullptr;
    const Claimant &claimant = found->claimant;
    // What a clone shows is not known to have changed; what a machine froze and then ran on has.
    const bool inDoubt = claimant.owner.kind == OwnerKind::Snapshot && claimant.where == Claimant::Where::Active
        && claimant.owner.domain == m_declared.domain && m_written.contains(key);
    m_places.insert(key, m_watched.size());
    return &m_watched.emplace_back(Watched{false, found->place, claimant, claimant.view, inDoubt});
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
    const ClaimantIndex::Changes changes = m_claimants.follow(after);
    std::vector<size_t> touched = std::exchange(m_excused, {});
    const auto touch = [&](Watched &watched, std::optional<View> now) {
        watched.now = now;
        touched.push_back(size_t(&watched - m_watched.data()));
    };
    for (const ClaimantKey &key : changes.gone) {
        if (Watched *watched = this->watched(key))
            touch(*watched, {});
    }
    for (const Claimant &claimant : changes.now) {
        const ClaimantKey key(claimant);
        if (Watched *watched = this->watched(key)) {
            touch(*watched, claimant.view);
        } else if (claimant.owner.kind != OwnerKind::Image) {
            // Owners that the plan itself makes are watched from here on. An overlay that lost its owner is shown as
            // stranded.
            m_places.insert(key, m_watched.size());
            m_watched.push_back({true, {}, claimant, claimant.view});
            note(claimant);
            m_seen.push_back({step, claimant.view});
        }
    }
    const auto isBefore = [this](size_t a, size_t b) {
        const Watched &one = m_watched[a];
        const Watched &other = m_watched[b];
        if (one.isNew || other.isNew)
            return one.isNew == other.isNew ? a < b : other.isNew;
        return one.place < other.place;
    };
    std::sort(touched.begin(), touched.end(), isBefore);
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (const size_t place : touched) {
        Watched &watched = m_watched[place];
        if (watched.lost || watched.now == watched.claimant.view)
            continue;
        lose(watched, after, step);
        if (!watched.lost)
            m_excused.push_back(place);
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
        const DraftImage *written = draft.image(m_written.value(ClaimantKey(claimant)));
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
    m_findings.add(std::move(finding));
}

std::vector<Claimant> Judge::newlyWritten(const Draft &end) const
{
    std::vector<Claimant> found;
    for (const Written &written : writtenOnes(end, m_claimants)) {
        const Claimant &claimant = written.claimant;
        const ClaimantKey key(claimant);
        // A base that another machine writes into was a problem of all that this machine has, before; another snapshot
        // on it makes that no worse.
        const bool isOthersFault = !written.writers.contains(claimant.owner.domain)
            && m_writtenBelow.contains({claimant.owner.domain, written.layer});
        const bool isWatched = claimant.owner.kind != OwnerKind::Image || m_first.find(key).has_value();
        if (isWatched && !m_written.contains(key) && !isOthersFault)
            found.push_back(claimant);
    }
    return found;
}

std::vector<Finding> Judge::notKnown(const Draft &end) const
{
    const std::vector<Effect> effects = end.effects();
    const bool changesFiles = std::any_of(effects.begin(), effects.end(), [&](const Effect &effect) {
        return (effect.kind == EffectKind::Write || effect.kind == EffectKind::Remove
                   || effect.kind == EffectKind::Repoint)
            && m_before.imageAt({SourceKind::File, effect.path});
    });
    const bool removes = std::any_of(effects.begin(), effects.end(), [](const Effect &effect) {
        return effect.kind == EffectKind::RemoveTag || effect.kind == EffectKind::DiscardState;
    });
    const bool forgets = std::any_of(
        effects.begin(), effects.end(), [](const Effect &effect) { return effect.kind == EffectKind::DropMetadata; });
    // What only makes, starts or stops something may go on without having seen all.
    const bool isDestructive = changesFiles || removes || m_declared.currentState;
    const Verdict ofUnknown = isDestructive || forgets ? Verdict::Block : Verdict::Warn;
    Distinct<Finding> found;
    const auto add = [&](const QString &id, Verdict severity, const QString &subject, const QStringList &arguments) {
        found.add({id, severity, subject, arguments});
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
    for (const Finding &unsure : m_unsure) {
        // That a file is missing is known. An entry without it may still be dropped.
        if (unsure.id != "file-missing"_L1)
            add(unsure.id, ofUnknown, unsure.subject, unsure.arguments);
        else if (isDestructive)
            found.add(unsure);
    }
    return found.all();
}

void Judge::settleLosses()
{
    QSet<View> shown;
    m_claimants.visit([&](const Claimant &claimant) { shown.insert(claimant.view); });
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
        const bool isKept = claimant.view != 0 && shown.contains(claimant.view);
        if (isKept) {
            loss.keptBy = 0;
            for (const auto &[step, view] : m_seen) {
                if (view == claimant.view) {
                    loss.keptBy = step;
                    break;
                }
            }
        }
        if (!m_losses.add(loss) || loss.keptBy >= 0)
            continue;
        const QString id = loss.what == Loss::What::Snapshot ? u"snapshot-lost"_s
            : loss.what == Loss::What::SnapshotMemory        ? u"snapshot-memory-lost"_s
            : loss.what == Loss::What::Memory                ? u"memory-lost"_s
            : loss.what == Loss::What::SavedState            ? u"saved-state-lost"_s
                                                             : u"current-state-lost"_s;
        m_findings.add({id, Verdict::Confirm, loss.subject, {}});
    }
}

std::vector<Finding> Judge::lostBitmaps(const Draft &end) const
{
    std::map<DomainId, QStringList> lost;
    for (const BitmapClaim &claim : m_bitmaps) {
        const bool isDeclared = claim.domain == m_declared.domain && m_declared.checkpoints.contains(claim.name);
        if (!isDeclared && !isHeld(claim, end) && !lost[claim.domain].contains(claim.name))
            lost[claim.domain] += claim.name;
    }
    std::vector<Finding> found;
    for (const auto &[id, names] : lost)
        found.push_back({u"bitmaps-lost"_s, id == m_declared.domain ? Verdict::Confirm : Verdict::Block,
            m_before.domain(id)->name, names});
    return found;
}

bool Judge::isBlocked(const Draft &end) const
{
    const auto isBlock = [](const Finding &finding) { return finding.severity == Verdict::Block; };
    return std::ranges::any_of(m_findings.all(), isBlock) || !newlyWritten(end).empty()
        || std::ranges::any_of(notKnown(end), isBlock) || std::ranges::any_of(lostBitmaps(end), isBlock);
}

void Judge::finish(const Draft &end)
{
    const auto add = [this](const std::vector<Finding> &found) {
        for (const Finding &finding : found)
            m_findings.add(finding);
    };
    for (const Claimant &claimant : newlyWritten(end))
        find(u"frozen-would-be-written"_s, Verdict::Block, claimant, end);
    add(notKnown(end));
    settleLosses();
    add(lostBitmaps(end));
}

} // namespace treewarden
