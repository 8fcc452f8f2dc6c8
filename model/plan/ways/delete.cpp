// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to be rid of a snapshot.
#include "model/guard/libvirtbehaviour.h"
#include "model/guard/nvramcopies.h"
#include "model/plan/conditions.h"
#include "model/plan/ways/parts.h"
#include "model/plan/ways/ways.h"

#include <algorithm>

namespace treewarden::ways {

using namespace Qt::StringLiterals;

namespace {

using Names = std::vector<QString>;

// A snapshot and what descends from it, deepest first.
void collect(const DraftDomain &domain, const QString &name, Names &names, QSet<QString> &seen)
{
    // Not by recursion: a chain may be thousands deep.
    Names order{name};
    seen.insert(name);
    for (size_t i = 0; i < order.size(); ++i) {
        for (const Snapshot *child : domain.children(order[i])) {
            if (!seen.contains(child->name)) {
                seen.insert(child->name);
                order.push_back(child->name);
            }
        }
    }
    names.assign(order.rbegin(), order.rend());
}

Names wanted(const DeleteIntent &intent, const DraftDomain &domain)
{
    if (intent.scope == DeleteIntent::Scope::One)
        return {intent.snapshot};
    Names names;
    QSet<QString> seen;
    collect(domain, intent.snapshot, names, seen);
    if (intent.scope == DeleteIntent::Scope::ChildrenOnly)
        names.pop_back(); // itself comes last
    return names;
}

class Deletion
{
public:
    Deletion(const Intent &intent, const DeleteIntent &what, const Draft &base, const Surroundings &surroundings)
        : m_intent(intent)
        , m_what(what)
        , m_base(base)
        , m_surroundings(surroundings)
        , m_names(wanted(what, *base.domain(intent.domain)))
    {
        m_declared.domain = intent.domain;
        for (const QString &name : m_names)
            m_declared.snapshots.insert(name);
    }

    // libvirt's own call for each; where that cannot be, what else there is for it.
    Plan libvirts() const
    {
        const bool isOne = m_names.size() == 1;
        PlanBuilder builder = begin(isOne ? u"libvirt"_s : u"one-by-one"_s);
        check(builder);
        for (const QString &name : m_names)
            isOne ? addLibvirts(builder, name) : addBest(builder, name);
        return finish(builder);
    }

    Plan forgetting(bool removesFiles) const
    {
        PlanBuilder builder = begin(removesFiles ? u"forget-and-remove"_s : u"forget"_s);
        for (const QString &name : m_names) {
            checkEntry(builder, name);
            removesFiles ? addForgettingWithFiles(builder, name) : addForgetting(builder, name);
        }
        return finish(builder);
    }

    Plan merging(bool extractsFirst) const
    {
        PlanBuilder builder = begin(extractsFirst ? u"extract-and-merge"_s : u"merge"_s);
        check(builder);
        if (extractsFirst)
            extractTagsAbove(builder, m_what.snapshot);
        addMerge(builder, m_what.snapshot);
        return finish(builder);
    }

    // The image of a running machine cannot be rewritten by anybody else.
    Plan shuttingDownFirst(bool merges) const
    {
        PlanBuilder builder = begin(u"shut-down-first"_s);
        builder.add({.kind = StepKind::ShutDown});
        check(builder);
        merges ? addMerge(builder, m_what.snapshot) : addLibvirts(builder, m_what.snapshot);
        builder.add({.kind = StepKind::Start});
        return finish(builder);
    }

    // Saved memory goes on with the files that it was saved with.
    Plan droppingSavedState() const
    {
        Declared declared = m_declared;
        declared.savedState = true;
        PlanBuilder builder(m_base, m_intent, u"drop-saved-state"_s, declared);
        builder.add({.kind = StepKind::DropSavedState});
        check(builder);
        addLibvirts(builder, m_what.snapshot);
        return finish(builder);
    }

    // AppArmor knows of libvirt's commits alone, and of QEMU's.
    std::vector<Plan> pastAppArmor() const
    {
        const bool isOn = isActive(m_base.domain(m_intent.domain)->state);
        Plan plan = isOn ? shuttingDownFirst(true) : merging(false);
        return plan.verdict == Verdict::Block ? std::vector<Plan>() : std::vector<Plan>{std::move(plan)};
    }

    static bool isDenied(const Plan &plan)
    {
        return std::any_of(plan.findings.begin(), plan.findings.end(),
            [](const Finding &finding) { return finding.id == "apparmor-may-refuse"_L1; });
    }

    std::vector<Plan> alternatives() const
    {
        std::vector<Plan> found;
        const auto offer = [&](Plan plan) {
            if (plan.verdict != Verdict::Block)
                found.push_back(std::move(plan));
        };
        if (m_names.size() == 1 && !m_what.metadataOnly) {
            const Snapshot *snapshot = m_base.domain(m_intent.domain)->snapshot(m_what.snapshot);
            if (snapshot->kind() == SnapshotKind::External) {
                offer(merging(false));
                if (found.empty())
                    offer(merging(true));
                else if (isDenied(found.front()))
                    offer(shuttingDownFirst(true));
                if (m_base.domain(m_intent.domain)->savedMemory)
                    offer(droppingSavedState());
                Plan withFiles = forgetting(true);
                if (withFiles.steps.size() > 1)
                    offer(std::move(withFiles));
            } else if (isActive(m_base.domain(m_intent.domain)->state)) {
                offer(shuttingDownFirst(false));
            }
        }
        if (!m_what.metadataOnly)
            offer(forgetting(false));
        if (isDeadBranch())
            offer(wholeBranch());
        return found;
    }

private:
    // External snapshots that the machine has left, of which this one cannot go alone: the next one's file lies on its.
    bool isDeadBranch() const
    {
        const DraftDomain *domain = m_base.domain(m_intent.domain);
        const Snapshot *snapshot = domain->snapshot(m_what.snapshot);
        return m_what.scope == DeleteIntent::Scope::One && !m_what.metadataOnly
            && snapshot->kind() == SnapshotKind::External && domain->current != m_what.snapshot
            && !domain->children(m_what.snapshot).empty() && !domain->isAncestor(m_what.snapshot, domain->current);
    }

    // More than was asked for, so that it is an intent of its own; what goes with it is named.
    Plan wholeBranch() const
    {
        const DeleteIntent what{m_what.snapshot, DeleteIntent::Scope::WithChildren};
        const Intent intent{m_intent.domain, what};
        return Deletion(intent, what, m_base, m_surroundings).libvirts();
    }

    PlanBuilder begin(const QString &way) const { return PlanBuilder(m_base, m_intent, way, m_declared); }

    // Of what deletes data, before it does.
    void check(PlanBuilder &builder) const
    {
        const Draft draft = builder.draft();
        builder.find(conditions::ofMachine(draft, m_intent.domain));
        conditions::DeletionRules rules(draft, m_intent.domain);
        for (const QString &name : m_names) {
            const Snapshot *snapshot = draft.domain(m_intent.domain)->snapshot(name);
            if (!snapshot)
                continue;
            builder.find(rules.of(*snapshot));
            if (snapshot->kind() == SnapshotKind::External)
                builder.find(conditions::ofSavedState(draft, m_intent.domain));
        }
    }

    // libvirt goes by its entries: the one that says which file comes after which is missed. No refusal: no file
    // changes, it can be undone, and it is the only way out of what libvirt does not delete; yet other programs may
    // take the wrong file afterwards, so somebody has to know.
    void checkEntry(PlanBuilder &builder, const QString &name) const
    {
        const DraftDomain domain = builder.domain();
        const Snapshot *snapshot = domain.snapshot(name);
        if (!snapshot || snapshot->kind() != SnapshotKind::External)
            return;
        const std::vector<const Snapshot *> children = domain.children(name);
        const bool hasExternalChild = std::any_of(children.begin(), children.end(),
            [](const Snapshot *child) { return child->kind() == SnapshotKind::External; });
        if (domain.current == name || hasExternalChild)
            builder.find({u"entry-explains-chain"_s, Verdict::Confirm, name, {}});
    }

    Plan finish(PlanBuilder &builder) const { return builder.finish(); }

    // Whether a profile confines machines is known where one runs.
    void checkProfile(PlanBuilder &builder, const QString &name) const
    {
        const auto &domains = builder.base().domains();
        const bool isThere = std::any_of(domains.begin(), domains.end(), [](const auto &each) {
            return isActive(each.second->state) && each.second->definition && each.second->definition->isInAppArmor;
        });
        if (isThere && !LibvirtBehaviour(builder.base().host()).commitsUnderAppArmor())
            builder.find({u"apparmor-may-refuse"_s, Verdict::Warn, name});
    }

    // Not one of a branch that was left: there is nothing to merge.
    static bool isCommit(const PlanBuilder &builder, const QString &name)
    {
        const DraftDomain &domain = builder.domain();
        const Snapshot *snapshot = domain.snapshot(name);
        return snapshot && snapshot->kind() == SnapshotKind::External
            && (domain.current == name || !domain.children(name).empty());
    }

    void addLibvirts(PlanBuilder &builder, const QString &name) const
    {
        const QString copy = nvramCopy(builder, name);
        if (isCommit(builder, name))
            checkProfile(builder, name);
        builder.add({.kind = StepKind::DeleteSnapshot, .name = name});
        removeNvramCopy(builder, copy);
    }

    // Of which nobody else knows. Who cannot remove it leaves it behind.
    QString nvramCopy(const PlanBuilder &builder, const QString &name) const
    {
        const Snapshot *snapshot = builder.domain().snapshot(name);
        const DraftImage *copy
            = snapshot && m_surroundings.canEditFiles ? nvramCopyOf(builder.draft(), *snapshot) : nullptr;
        return copy ? copy->location.name : QString();
    }

    static void removeNvramCopy(PlanBuilder &builder, const QString &copy)
    {
        if (!copy.isEmpty())
            builder.add({.kind = StepKind::RemoveFile, .path = copy});
    }

    void addForgetting(PlanBuilder &builder, const QString &name) const
    {
        builder.add({.kind = StepKind::ForgetSnapshot, .name = name});
    }

    void addForgettingWithFiles(PlanBuilder &builder, const QString &name) const
    {
        const Snapshot *snapshot = builder.domain().snapshot(name);
        const QStringList files = snapshot ? filesOf(*snapshot) : QStringList();
        const QString copy = nvramCopy(builder, name);
        addForgetting(builder, name);
        removeUnclaimed(builder, files);
        removeNvramCopy(builder, copy);
    }

    // Each way is tried on a copy of what there is so far, which is gone on with if nothing speaks against it.
    void addBest(PlanBuilder &builder, const QString &name) const
    {
        const Snapshot *snapshot = builder.domain().snapshot(name);
        if (!snapshot || snapshot->kind() == SnapshotKind::Internal) {
            addLibvirts(builder, name); // there is no other way: where it fails, it says why
            return;
        }
        for (const auto add : {&Deletion::addLibvirts, &Deletion::addMerge}) {
            PlanBuilder trial = builder;
            (this->*add)(trial, name);
            if (!trial.isBlocked()) {
                builder = std::move(trial);
                return;
            }
        }
        addForgettingWithFiles(builder, name);
    }

    // What libvirt does, done by us: commit what came after the snapshot into what it froze, then forget it. Also below
    // an internal parent, whose tags stay where they are: a commit changes the active contents alone.
    void addMerge(PlanBuilder &builder, const QString &name) const
    {
        const DraftDomain domain = builder.domain();
        const Snapshot *snapshot = domain.snapshot(name);
        if (!snapshot || !snapshot->definition || !domain.definition) {
            addLibvirts(builder, name);
            return;
        }
        const bool isOn = isActive(domain.state);
        const Draft before = builder.draft();
        const QSet<ImageId> relied = reliedOn(builder);
        std::vector<StepDisk> toBase; // disks whose top goes into its base
        for (const Part &part : partsOf(domain, *snapshot)) {
            const DraftImage *frozen = before.imageAt({SourceKind::File, part.path});
            if (!frozen) {
                builder.find({u"chain-differs"_s, Verdict::Block, name, {part.target}});
                return;
            }
            std::vector<ImageId> after;
            for (const ImageId &overlay : before.overlaysOf(frozen->id)) {
                if (relied.contains(overlay))
                    after.push_back(overlay);
            }
            if (after.size() != 1) {
                builder.find(
                    {after.empty() ? u"nothing-to-merge"_s : u"branches-rest-on-it"_s, Verdict::Block, name, {}});
                return;
            }
            toBase.push_back({part.target, before.image(after.front())->location.name, part.path, frozen->format});
        }
        std::vector<StepDisk> moved;
        for (const StepDisk &disk : toBase) {
            const ImageId top = before.idAt({SourceKind::File, disk.path});
            const Disk *active = domain.definition->disk(disk.target);
            const bool isActiveLayer = active && before.idAt(active->source.location) == top;
            const bool isInUse
                = active && isOn && (isActiveLayer || before.isBelow(top, before.idAt(active->source.location)));
            if (isInUse) {
                checkProfile(builder, name);
                builder.add({.kind = StepKind::CommitLive, .disks = {{disk.target, disk.path, disk.base, {}}}});
            } else {
                builder.add({.kind = StepKind::CommitOffline, .path = disk.path, .base = disk.base});
                for (const ImageId &overlay : before.overlaysOf(top))
                    builder.add({.kind = StepKind::RepointOverlay,
                        .path = before.image(overlay)->location.name,
                        .base = disk.base,
                        .format = disk.format});
            }
            moved.push_back({disk.target, disk.base, {}, disk.format});
        }
        if (!isOn) {
            std::vector<StepDisk> own;
            for (size_t i = 0; i < toBase.size(); ++i) {
                const Disk *active = domain.definition->disk(toBase[i].target);
                if (active && active->source.location.name == toBase[i].path)
                    own.push_back(moved[i]);
            }
            if (!own.empty())
                builder.add({.kind = StepKind::PointDisks, .disks = own});
        }
        // Whoever froze the merged overlay finds it in the base.
        for (const auto &each : domain.snapshots) {
            std::vector<StepDisk> follow;
            for (size_t i = 0; i < toBase.size(); ++i) {
                const bool isTag = std::any_of(each->disks.begin(), each->disks.end(), [&](const SnapshotDisk &disk) {
                    return disk.target == toBase[i].target && disk.kind == SnapshotDiskKind::Internal;
                });
                if (!isTag && each->name != name && each->frozen(toBase[i].target).location.name == toBase[i].path)
                    follow.push_back(moved[i]);
            }
            if (!follow.empty())
                builder.add({.kind = StepKind::PointSnapshot, .name = each->name, .disks = follow});
        }
        const QString copy = nvramCopy(builder, name);
        addForgetting(builder, name);
        QStringList files;
        for (const StepDisk &disk : toBase)
            files += disk.path;
        if (snapshot->memory == MemoryKind::External)
            files += snapshot->memoryFile;
        removeUnclaimed(builder, files);
        removeNvramCopy(builder, copy);
    }

    // Tags do not move with a commit: each goes into an image of its own first.
    void extractTagsAbove(PlanBuilder &builder, const QString &name) const
    {
        const DraftDomain domain = builder.domain();
        const Snapshot *snapshot = domain.snapshot(name);
        if (!snapshot)
            return;
        if (isActive(domain.state)) {
            builder.find({u"machine-running"_s, Verdict::Block, domain.name, {}});
            return;
        }
        // The images that came after it: what its merge would remove.
        QSet<QString> doomed;
        for (const Snapshot *child : domain.children(name)) {
            for (const Part &part : partsOf(domain, *child))
                doomed.insert(part.path);
        }
        if (domain.current == name) {
            for (const QString &top : topsOf(domain))
                doomed.insert(top);
        }
        for (const Part &part : partsOf(domain, *snapshot))
            doomed.remove(part.path);
        for (const auto &each : domain.snapshots) {
            std::vector<StepDisk> moved;
            for (const Part &part : partsOf(domain, *each)) {
                if (!part.isTag || !doomed.contains(part.path))
                    continue;
                const DraftImage *image = builder.draft().imageAt({SourceKind::File, part.path});
                const DraftTag *tag = image ? image->tag(each->name) : nullptr;
                if (tag && tag->memory)
                    builder.find({u"memory-needs-base"_s, Verdict::Block, each->name, {}});
                moved.push_back(extract(builder, *each, part));
            }
            if (moved.empty())
                continue;
            // It stays an internal one: no overlay comes after its images.
            std::vector<StepDisk> pointed = moved;
            for (StepDisk &disk : pointed)
                disk.base.clear();
            builder.add({.kind = StepKind::PointSnapshot, .name = each->name, .disks = pointed});
            for (const StepDisk &disk : moved)
                builder.add({.kind = StepKind::RemoveTag, .name = each->name, .path = disk.base});
        }
    }

    StepDisk extract(PlanBuilder &builder, const Snapshot &snapshot, const Part &part) const
    {
        const QString path = freePathBeside(builder.draft(), part.path, snapshot.name);
        builder.needSpace(folderOf(path), allocatedInChain(builder.draft(), part.path));
        builder.add({.kind = StepKind::ExtractTag, .name = snapshot.name, .path = path, .base = part.path});
        builder.add({.kind = StepKind::AddTag, .name = snapshot.name, .path = path});
        return {part.target, path, part.path, u"qcow2"_s};
    }

    static QString folderOf(const QString &path) { return path.left(path.lastIndexOf(u'/')); }

    const Intent &m_intent;
    const DeleteIntent &m_what;
    const Draft &m_base;
    const Surroundings &m_surroundings;
    const Names m_names;
    Declared m_declared;
};

} // namespace

// Findings of this file, beside those of model/plan/conditions.h:
//
// no-such-snapshot     Block  snapshot
// branches-rest-on-it  Block  snapshot: merging would change what several rest on
// nothing-to-merge     Block  snapshot: nothing goes on from it
// chain-differs        Block  snapshot  disk target: what it froze is not there
// memory-needs-base    Block  snapshot: its saved memory cannot leave the image that would be merged
// machine-running      Block  machine
// entry-explains-chain Confirm snapshot: libvirt goes by its entries
// apparmor-may-refuse  Warn   snapshot: a commit, by a QEMU that AppArmor confines
Proposal proposeDelete(
    const Intent &intent, const DeleteIntent &what, const Draft &base, const Surroundings &surroundings, Depth depth)
{
    if (!base.domain(intent.domain)->snapshot(what.snapshot))
        return {blocked(intent, {u"no-such-snapshot"_s, Verdict::Block, what.snapshot}), {}};
    const Deletion deletion(intent, what, base, surroundings);
    Proposal proposal;
    proposal.plan = what.metadataOnly ? deletion.forgetting(false) : deletion.libvirts();
    if (depth == Depth::WithAlternatives && proposal.plan.verdict == Verdict::Block)
        proposal.alternatives = deletion.alternatives();
    else if (depth == Depth::WithAlternatives && what.scope == DeleteIntent::Scope::One
        && Deletion::isDenied(proposal.plan))
        proposal.alternatives = deletion.pastAppArmor();
    return proposal;
}

} // namespace treewarden::ways
