// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to give every snapshot of a machine the same kind.
#include "model/plan/conditions.h"
#include "model/plan/ways/parts.h"
#include "model/plan/ways/ways.h"

#include <algorithm>

namespace treewarden::ways {

using namespace Qt::StringLiterals;

namespace {

QString folderOf(const QString &path)
{
    return path.left(path.lastIndexOf(u'/'));
}

class Unification
{
public:
    Unification(const Intent &intent, const UniformIntent &what, const Draft &base)
        : m_intent(intent)
        , m_kind(what.kind)
        , m_base(base)
        , m_domain(*base.domain(intent.domain))
    {
    }

    bool isUniform() const
    {
        return std::all_of(m_domain.snapshots.begin(), m_domain.snapshots.end(),
            [&](const auto &snapshot) { return snapshot->kind() == m_kind; });
    }

    // Nobody but QEMU may rewrite the images of a machine that runs.
    Plan plan(bool shutsDown) const
    {
        Declared declared;
        declared.domain = m_intent.domain;
        declared.snapshotMemory = true;
        PlanBuilder builder(m_base, m_intent, shutsDown ? u"shut-down-first"_s : u"uniform"_s, declared);
        if (shutsDown)
            builder.add({.kind = StepKind::ShutDown});
        const Draft draft = builder.draft();
        builder.find(conditions::ofMachine(draft, m_intent.domain));
        builder.find(conditions::ofSavedState(draft, m_intent.domain));
        if (isActive(builder.domain().state))
            builder.find({u"machine-running"_s, Verdict::Block, m_domain.name, {}});
        else if (m_kind == SnapshotKind::External)
            makeExternal(builder);
        else
            makeInternal(builder);
        if (shutsDown)
            builder.add({.kind = StepKind::Start});
        return builder.finish();
    }

private:
    void notPossible(PlanBuilder &builder, const QString &snapshot, const QString &path) const
    {
        builder.find({u"uniform-not-possible"_s, Verdict::Block, snapshot, {path}});
    }

    // Each internal snapshot gets an image of its own, with an empty overlay on it as libvirt would have made one. The
    // tags go last: until then every state is kept twice.
    void makeExternal(PlanBuilder &builder) const
    {
        std::vector<Step> made;
        std::vector<Step> last;
        const QSet<QString> named = filesNamed(builder.draft());
        for (const auto &snapshot : m_domain.snapshots) {
            if (snapshot->kind() != SnapshotKind::Internal)
                continue;
            std::vector<StepDisk> disks;
            for (const Part &part : partsOf(m_domain, *snapshot)) {
                const QString path = freePathBeside(builder.draft(), named, part.path, snapshot->name);
                builder.needSpace(folderOf(path), allocatedInChain(builder.draft(), part.path));
                builder.add({.kind = StepKind::ExtractTag, .name = snapshot->name, .path = path, .base = part.path});
                const QString overlay = freePathBeside(builder.draft(), named, part.path, u"after-"_s + snapshot->name);
                builder.add({.kind = StepKind::CreateOverlay, .path = overlay, .base = path, .format = u"qcow2"_s});
                disks.push_back({part.target, path, overlay, u"qcow2"_s});
                last.push_back({.kind = StepKind::RemoveTag, .name = snapshot->name, .path = part.path});
            }
            if (disks.empty()) {
                notPossible(builder, snapshot->name, {});
                return;
            }
            made.push_back({.kind = StepKind::MakeExternal, .name = snapshot->name, .disks = disks});
        }
        // What takes long can be stopped while the tree is still as it was.
        made.insert(made.end(), last.begin(), last.end());
        for (const Step &step : made)
            builder.add(step);
    }

    // One disk of the machine, whose layers go one after the other into the lowest that a snapshot froze.
    struct Line
    {
        QString target;
        QStringList layers; // the lowest first, which takes them
        QString format;
        qsizetype merged = 1; // how many of them it shows
    };

    // Every frozen layer gets a tag as soon as the lowest one shows it, and what came after is merged over it.
    void makeInternal(PlanBuilder &builder) const
    {
        std::vector<Line> lines = linesOf(builder);
        for (const Snapshot *snapshot : lowestFirst(lines)) {
            for (const Finding &finding : conditions::ofName(m_base, m_intent.domain, snapshot->name, true)) {
                if (finding.id == "bad-name"_L1)
                    builder.find(finding);
            }
            std::vector<StepDisk> disks;
            for (const Part &part : partsOf(m_domain, *snapshot)) {
                Line *line = lineOf(lines, part.target);
                const qsizetype frozen = line ? qsizetype(line->layers.indexOf(part.path)) : -1;
                if (frozen < 0) {
                    notPossible(builder, snapshot->name, part.path);
                    return;
                }
                if (!mergeUpTo(builder, *line, frozen))
                    return;
                builder.add({.kind = StepKind::AddTag, .name = snapshot->name, .path = line->layers.front()});
                disks.push_back({part.target, line->layers.front(), {}, line->format});
            }
            if (disks.empty()) {
                notPossible(builder, snapshot->name, snapshot->memoryFile);
                return;
            }
            builder.add({.kind = StepKind::MakeInternal, .name = snapshot->name, .disks = disks});
        }
        std::vector<StepDisk> own;
        QStringList files;
        for (Line &line : lines) {
            if (!mergeUpTo(builder, line, line.layers.size() - 1))
                return;
            own.push_back({line.target, line.layers.front(), {}, line.format});
            files += line.layers.mid(1);
        }
        builder.add({.kind = StepKind::PointDisks, .disks = own});
        for (const auto &snapshot : m_domain.snapshots) {
            if (snapshot->memory == MemoryKind::External)
                files += snapshot->memoryFile;
        }
        removeUnclaimed(builder, files);
    }

    std::vector<Line> linesOf(PlanBuilder &builder) const
    {
        std::vector<Line> lines;
        for (const Disk &disk : m_domain.definition->disks) {
            Line line{disk.target, {}, {}};
            std::vector<ImageId> chain = m_base.chain(m_base.idAt(disk.source.location));
            std::reverse(chain.begin(), chain.end());
            for (const ImageId &layer : chain) {
                const QString path = m_base.image(layer)->location.name;
                if (line.layers.empty() && !isFrozen(disk.target, path))
                    continue;
                if (line.layers.empty())
                    line.format = m_base.image(layer)->format;
                line.layers.push_back(path);
            }
            if (line.layers.empty())
                continue;
            if (line.format != "qcow2"_L1)
                builder.find({u"format-without-tags"_s, Verdict::Block, disk.target, {}});
            lines.push_back(std::move(line));
        }
        return lines;
    }

    bool isFrozen(const QString &target, const QString &path) const
    {
        return std::any_of(m_domain.snapshots.begin(), m_domain.snapshots.end(), [&](const auto &snapshot) {
            if (snapshot->kind() != SnapshotKind::External)
                return false;
            const std::vector<Part> parts = partsOf(m_domain, *snapshot);
            return std::any_of(parts.begin(), parts.end(),
                [&](const Part &part) { return part.target == target && part.path == path; });
        });
    }

    static Line *lineOf(std::vector<Line> &lines, const QString &target)
    {
        const auto found
            = std::find_if(lines.begin(), lines.end(), [&](const Line &line) { return line.target == target; });
        return found == lines.end() ? nullptr : &*found;
    }

    // The external ones, each after those that it descends from, as its layers lie upon theirs: a snapshot of one disk
    // alone may come after one of several. Those outside of all lines first, to fail before anything is done.
    std::vector<const Snapshot *> lowestFirst(std::vector<Line> &lines) const
    {
        QHash<QString, qsizetype> depths;
        std::vector<std::pair<qsizetype, const Snapshot *>> found;
        for (const auto &snapshot : m_domain.snapshots) {
            if (snapshot->kind() != SnapshotKind::External)
                continue;
            const std::vector<Part> parts = partsOf(m_domain, *snapshot);
            const bool isOutside = std::any_of(parts.begin(), parts.end(), [&](const Part &part) {
                const Line *line = lineOf(lines, part.target);
                return !line || !line->layers.contains(part.path);
            });
            found.emplace_back(isOutside ? -1 : depthOf(*snapshot, depths), snapshot.get());
        }
        std::stable_sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
        std::vector<const Snapshot *> sorted;
        for (const auto &[depth, snapshot] : found)
            sorted.push_back(snapshot);
        return sorted;
    }

    // How many it descends from; of each that was asked about it is known.
    qsizetype depthOf(const Snapshot &snapshot, QHash<QString, qsizetype> &known) const
    {
        std::vector<QString> path;
        qsizetype depth = -1;
        for (const Snapshot *above = &snapshot; above; above = m_domain.snapshot(above->parent)) {
            const auto there = known.constFind(above->name);
            if (there != known.constEnd()) {
                depth = *there;
                break;
            }
            known.insert(above->name, m_domain.snapshots.size()); // parents may lead back
            path.push_back(above->name);
        }
        for (auto name = path.rbegin(); name != path.rend(); ++name)
            known.insert(*name, depth = std::min(depth + 1, m_domain.snapshots.size() + 1));
        return depth;
    }

    // False: a layer holds what a merge would not take along.
    bool mergeUpTo(PlanBuilder &builder, Line &line, qsizetype layer) const
    {
        const QString &base = line.layers.front();
        for (; line.merged <= layer; ++line.merged) {
            const QString &top = line.layers[line.merged];
            const DraftImage *image = builder.draft().imageAt({SourceKind::File, top});
            if (!image || !image->tags.empty()) {
                notPossible(builder, image ? image->tags.front().name : QString(), top);
                return false;
            }
            builder.add({.kind = StepKind::CommitOffline, .path = top, .base = base});
            if (line.merged + 1 < line.layers.size())
                builder.add({.kind = StepKind::RepointOverlay,
                    .path = line.layers[line.merged + 1],
                    .base = base,
                    .format = line.format});
        }
        return true;
    }

    const Intent &m_intent;
    const SnapshotKind m_kind;
    const Draft &m_base;
    const DraftDomain m_domain;
};

} // namespace

// Findings of this file, beside those of model/plan/conditions.h:
//
// already-uniform       Block  machine   kind
// machine-running       Block  machine
// format-without-tags   Block  disk target
// uniform-not-possible  Block  snapshot  path: its state cannot be copied or merged from there
Proposal proposeUniform(
    const Intent &intent, const UniformIntent &uniform, const Draft &base, const Surroundings &, Depth depth)
{
    const Unification unification(intent, uniform, base);
    const DraftDomain &domain = *base.domain(intent.domain);
    if (unification.isUniform())
        return {blocked(intent, {u"already-uniform"_s, Verdict::Block, domain.name, {intentWords(intent).last()}}), {}};
    Proposal proposal{unification.plan(false), {}};
    if (depth == Depth::WithAlternatives && isActive(domain.state)) {
        Plan off = unification.plan(true);
        if (off.verdict != Verdict::Block)
            proposal.alternatives.push_back(std::move(off));
    }
    return proposal;
}

} // namespace treewarden::ways
