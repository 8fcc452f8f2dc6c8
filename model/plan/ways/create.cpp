// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to take a snapshot.
#include "model/domain/nvramcopy.h"
#include "model/guard/libvirtbehaviour.h"
#include "model/plan/conditions.h"
#include "model/plan/ways/parts.h"
#include "model/plan/ways/ways.h"

#include <algorithm>

namespace treewarden::ways {

using namespace Qt::StringLiterals;
using conditions::Creation;
using conditions::Findings;

namespace {

using Kind = CreateIntent::Kind;
using Memory = CreateIntent::Memory;

QString kindWord(bool isExternal)
{
    return isExternal ? u"external"_s : u"internal"_s;
}

QString folderOf(const QString &path)
{
    return path.left(path.lastIndexOf(u'/'));
}

// The one kind of snapshots that a machine has; nothing where it has none or both.
std::optional<SnapshotKind> onlyKind(const DraftDomain &domain)
{
    std::optional<SnapshotKind> only;
    for (const auto &snapshot : domain.snapshots) {
        if (only && *only != snapshot->kind())
            return {};
        only = snapshot->kind();
    }
    return only;
}

// One snapshot as it could be taken of a machine, and what there is to say of that.
class Candidate
{
public:
    Candidate(const Draft &draft, const DomainId &id, const CreateIntent &create, bool isExternal,
        const Surroundings &surroundings)
        : m_draft(draft)
        , m_domain(*draft.domain(id))
        , m_create(create)
        , m_isOn(isActive(m_domain.state))
    {
        m_creation.name = create.name;
        m_creation.isExternal = isExternal;
        // An offline machine is at rest already.
        m_creation.isQuiesced = create.quiesce && m_isOn;
        const bool wantsMemory = create.memory == Memory::Keep
            || (create.memory == Memory::Auto && !create.quiesce && m_domain.definition->hostDevices == 0
                && !conditions::isPausedBy(draft, m_domain, PausedBy::SavedMemory));
        m_creation.keepsMemory = m_isOn && (!isExternal || wantsMemory);
        if (isExternal)
            placeFiles();
        if (surroundings.canEditFiles)
            placeNvramCopy();
        m_findings = conditions::ofCreation(draft, id, m_creation);
        if (isExternal)
            append(conditions::ofSavedState(draft, id)); // its memory would go on with the frozen files
        else if (m_isOn && !LibvirtBehaviour(draft.host()).revertsInternalWithMemory())
            m_findings.push_back({u"libvirt-cannot-revert"_s, Verdict::Warn, create.name, {u"internal"_s}});
        if (!isExternal && m_isOn && create.memory == Memory::Drop)
            m_findings.push_back({u"internal-keeps-memory"_s, Verdict::Block, create.name});
        if (!m_isOn && create.memory == Memory::Keep)
            m_findings.push_back({u"no-memory-to-keep"_s, Verdict::Block, m_domain.name});
    }

    const Findings &findings() const { return m_findings; }
    // Why this kind cannot be taken; a name that is in the way is no reason to take another kind.
    QString obstacle() const
    {
        for (const Finding &finding : m_findings) {
            if (finding.severity == Verdict::Block && finding.id != "tag-exists"_L1)
                return finding.id;
        }
        return {};
    }

    void addTo(PlanBuilder &builder) const
    {
        const DomainId id = m_domain.uuid;
        Findings all = conditions::ofMachine(m_draft, id);
        const auto join = [&](const Findings &more) { all.insert(all.end(), more.begin(), more.end()); };
        join(conditions::ofName(m_draft, id, m_create.name, !m_creation.isExternal));
        join(m_findings);
        join(ofNames());
        join(ofKind());
        builder.find(all);
        addSpace(builder);
        Step step{.kind = StepKind::CreateSnapshot,
            .name = m_create.name,
            .text = m_create.description,
            .path = m_creation.memoryFile,
            .disks = m_creation.disks};
        if (m_creation.isExternal)
            step.flags |= Step::IsExternal;
        if (m_creation.keepsMemory)
            step.flags |= Step::KeepMemory;
        if (m_creation.isQuiesced)
            step.flags |= Step::Quiesce;
        // What is said already need not be said in the words of a failed step as well.
        step.domain = id;
        Draft trial = builder.draft();
        if (conditions::isBlocked(all) && !play(step, trial))
            return;
        // First, because nothing has changed yet where it fails.
        if (!m_creation.nvramCopy.isEmpty())
            builder.add({.kind = StepKind::CopyFile,
                .path = m_creation.nvramCopy,
                .base = m_domain.definition->nvram->path,
                .flags = Step::InUse});
        builder.add(step);
    }

private:
    void append(const Findings &more) { m_findings.insert(m_findings.end(), more.begin(), more.end()); }

    // libvirt could choose the names itself, but would then give two disks one name, or a name that metadata of
    // another snapshot have.
    void placeFiles()
    {
        QString near; // a block device has no room beside it
        for (const Disk &disk : m_domain.definition->disks) {
            if (near.isEmpty() && isKept(disk) && disk.source.location.kind == SourceKind::File)
                near = disk.source.location.name;
        }
        if (near.isEmpty())
            return;
        QStringList taken;
        for (const Disk &disk : m_domain.definition->disks) {
            if (!isKept(disk) || !disk.source.location.isLocalPath())
                continue;
            const bool isFile = disk.source.location.kind == SourceKind::File;
            const QString like = isFile ? disk.source.location.name : folderOf(near) + u'/' + disk.target;
            QString path = freePathBeside(m_draft, like, m_create.name);
            for (int i = 1; taken.contains(path); ++i) {
                const QString suffix = i == 1 ? disk.target : disk.target + u'-' + QString::number(i);
                path = freePathBeside(m_draft, like, m_create.name + u'-' + suffix);
            }
            taken += path;
            m_creation.disks.push_back({disk.target, path});
        }
        if (m_creation.keepsMemory)
            m_creation.memoryFile = freePathBeside(m_draft, near, m_create.name + u".mem"_s);
    }

    // libvirt keeps no raw NVRAM with a snapshot.
    void placeNvramCopy()
    {
        const std::optional<Nvram> &nvram = m_domain.definition->nvram;
        const DraftImage *image = nvram ? m_draft.imageAt({SourceKind::File, nvram->path}) : nullptr;
        if (image && image->isKnown)
            m_creation.nvramCopy = nvramCopyPath(*nvram, m_create.name);
    }

    static bool isKept(const Disk &disk) { return disk.isWritten() && !disk.transient; }

    Findings ofNames() const
    {
        QStringList files{m_creation.memoryFile};
        for (const StepDisk &disk : m_creation.disks)
            files += disk.path;
        for (const QString &file : files) {
            if (file.mid(file.lastIndexOf(u'/') + 1).toUtf8().size() > 255)
                return {{u"bad-name"_s, Verdict::Block, m_create.name, {u"too-long"_s}}};
        }
        return {};
    }

    Findings ofKind() const
    {
        Findings found;
        const QString kind = kindWord(m_creation.isExternal);
        const SnapshotPolicy policy = m_domain.definition->policy;
        if (policy != SnapshotPolicy::Ask && (policy == SnapshotPolicy::External) != m_creation.isExternal)
            found.push_back({u"policy-violated"_s, Verdict::Confirm, m_domain.name, {kind}});
        const SnapshotKind own = m_creation.isExternal ? SnapshotKind::External : SnapshotKind::Internal;
        const auto only = onlyKind(m_domain);
        if (only ? *only != own : !m_domain.snapshots.empty())
            found.push_back({u"mixes-kinds"_s, only ? Verdict::Confirm : Verdict::Warn, m_create.name, {kind}});
        return found;
    }

    void addSpace(PlanBuilder &builder) const
    {
        // An overlay begins with its tables.
        for (const StepDisk &disk : m_creation.disks)
            builder.needSpace(folderOf(disk.path), MiB);
        if (!m_creation.nvramCopy.isEmpty())
            builder.needSpace(folderOf(m_creation.nvramCopy),
                m_draft.imageAt({SourceKind::File, m_domain.definition->nvram->path})->virtualSize);
        if (!m_creation.keepsMemory)
            return;
        if (m_creation.isExternal) {
            builder.needSpace(folderOf(m_creation.memoryFile), m_domain.definition->memory);
            return;
        }
        // The first disk that is written holds it.
        for (const Disk &disk : m_domain.definition->disks) {
            if (isKept(disk) && disk.source.location.kind == SourceKind::File) {
                builder.needSpace(folderOf(disk.source.location.name), m_domain.definition->memory);
                return;
            }
        }
    }

    const Draft &m_draft;
    const DraftDomain &m_domain;
    const CreateIntent &m_create;
    const bool m_isOn;
    Creation m_creation;
    Findings m_findings;
};

struct Choice
{
    bool isExternal = false;
    QString reason;
};

Choice preferred(const Draft &draft, const DraftDomain &domain, const CreateIntent &create)
{
    const bool isOn = isActive(domain.state);
    if (isOn && create.memory == Memory::Drop)
        return {true, u"without-memory"_s};
    if (isOn && create.quiesce)
        return {true, u"quiesced"_s};
    if (domain.definition->policy != SnapshotPolicy::Ask)
        return {domain.definition->policy == SnapshotPolicy::External, u"policy"_s};
    if (const auto only = onlyKind(domain))
        return {*only == SnapshotKind::External, u"same-kind"_s};
    if (const Snapshot *current = domain.snapshot(domain.current))
        return {current->kind() == SnapshotKind::External, u"same-as-current"_s};
    // One file, memory included, and every libvirt can go back to it; where it can.
    const bool isBroken = isOn && !LibvirtBehaviour(draft.host()).revertsInternalWithMemory();
    return {isBroken, isBroken ? u"works-here"_s : u"usual"_s};
}

// Adds the snapshot as the intent wants it, and says why it is of its kind where that was left open.
void addWanted(PlanBuilder &builder, const CreateIntent &create, const Surroundings &surroundings)
{
    // Conditions look at the draft as it is now.
    const Draft draft = builder.draft();
    const DomainId id = builder.domain().uuid;
    if (create.kind != Kind::Auto) {
        Candidate(draft, id, create, create.kind == Kind::External, surroundings).addTo(builder);
        return;
    }
    Choice choice = preferred(draft, *draft.domain(id), create);
    Finding chosen{u"kind-chosen"_s, Verdict::Allow, create.name, {}};
    const Candidate first(draft, id, create, choice.isExternal, surroundings);
    const QString obstacle = first.obstacle();
    if (!obstacle.isEmpty()) {
        const Candidate second(draft, id, create, !choice.isExternal, surroundings);
        if (second.obstacle().isEmpty()) {
            chosen.arguments = {kindWord(!choice.isExternal), u"only-possible"_s, obstacle};
            second.addTo(builder);
            builder.find(chosen);
            return;
        }
    }
    chosen.arguments = {kindWord(choice.isExternal), choice.reason};
    first.addTo(builder);
    builder.find(chosen);
}

class CreationWays
{
public:
    CreationWays(const Intent &intent, const CreateIntent &create, const Draft &base, const Surroundings &surroundings)
        : m_intent(intent)
        , m_create(create)
        , m_surroundings(surroundings)
        , m_base(base)
        , m_domain(*base.domain(intent.domain))
    {
    }

    Plan plain(const QString &way, const CreateIntent &create) const
    {
        PlanBuilder builder = begin(way);
        addWanted(builder, create, m_surroundings);
        return builder.finish();
    }

    std::vector<Plan> alternatives(const Plan &plan) const
    {
        std::vector<Plan> found;
        const auto offer = [&](Plan other) {
            const bool isBetter
                = other.verdict < plan.verdict && std::none_of(found.begin(), found.end(), [&](const Plan &each) {
                      return each.effects == other.effects && each.steps.size() == other.steps.size();
                  });
            if (isBetter)
                found.push_back(std::move(other));
        };
        const auto says = [&](QLatin1StringView id) {
            return std::any_of(plan.findings.begin(), plan.findings.end(),
                [&](const Finding &finding) { return finding.id == id && finding.severity >= Verdict::Confirm; });
        };
        if (says("no-guest-agent"_L1)) {
            CreateIntent unquiesced = m_create;
            unquiesced.quiesce = false;
            unquiesced.memory = Memory::Drop;
            offer(plain(u"without-quiesce"_s, unquiesced));
        }
        for (const Kind kind : {Kind::Internal, Kind::External}) {
            CreateIntent as = m_create;
            as.kind = kind;
            if (kind == Kind::Internal || says("host-devices-forbid-memory"_L1) || says("memory-saved-already"_L1)
                || says("no-memory-to-keep"_L1))
                as.memory = Memory::Auto;
            if (kind == Kind::Internal)
                as.quiesce = false;
            offer(plain(kind == Kind::Internal ? u"as-internal"_s : u"as-external"_s, as));
        }
        if (says("managed-save"_L1))
            offer(droppingSavedState());
        if (isActive(m_domain.state) && plan.verdict == Verdict::Block)
            offer(shuttingDownFirst());
        return found;
    }

private:
    PlanBuilder begin(const QString &way, bool dropsSavedState = false) const
    {
        Declared declared;
        declared.domain = m_intent.domain;
        declared.savedState = dropsSavedState;
        return PlanBuilder(m_base, m_intent, way, declared);
    }

    // A saved state that somebody has to say yes to losing is a lesser evil than nothing.
    Plan droppingSavedState() const
    {
        PlanBuilder builder = begin(u"drop-saved-state"_s, true);
        builder.add({.kind = StepKind::DropSavedState});
        addWanted(builder, m_create, m_surroundings);
        return builder.finish();
    }

    Plan shuttingDownFirst() const
    {
        PlanBuilder builder = begin(u"shut-down-first"_s);
        builder.add({.kind = StepKind::ShutDown});
        CreateIntent off = m_create;
        off.memory = Memory::Auto;
        off.quiesce = false;
        addWanted(builder, off, m_surroundings);
        builder.add({.kind = StepKind::Start});
        return builder.finish();
    }

    const Intent &m_intent;
    const CreateIntent &m_create;
    const Surroundings &m_surroundings;
    const Draft &m_base;
    const DraftDomain m_domain;
};

} // namespace

void addCreation(PlanBuilder &builder, const CreateIntent &create, const Surroundings &surroundings)
{
    addWanted(builder, create, surroundings);
}

// Findings of this file, beside those of model/plan/conditions.h:
//
// kind-chosen           Allow    snapshot  kind, "without-memory" | "quiesced" | "policy" | "same-kind" |
//                                          "same-as-current" | "works-here" | "usual" | "only-possible", and for the
//                                          last the id of what forbids the other kind
// mixes-kinds           Confirm  snapshot  kind (Warn: the tree is mixed already)
// policy-violated       Confirm  machine   kind
// internal-keeps-memory Block    snapshot
// no-memory-to-keep     Block    machine
// libvirt-cannot-revert Warn     snapshot  "internal"
Proposal proposeCreate(
    const Intent &intent, const CreateIntent &create, const Draft &base, const Surroundings &surroundings, Depth depth)
{
    const CreationWays ways(intent, create, base, surroundings);
    Proposal proposal;
    proposal.plan = ways.plain(u"libvirt"_s, create);
    if (depth == Depth::WithAlternatives && proposal.plan.verdict >= Verdict::Confirm)
        proposal.alternatives = ways.alternatives(proposal.plan);
    return proposal;
}

} // namespace treewarden::ways
