// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/details.h"

#include "model/base/visible.h"
#include "views/text/errortext.h"
#include "views/text/filetext.h"
#include "views/text/machinetext.h"
#include "views/text/problemtext.h"

#include <QSet>

#include <algorithm>
#include <ranges>

namespace treewarden {

namespace {

using Kind = DetailsBlock::Kind;

// Collects the blocks about one machine.
class Writer
{
public:
    Writer(const Inventory &inventory, const Assessment &assessment, const Domain &domain, qint64 now)
        : m_inventory(inventory)
        , m_assessment(assessment)
        , m_domain(domain)
        , m_now(now)
    {
    }

    Details machine();
    Details snapshot(const Snapshot &snapshot, const SnapshotItem &item, const std::optional<Fact<Bytes>> &measured);
    Details orphan(const SnapshotItem &item);
    std::optional<Details> host();

private:
    void heading(const QString &text) { m_blocks.push_back({Kind::Heading, visible(text), {}, {}, {}}); }
    void text(const QStringList &lines) { m_blocks.push_back({Kind::Text, {}, {}, visible(lines), {}}); }
    void file(const QString &title, const ImageLocation &location, const QStringList &lines)
    {
        m_blocks.push_back({Kind::File, visible(title), location.name, visible(lines), {}});
    }
    void problem(const Problem &problem, const QString &at = {})
    {
        if (problem.severity == Severity::Note)
            text({ProblemText::sentence(problem, at)});
        else
            m_blocks.push_back({problem.severity == Severity::Danger ? Kind::Danger : Kind::Warning,
                visible(ProblemText::sentence(problem, at)), {}, {}, {}});
    }
    void mayBeMore()
    {
        if (!m_assessment.mayRelyOnAnything.isEmpty())
            text({MachineText::mayRelyOnAnything(m_assessment.mayRelyOnAnything)});
    }
    void problemsAbout(const QString &snapshot, const QSet<QString> &files);
    void allProblems();
    void externalDisk(const Snapshot &snapshot, const SnapshotDisk &disk);
    void internalDisk(const Snapshot &snapshot, const SnapshotDisk &disk);
    void otherFiles(const Snapshot &snapshot);
    void layers(const QString &target, const ImageLocation &image, const std::vector<ImageLocation> &emphasized);

    // What is said about a file wherever it is shown.
    QStringList fileFacts(const ImageLocation &location) const;
    // Who relies on it besides the snapshot that is shown.
    QStringList owners(const ImageLocation &location, const QString &butSnapshot) const;
    DiskSource imageOf(const Snapshot &snapshot, const QString &target) const;

    const Inventory &m_inventory;
    const Assessment &m_assessment;
    const Domain &m_domain;
    qint64 m_now;
    std::vector<DetailsBlock> m_blocks;
};

QStringList Writer::fileFacts(const ImageLocation &location) const
{
    const Image *image = m_inventory.images->at(location);
    if (!image)
        return {FileText::unknown({ErrorCode::NotRead, location.name, {}})};
    if (image->facts.isAbsent())
        return {FileText::missing()};
    QStringList lines{FileText::size(*image)};
    if (image->facts.isUnknown())
        lines += FileText::unknown(image->facts.why());
    return lines;
}

QStringList Writer::owners(const ImageLocation &location, const QString &butSnapshot) const
{
    const Image *image = m_inventory.images->at(location);
    if (!image)
        return {};
    std::vector<ClaimRef> others = m_assessment.claims.refsOn(image->id);
    std::erase_if(others, [&](const ClaimRef &claim) {
        const Owner &owner = *claim.owner;
        if (owner.kind == OwnerKind::Snapshot && owner.name == butSnapshot && owner.domain == m_domain.uuid)
            return true;
        // An overlay that the metadata of a snapshot name is not stray, though nobody relies on it.
        const Image *overlay
            = owner.kind == OwnerKind::Image ? m_inventory.images->at({SourceKind::File, owner.name}) : nullptr;
        return overlay && !m_assessment.claims.namedBy(overlay->id).isEmpty();
    });
    return FileText::owners(others, m_domain.uuid);
}

// libvirt keeps the definition of then with the snapshot; without it the machine's own tells where the disk is.
DiskSource Writer::imageOf(const Snapshot &snapshot, const QString &target) const
{
    const DiskSource frozen = snapshot.frozen(target);
    if (!frozen.location.isEmpty() || !m_domain.definition.isKnown())
        return frozen;
    const Disk *disk = m_domain.definition->disk(target);
    return disk ? disk->source : DiskSource{};
}

void Writer::problemsAbout(const QString &snapshot, const QSet<QString> &files)
{
    for (const Problem &each : m_assessment.problemsOf(m_domain.uuid)) {
        if (each.concerns(snapshot) || files.contains(each.subject))
            problem(each, snapshot);
    }
}

// Thousands of snapshots may have lost their data: the gravest come first, and the rest are counted.
void Writer::allProblems()
{
    constexpr size_t Shown = 20;
    const std::vector<Problem> problems = m_assessment.problemsOf(m_domain.uuid);
    std::vector<const Problem *> ordered; // moving them about themselves is what GCC 14 warns of
    ordered.reserve(problems.size());
    for (const Problem &each : problems)
        ordered.push_back(&each);
    if (ordered.size() > Shown) {
        std::stable_sort(ordered.begin(), ordered.end(),
            [](const Problem *a, const Problem *b) { return a->severity > b->severity; });
    }
    for (const Problem *each : ordered | std::views::take(Shown))
        problem(*each);
    if (problems.size() > Shown)
        text({FileText::moreProblems(int(problems.size() - Shown))});
}

void Writer::externalDisk(const Snapshot &snapshot, const SnapshotDisk &disk)
{
    heading(FileText::filesOf(disk.target));
    const DiskSource frozen = snapshot.frozen(disk.target);
    if (frozen.location.isEmpty()) {
        text({FileText::frozenNotRecorded()});
    } else {
        file(FileText::frozenState(), frozen.location,
            fileFacts(frozen.location) + owners(frozen.location, snapshot.name));
    }
    if (!disk.overlay.location.isEmpty()) {
        file(FileText::whatCameAfter(), disk.overlay.location,
            fileFacts(disk.overlay.location) + owners(disk.overlay.location, snapshot.name));
    }
    layers(disk.target, disk.overlay.location.isEmpty() ? frozen.location : disk.overlay.location,
        {frozen.location, disk.overlay.location});
}

void Writer::internalDisk(const Snapshot &snapshot, const SnapshotDisk &disk)
{
    heading(FileText::tagOf(disk.target));
    const DiskSource source = imageOf(snapshot, disk.target);
    if (source.location.isEmpty()) {
        text({FileText::frozenNotRecorded()});
        return;
    }
    QStringList lines;
    const Image *image = m_inventory.images->at(source.location);
    if (image && image->facts.isKnown()) {
        const auto &tags = image->facts->tags;
        const auto tag
            = std::find_if(tags.begin(), tags.end(), [&](const Tag &each) { return each.name == snapshot.name; });
        lines += tag == tags.end() ? FileText::noSuchTag() : FileText::tag(*tag);
    }
    file(FileText::tagTitle(snapshot.name), source.location,
        lines + fileFacts(source.location) + owners(source.location, snapshot.name));
    layers(disk.target, source.location, {source.location});
}

void Writer::otherFiles(const Snapshot &snapshot)
{
    if (!snapshot.memoryFile.isEmpty()) {
        heading(FileText::memoryHeading());
        const ImageLocation location{SourceKind::File, snapshot.memoryFile};
        file(FileText::memoryTitle(), location, fileFacts(location));
    }
    if (snapshot.definition && snapshot.definition->nvram && !snapshot.definition->nvram->path.isEmpty()) {
        heading(FileText::nvramHeading());
        text({FileText::nvramKept(treewarden::nvramKept(*m_inventory.images, snapshot))});
        if (const Image *copy = nvramCopyOf(*m_inventory.images, snapshot))
            file(FileText::nvramCopyTitle(), copy->location, fileFacts(copy->location));
        const ImageLocation location{SourceKind::File, snapshot.definition->nvram->path};
        file(FileText::nvramTitle(), location, fileFacts(location) + owners(location, snapshot.name));
    }
    if (const Fact<bool> kept = tpmKept(snapshot); kept.isKnown()) {
        heading(FileText::tpmHeading());
        text({FileText::tpmKept(*kept)});
    }
}

void Writer::layers(const QString &target, const ImageLocation &image, const std::vector<ImageLocation> &emphasized)
{
    std::vector<LayerBox> boxes = layersOf(m_inventory, m_assessment, m_domain, image, emphasized);
    if (boxes.empty())
        return;
    heading(FileText::layersOf(target));
    m_blocks.push_back({Kind::Layers, {}, {}, {}, std::move(boxes)});
}

Details Writer::snapshot(const Snapshot &snapshot, const SnapshotItem &item, const std::optional<Fact<Bytes>> &measured)
{
    QStringList about{FileText::taken(snapshot.created, m_now)};
    if (item.isCurrent)
        about += FileText::isCurrent();
    text(about);
    if (!snapshot.description.isEmpty())
        text({snapshot.description});

    QSet<QString> files{snapshot.memoryFile};
    for (const SnapshotDisk &disk : snapshot.disks)
        files << snapshot.frozen(disk.target).location.name << disk.overlay.location.name;
    files.remove({});
    problemsAbout(snapshot.name, files);

    bool anyInternal = false;
    for (const SnapshotDisk &disk : snapshot.disks) {
        switch (disk.kind) {
        case SnapshotDiskKind::External:
            externalDisk(snapshot, disk);
            break;
        case SnapshotDiskKind::Internal:
            anyInternal = true;
            internalDisk(snapshot, disk);
            break;
        case SnapshotDiskKind::Manual:
            text({FileText::manualDisk(disk.target)});
            break;
        case SnapshotDiskKind::None:
            break;
        }
    }
    if (anyInternal) {
        const bool isPossible = !isActive(m_domain.state);
        const bool isKnown = measured && !measured->isUnknown();
        m_blocks.push_back({Kind::Measure, {}, {},
            {isPossible || isKnown ? FileText::share(measured) : FileText::whyNotMeasured()}, {}, isPossible});
    }
    otherFiles(snapshot);
    m_blocks.push_back({Kind::Differences, {}, {}, {}, {}});
    return {snapshot.name, MachineText::snapshotKind(snapshot), item, std::move(m_blocks)};
}

Details Writer::orphan(const SnapshotItem &item)
{
    const auto orphans = m_assessment.orphansOf(m_domain.uuid);
    const auto found = std::find_if(orphans.begin(), orphans.end(), [&](const Orphan &each) {
        return each.kind == item.orphanKind && each.name == item.name && each.path == item.path;
    });
    if (found != orphans.end()) {
        QStringList about;
        if (found->created.isKnown())
            about += FileText::taken(*found->created, m_now);
        about += MachineText::orphanMeaning(*found);
        if (!found->isCertain)
            about += MachineText::mayRelyOnAnything(m_assessment.mayRelyOnAnything);
        text(about);
        if (!found->path.isEmpty()) {
            const ImageLocation location{SourceKind::File, found->path};
            heading(FileText::itsFile());
            file(found->kind == OrphanKind::Tag ? FileText::tagTitle(found->name) : found->name, location,
                fileFacts(location) + owners(location, {}));
            layers({}, location, {location});
        }
    }
    return {item.name, MachineText::orphanKind(item.orphanKind, item.isCertain), item, std::move(m_blocks)};
}

Details Writer::machine()
{
    QStringList about{MachineText::state(m_domain.state, m_domain.pausedBy)};
    if (m_domain.snapshots.isKnown()) {
        about += MachineText::snapshots(m_domain.snapshots->size());
        if (const TreeKind kind = treeKind(*m_domain.snapshots); kind == TreeKind::Mixed)
            about += MachineText::mixed();
    }
    allProblems();
    if (m_domain.snapshots.isUnknown())
        text({FileText::snapshotsUnknown(m_domain.snapshots.why())});
    if (!m_domain.definition.isKnown()) {
        text({m_domain.definition.isUnknown() ? FileText::definitionUnknown(m_domain.definition.why())
                                              : FileText::noDefinition()});
    } else {
        if (!m_domain.definition->description.isEmpty())
            text({m_domain.definition->description});
        for (const Disk &disk : m_domain.definition->disks) {
            if (disk.source.location.isEmpty() || disk.device == DiskDevice::Cdrom || disk.device == DiskDevice::Floppy)
                continue;
            heading(FileText::disk(disk.target));
            file(FileText::inUseNow(), disk.source.location, fileFacts(disk.source.location));
            layers({}, disk.source.location, {disk.source.location});
        }
    }
    mayBeMore();
    return {m_domain.name, about.join(QStringLiteral(" · ")), {}, std::move(m_blocks)};
}

std::optional<Details> Writer::host()
{
    allProblems();
    for (const Orphan &orphan : m_assessment.orphansOf({})) {
        const ImageLocation location{SourceKind::File, orphan.path};
        QStringList lines{MachineText::orphanKind(orphan.kind, orphan.isCertain)};
        if (orphan.created.isKnown())
            lines += FileText::taken(*orphan.created, m_now);
        file(orphan.name, location, lines + fileFacts(location));
    }
    mayBeMore();
    if (m_blocks.empty())
        return std::nullopt;
    return Details{MachineText::filesOfNoMachine(), MachineText::filesOfNoMachineMeaning(), {}, std::move(m_blocks)};
}

} // namespace

std::optional<Details> detailsOfHost(const Inventory &inventory, const Assessment &assessment, qint64 now)
{
    return Writer(inventory, assessment, Domain(), now).host();
}

Details detailsOf(const Inventory &inventory, const Assessment &assessment, const Domain &domain,
    const std::optional<SnapshotItem> &item, const std::optional<Fact<Bytes>> &measured, qint64 now)
{
    Writer writer(inventory, assessment, domain, now);
    if (!item || item->kind == RowKind::Here)
        return writer.machine();
    if (item->kind == RowKind::Orphan)
        return writer.orphan(*item);
    const int node = domain.snapshots.isKnown() ? domain.snapshots->find(item->name) : -1;
    if (node < 0)
        return writer.machine();
    return writer.snapshot(domain.snapshots->at(node), *item, measured);
}

} // namespace treewarden
