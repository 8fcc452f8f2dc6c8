// SPDX-License-Identifier: GPL-3.0-or-later
// Ways back to a snapshot.
#include "model/guard/libvirtbehaviour.h"
#include "model/guard/nvramcopies.h"
#include "model/plan/conditions.h"
#include "model/plan/ways/parts.h"
#include "model/plan/ways/ways.h"

#include <algorithm>

namespace treewarden::ways {

using namespace Qt::StringLiterals;

namespace {

class Reversion
{
public:
    Reversion(const Intent &intent, const RevertIntent &what, const Draft &base, const Surroundings &surroundings)
        : m_intent(intent)
        , m_what(what)
        , m_base(base)
        , m_surroundings(surroundings)
        , m_domain(*base.domain(intent.domain))
        , m_snapshot(*m_domain.snapshot(what.snapshot))
    {
    }

    Plan libvirts() const { return byLibvirt(false); }

    // A saved state goes on with disks that are no longer as it left them, unless it goes first.
    Plan byLibvirt(bool dropsSavedState) const
    {
        PlanBuilder builder = dropsSavedState ? begin(u"drop-saved-state"_s, true, true) : begin(u"libvirt"_s, true);
        if (dropsSavedState)
            builder.add({.kind = StepKind::DropSavedState});
        keepPresent(builder);
        addLibvirts(builder);
        return finish(builder);
    }

    // The frozen files stay as they are: the machine goes on in new overlays on them. Without memory it boots from
    // them, or is off where it was not asked to start.
    Plan branching(bool restoresMemory, bool dropsSavedState) const
    {
        PlanBuilder builder
            = begin(restoresMemory ? u"branch"_s : u"branch-without-memory"_s, false, dropsSavedState, restoresMemory);
        std::vector<StepDisk> disks;
        for (const Part &part : partsOf(m_domain, m_snapshot)) {
            leaveFor(builder, part);
            const QString path = freePathBeside(builder.draft(), part.path, u"after-"_s + m_snapshot.name);
            builder.add({.kind = StepKind::CreateOverlay, .path = path, .base = part.path, .format = part.format});
            disks.push_back({part.target, path, {}, u"qcow2"_s});
        }
        leavePresent(builder);
        const QStringList left = overlaysLeft(builder);
        builder.add({.kind = StepKind::DefineAsThen, .name = m_snapshot.name, .disks = disks});
        dropCheckpoints(builder);
        builder.add({.kind = StepKind::MakeCurrent, .name = m_snapshot.name});
        addArrival(builder, disks, restoresMemory);
        removeUnclaimed(builder, left);
        return finish(builder);
    }

    // The tag goes into an image of its own, and the machine runs on that: nothing that rests on the old one is
    // touched.
    Plan extracting(bool dropsSavedState) const
    {
        const bool hasMemory = m_snapshot.memory != MemoryKind::None;
        PlanBuilder builder = begin(u"extract"_s, hasMemory, dropsSavedState);
        std::vector<StepDisk> disks;
        for (const Part &part : partsOf(m_domain, m_snapshot)) {
            leaveFor(builder, part);
            const QString path = freePathBeside(builder.draft(), part.path, m_snapshot.name);
            builder.needSpace(path.left(path.lastIndexOf(u'/')), allocatedInChain(builder.draft(), part.path));
            builder.add({.kind = StepKind::ExtractTag,
                .name = m_snapshot.name,
                .path = path,
                .base = part.path,
                .flags = hasMemory ? Step::KeepMemory : 0});
            disks.push_back({part.target, path, {}, u"qcow2"_s});
        }
        leavePresent(builder);
        const QStringList left = overlaysLeft(builder);
        if (hasMemory) {
            // libvirt loads the memory, from where the snapshot's metadata say that it is.
            builder.add({.kind = StepKind::PointSnapshot, .name = m_snapshot.name, .disks = disks});
            for (const Part &part : partsOf(m_domain, m_snapshot))
                builder.find({u"tag-left-behind"_s, Verdict::Warn, m_snapshot.name, {part.path}});
            addLibvirts(builder);
        } else {
            builder.add({.kind = StepKind::DefineAsThen, .name = m_snapshot.name, .disks = disks});
            dropCheckpoints(builder);
            builder.add({.kind = StepKind::MakeCurrent, .name = m_snapshot.name});
            // The tag in a qcow2 NVRAM is libvirt's to go back to.
            if (!hasNvramCopy(builder.draft()) && m_snapshot.definition && m_snapshot.definition->nvram)
                builder.find({u"firmware-not-reverted"_s, Verdict::Warn, m_domain.name});
            addArrival(builder, disks, false);
        }
        removeUnclaimed(builder, left);
        return finish(builder);
    }

    std::vector<Plan> alternatives() const
    {
        std::vector<Plan> found;
        const auto offer = [&](Plan plan) {
            if (plan.verdict != Verdict::Block)
                found.push_back(std::move(plan));
        };
        const auto offerOurs = [&](bool dropsSavedState) {
            offer(m_snapshot.kind() == SnapshotKind::Internal ? extracting(dropsSavedState)
                                                              : branching(true, dropsSavedState));
            if (found.empty() && m_snapshot.memory == MemoryKind::External)
                offer(branching(false, dropsSavedState));
        };
        offerOurs(false);
        if (m_domain.savedMemory)
            offer(byLibvirt(true));
        if (m_domain.savedMemory && found.empty())
            offerOurs(true); // libvirt has no way of its own there
        return found;
    }

private:
    // The overlays that the machine writes now beside or above what its disks go back to. Any other image of a disk
    // came after the snapshot, be it in the place of one of then: it is only detached, so it stays.
    QStringList overlaysLeft(const PlanBuilder &builder) const
    {
        const Draft &draft = builder.draft();
        const QStringList tops = topsOf(builder.domain());
        QStringList paths;
        for (const Part &part : partsOf(m_domain, m_snapshot)) {
            const Disk *disk = builder.domain().definition ? builder.domain().definition->disk(part.target) : nullptr;
            if (!disk || !tops.contains(disk->source.location.name))
                continue;
            const std::vector<ImageId> then = draft.chain(draft.idAt({SourceKind::File, part.path}));
            const std::vector<ImageId> now = draft.chain(draft.idAt(disk->source.location));
            // Without the top itself.
            if (std::find_first_of(now.begin() + (now.empty() ? 0 : 1), now.end(), then.begin(), then.end())
                != now.end())
                paths += disk->source.location.name;
        }
        return paths;
    }

    PlanBuilder begin(
        const QString &way, bool libvirtReverts, bool dropsSavedState = false, bool restoresMemory = true) const
    {
        Declared declared;
        declared.domain = m_intent.domain;
        declared.currentState = true;
        declared.savedState = dropsSavedState;
        PlanBuilder builder(m_base, m_intent, way, declared);
        builder.find(conditions::ofMachine(m_base, m_intent.domain));
        if (!dropsSavedState)
            builder.find(conditions::ofSavedState(m_base, m_intent.domain));
        const conditions::Findings of = conditions::ofReversion(m_base, m_intent.domain, m_snapshot, m_what.then);
        builder.find(of);
        if (!m_surroundings.canEditFiles && nvramCopyOf(m_base, m_snapshot))
            builder.find({u"firmware-not-reverted"_s, Verdict::Warn, m_domain.name});
        const bool isOther = checkWhatWasFrozen(builder) || std::any_of(of.begin(), of.end(), [](const Finding &each) {
            return each.id == "frozen-file-changed"_L1 && each.severity >= Verdict::Confirm;
        });
        // What the guest remembers of its file systems is of other contents: it would write them to pieces.
        if (isOther && restoresMemory && m_snapshot.memory == MemoryKind::External)
            builder.find({u"stale-memory"_s, Verdict::Block, m_snapshot.name, {m_snapshot.memoryFile}});
        checkOtherWriters(builder);
        // A domain controller of its own accord gives out numbers again that others have seen. With an id of its
        // generation, which libvirt changes on its own revert, it knows.
        const DomainDefinition &now = *m_domain.definition;
        if (now.os.startsWith("http://microsoft.com/win/2k"_L1) && !(now.hasGenerationId && libvirtReverts))
            builder.find({u"guest-not-told"_s, Verdict::Warn, m_domain.name});
        return builder;
    }

    // A machine that runs on what the snapshot froze has changed it: what comes back is not what was. Whether it has.
    bool checkWhatWasFrozen(PlanBuilder &builder) const
    {
        bool isWritten = false;
        if (m_snapshot.kind() != SnapshotKind::External)
            return isWritten;
        QSet<ImageId> written;
        for (const QString &top : topsOf(m_domain))
            written.insert(m_base.idAt({SourceKind::File, top}));
        for (const Part &part : partsOf(m_domain, m_snapshot)) {
            const std::vector<ImageId> chain = m_base.chain(m_base.idAt({SourceKind::File, part.path}));
            const auto layer
                = std::find_if(chain.begin(), chain.end(), [&](const ImageId &each) { return written.contains(each); });
            if (layer == chain.end())
                continue;
            isWritten = true;
            builder.find({u"frozen-was-written"_s, Verdict::Confirm, m_snapshot.name,
                {part.target, m_base.image(*layer)->location.name}});
        }
        return isWritten;
    }

    // Another machine that writes to what the snapshot froze, or to what lies below it. While that runs no state is
    // left to go back to, and the present would be given up for it. One that is off may have written, or not.
    void checkOtherWriters(PlanBuilder &builder) const
    {
        for (const auto &[id, domain] : m_base.domains()) {
            if (id == m_domain.uuid)
                continue;
            const bool isOn = isActive(domain->state) || domain->state == DomainState::Unknown;
            const QSet<ImageId> writes = m_base.writtenBy(domain->definition.get());
            const QSet<ImageId> writesNext = m_base.writtenBy(domain->persistentDefinition.get());
            for (const Part &part : partsOf(m_domain, m_snapshot)) {
                const std::vector<ImageId> chain = m_base.chain(m_base.idAt({SourceKind::File, part.path}));
                // Of an image with tags the judge sees what the other machine loses.
                for (size_t i = part.isTag ? 1 : 0; i < chain.size(); ++i) {
                    const bool writesNow = isOn && writes.contains(chain[i]);
                    if (writes.contains(chain[i]) || writesNext.contains(chain[i]))
                        builder.find({u"frozen-written-elsewhere"_s, writesNow ? Verdict::Block : Verdict::Confirm,
                            m_snapshot.name,
                            {writesNow ? u"runs"_s : u"off"_s, part.target, m_base.image(chain[i])->location.name,
                                domain->name}});
                }
            }
        }
    }

    // The machine stands still from then on: what it wrote after that would be in no snapshot.
    void keepPresent(PlanBuilder &builder) const
    {
        const QString &safety = m_what.safetySnapshot;
        if (safety.isEmpty())
            return;
        addCreation(builder, {.name = safety}, m_surroundings);
        if (!builder.hasFailed() && isActive(builder.domain().state) && builder.domain().state != DomainState::Paused)
            builder.add({.kind = StepKind::Pause});
    }

    // The machine stops as late as can be: what takes long or may fail comes before, so that it runs on if that fails.
    // Only what its QEMU writes nobody else can open.
    void leaveFor(PlanBuilder &builder, const Part &part) const
    {
        const Draft &draft = builder.draft();
        const std::vector<ImageId> chain = draft.chain(draft.idAt({SourceKind::File, part.path}));
        const std::vector<Disk> &disks = builder.domain().definition->disks;
        const bool isWritten = std::any_of(disks.begin(), disks.end(), [&](const Disk &disk) {
            return !disk.readOnly && !disk.source.location.isEmpty()
                && std::find(chain.begin(), chain.end(), draft.idAt(disk.source.location)) != chain.end();
        });
        if (isWritten)
            leavePresent(builder);
    }

    // What the machine shows is kept no earlier than it has to stop.
    void leavePresent(PlanBuilder &builder) const
    {
        if (builder.domain().savedMemory)
            builder.add({.kind = StepKind::DropSavedState});
        const QString &safety = m_what.safetySnapshot;
        if (!builder.domain().snapshot(safety) || m_domain.snapshot(safety))
            keepPresent(builder);
        addStop(builder);
    }

    // Where libvirt writes down nothing about snapshots as long as the machine is off and has any. They are of no use
    // afterwards: the machine goes on from another state.
    static void dropCheckpoints(PlanBuilder &builder)
    {
        if (!LibvirtBehaviour(builder.draft().host()).refusesOfflineMetadataWithCheckpoints())
            return;
        const std::vector<Checkpoint> checkpoints = builder.domain().checkpoints;
        for (const Checkpoint &checkpoint : checkpoints)
            builder.add({.kind = StepKind::DropCheckpoint, .name = checkpoint.name});
    }

    static void addStop(PlanBuilder &builder)
    {
        if (isActive(builder.domain().state))
            builder.add({.kind = StepKind::ForceOff});
    }

    // The machine is off before its NVRAM is put back, and starts on that.
    void addLibvirts(PlanBuilder &builder) const
    {
        int flags = 0;
        if (m_what.then == RevertIntent::Then::Start)
            flags = Step::StartAfter;
        if (m_what.then == RevertIntent::Then::Pause)
            flags = Step::PauseAfter;
        const bool hasCopy = hasNvramCopy(builder.draft());
        const bool isLeftOff = m_snapshot.memory == MemoryKind::None; // by the call, without these flags
        if (hasCopy && !isLeftOff) {
            addStop(builder);
            addNvram(builder);
        }
        builder.add(
            {.kind = StepKind::RevertToSnapshot, .name = m_snapshot.name, .flags = hasCopy && isLeftOff ? 0 : flags});
        if (hasCopy && isLeftOff) {
            addNvram(builder);
            if (flags)
                builder.add({.kind = StepKind::Start, .flags = flags & Step::PauseAfter});
        }
    }

    bool hasNvramCopy(const Draft &draft) const
    {
        return m_surroundings.canEditFiles && nvramCopyOf(draft, m_snapshot);
    }

    void addNvram(PlanBuilder &builder) const
    {
        if (!hasNvramCopy(builder.draft()))
            return;
        const QString path = m_snapshot.definition->nvram->path;
        const Fact<Bytes> size = nvramCopyOf(builder.draft(), m_snapshot)->allocated;
        builder.needSpace(path.left(path.lastIndexOf(u'/')), size.isKnown() ? *size : MiB);
        // One that is there gives way in one step: without any, libvirt would make an empty one at the next start.
        const bool isThere = builder.draft().imageAt({SourceKind::File, path});
        builder.add({.kind = StepKind::CopyFile,
            .path = path,
            .base = nvramCopyOf(builder.draft(), m_snapshot)->location.name,
            .flags = isThere ? Step::Replace : 0});
    }

    // In the state that it had, or in the one that was asked for.
    void addArrival(PlanBuilder &builder, const std::vector<StepDisk> &disks, bool restoresMemory) const
    {
        addNvram(builder);
        const bool wasPaused = m_snapshot.state == SnapshotState::Paused;
        int flags = 0;
        if (m_what.then == RevertIntent::Then::Pause || (wasPaused && m_what.then == RevertIntent::Then::AsItWas))
            flags = Step::PauseAfter;
        if (restoresMemory && m_snapshot.memory == MemoryKind::External)
            builder.add({.kind = StepKind::RestoreMemory,
                .name = m_snapshot.name,
                .path = m_snapshot.memoryFile,
                .disks = disks,
                .flags = flags});
        else if (m_what.then != RevertIntent::Then::AsItWas)
            builder.add({.kind = StepKind::Start, .flags = flags});
    }

    Plan finish(PlanBuilder &builder) const { return builder.finish(); }

    const Intent &m_intent;
    const RevertIntent &m_what;
    const Draft &m_base;
    const Surroundings &m_surroundings;
    const DraftDomain m_domain;
    const Snapshot m_snapshot;
};

} // namespace

// Findings of this file, beside those of model/plan/conditions.h:
//
// no-such-snapshot    Block    snapshot
// frozen-was-written  Confirm  snapshot  disk target, path
// frozen-written-elsewhere  Block  snapshot  "runs", disk target, path, machine that writes to it (Confirm: "off")
// stale-memory        Block    snapshot  memory file: one of its disks is certainly not what it was any more
// guest-not-told      Warn     machine: of a directory or cluster it may be a member of (Windows Server)
// tag-left-behind     Warn     snapshot  path: it is in an image of its own now, and its tag still in the old one
Proposal proposeRevert(
    const Intent &intent, const RevertIntent &what, const Draft &base, const Surroundings &surroundings, Depth depth)
{
    if (!base.domain(intent.domain)->snapshot(what.snapshot))
        return {blocked(intent, {u"no-such-snapshot"_s, Verdict::Block, what.snapshot}), {}};
    const Reversion reversion(intent, what, base, surroundings);
    Proposal proposal;
    proposal.plan = reversion.libvirts();
    if (depth == Depth::WithAlternatives && proposal.plan.verdict == Verdict::Block)
        proposal.alternatives = reversion.alternatives();
    return proposal;
}

} // namespace treewarden::ways
