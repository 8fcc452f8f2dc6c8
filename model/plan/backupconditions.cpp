// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/backupconditions.h"

#include "model/domain/nbdvolume.h"
#include "model/plan/conditions.h"

#include <algorithm>

namespace treewarden::conditions {

using namespace Qt::StringLiterals;

namespace {

const Checkpoint *checkpointNamed(const DraftDomain &domain, const QString &name)
{
    const auto found = std::find_if(domain.checkpoints.begin(), domain.checkpoints.end(),
        [&](const Checkpoint &each) { return each.name == name; });
    return found == domain.checkpoints.end() ? nullptr : &*found;
}

// As qemuBlockBitmapChainIsValid() of libvirt decides it: from the top down without a gap, each of them recording and
// kept, none left behind by a QEMU that died. What is not known is not good enough.
bool isBitmapUsable(const Draft &draft, const Disk &disk, const QString &name)
{
    bool isFound = false;
    bool hasEnded = false;
    for (const ImageId &layer : draft.chain(draft.idAt(disk.source.location))) {
        const Image *image = draft.inventory().images->find(layer);
        if (!image || !image->facts.isKnown())
            return false;
        const auto &bitmaps = image->facts->bitmaps;
        const auto bitmap
            = std::find_if(bitmaps.begin(), bitmaps.end(), [&](const Bitmap &each) { return each.name == name; });
        if (bitmap == bitmaps.end()) {
            hasEnded = true;
            continue;
        }
        if (hasEnded || bitmap->inconsistent || !bitmap->persistent || !bitmap->recording)
            return false;
        isFound = true;
    }
    return isFound;
}

std::optional<ChainFault> faultOfDisk(const Draft &draft, const Disk &disk, const BackupDisk *last,
    const BackupPoint &point, const Checkpoint *checkpoint)
{
    if (!last)
        return ChainFault{u"disks"_s};
    const ImageId top = draft.idAt(disk.source.location);
    const DraftImage *image = draft.image(top);
    if (!image || image->virtualSize != last->virtualSize)
        return ChainFault{u"size"_s, disk.target};
    // A bitmap goes on from where it is; after a revert that is not where the last point was taken (H-73).
    const ImageId then = draft.idAt({SourceKind::File, last->source});
    if (top != then && !draft.isBelow(then, top))
        return ChainFault{u"moved"_s, disk.target};
    QString bitmap = point.bitmap;
    for (size_t i = 0; checkpoint && i < checkpoint->disks.size(); ++i) {
        if (checkpoint->disks[i].target == disk.target)
            bitmap = checkpoint->disks[i].bitmap;
    }
    if (bitmap.isEmpty() || !isBitmapUsable(draft, disk, bitmap))
        return ChainFault{u"bitmap"_s, disk.target};
    return {};
}

std::optional<ChainFault> faultOfFiles(const BackupChain &chain)
{
    if (!chain.manifest.isKnown())
        return ChainFault{u"manifest"_s, chain.folder + u'/' + BackupChain::ManifestName};
    for (const BackupPoint &point : chain.manifest->points) {
        for (const BackupFile *file : point.files()) {
            const auto there = chain.files.constFind(file->name);
            if (there == chain.files.cend() || *there != file->size)
                return ChainFault{u"file"_s, chain.folder + u'/' + file->name};
        }
    }
    return {};
}

std::vector<Finding> ofTarget(const BackupIntent &backup, const BackupTarget *target)
{
    if (!target || !target->state.isKnown())
        return {{u"backup-target-unreadable"_s, Verdict::Block, backup.directory}};
    if (*target->state == BackupTarget::State::Missing)
        return {{u"backup-target-missing"_s, Verdict::Block, backup.directory}};
    if (*target->state == BackupTarget::State::NoFolder)
        return {{u"backup-target-no-folder"_s, Verdict::Block, backup.directory}};
    std::vector<Finding> found;
    for (const BackupChain &chain : target->chains) {
        if (const QStringList files = chain.unfinished(); !files.isEmpty())
            found.push_back({u"backup-unfinished"_s, Verdict::Warn, chain.folder, {QString::number(files.size())}});
    }
    return found;
}

void findAboutGuest(
    std::vector<Finding> &found, const Draft &draft, const DraftDomain &domain, const BackupIntent &backup)
{
    if (isPausedBy(draft, domain, PausedBy::IoError))
        found.push_back({u"paused-by-io-error"_s, Verdict::Warn, domain.name});
    if (!backup.quiesce) {
        found.push_back({u"backup-as-after-power-cut"_s, Verdict::Warn, domain.name});
        return;
    }
    const auto read = draft.inventory().domain(domain.uuid);
    if (domain.state == DomainState::Paused)
        found.push_back({u"paused-guest-cannot-hold"_s, Verdict::Block, domain.name});
    else if (!read || !read->isAgentConnected)
        found.push_back({u"no-guest-agent"_s, Verdict::Block, domain.name});
}

} // namespace

std::vector<Disk> disksOf(const DraftDomain &domain, const BackupIntent &backup)
{
    std::vector<Disk> disks;
    for (const Disk &disk : domain.definition->disks) {
        const bool isMeant = backup.disks.isEmpty() ? !disk.transient : backup.disks.contains(disk.target);
        if (disk.isWritten() && isMeant)
            disks.push_back(disk);
    }
    return disks;
}

bool canRecord(const Draft &draft, const std::vector<Disk> &disks)
{
    return std::all_of(disks.begin(), disks.end(), [&](const Disk &disk) {
        const Image *image = draft.inventory().images->at(disk.source.location);
        // Of version 2 QEMU keeps no bitmap.
        return disk.source.format == "qcow2"_L1 && !disk.transient && image && image->facts.isKnown()
            && image->facts->formatVersion != 2;
    });
}

std::optional<ChainFault> faultOf(
    const Draft &draft, const DraftDomain &domain, const std::vector<Disk> &disks, const BackupChain *chain)
{
    if (!chain)
        return ChainFault{u"none"_s};
    if (auto fault = faultOfFiles(*chain))
        return fault;
    if (chain->manifest->isUnfinished)
        return ChainFault{u"unfinished"_s, domain.name};
    const BackupPoint &last = chain->manifest->points.back();
    if (last.mark().isEmpty())
        return ChainFault{u"no-checkpoint"_s};
    const Checkpoint *checkpoint = nullptr;
    if (last.bitmap.isEmpty()) {
        const auto read = draft.inventory().domain(domain.uuid);
        if (!read || read->checkpoints.isUnknown())
            return ChainFault{u"unknown"_s, domain.name};
        checkpoint = checkpointNamed(domain, last.checkpoint);
        if (!checkpoint || checkpoint->created != last.checkpointTime)
            return ChainFault{u"checkpoint"_s, last.checkpoint};
    }
    if (disks.size() != last.disks.size())
        return ChainFault{u"disks"_s};
    for (const Disk &disk : disks) {
        if (auto fault = faultOfDisk(draft, disk, last.disk(disk.target), last, checkpoint))
            return fault;
    }
    return {};
}

QString whyQmp(const BackupIntent &backup, const BackupChain *chain)
{
    if (isVolume(backup.directory))
        return u"volume"_s;
    if (backup.level == BackupIntent::Level::Top)
        return u"top"_s;
    if (backup.compress)
        return u"compress"_s;
    if (backup.speed > 0)
        return u"speed"_s;
    return chain && !chain->manifest->points.back().bitmap.isEmpty() ? u"chain"_s : QString();
}

QString confinedBy(const DraftDomain &domain)
{
    return domain.definition->isInAppArmor ? u"AppArmor"_s : domain.definition->isInSelinux ? u"SELinux"_s : QString();
}

std::vector<Finding> ofBackup(
    const Draft &draft, const DomainId &id, const BackupIntent &backup, const BackupTarget *target)
{
    const DraftDomain &domain = *draft.domain(id);
    std::vector<Finding> found = ofMachine(draft, id);
    const auto add = [&](const QString &finding, Verdict severity, const QString &subject, QStringList arguments = {}) {
        found.push_back({finding, severity, subject, std::move(arguments)});
    };
    // libvirt has no call for it ("cannot perform disk backup for inactive domain").
    if (domain.state == DomainState::ShutOff)
        add(u"machine-off"_s, Verdict::Block, domain.name);
    if (!domain.persistent)
        add(u"transient-machine"_s, Verdict::Block, domain.name);
    const std::vector<Disk> disks = disksOf(domain, backup);
    for (const QString &wanted : backup.disks) {
        if (std::none_of(disks.begin(), disks.end(), [&](const Disk &disk) { return disk.target == wanted; }))
            add(u"no-such-disk"_s, Verdict::Block, wanted);
    }
    if (disks.empty() && backup.disks.isEmpty())
        add(u"nothing-to-back-up"_s, Verdict::Block, domain.name);
    for (const Disk &disk : domain.definition->disks) {
        if (disk.isWritten() && disk.transient && backup.disks.isEmpty())
            add(u"disk-left-out"_s, Verdict::Warn, disk.target, {u"transient"_s});
    }
    for (const Disk &disk : disks) {
        // The guest's view is what is copied.
        if (disk.encrypted)
            add(u"encrypted-disk-in-clear"_s, Verdict::Confirm, disk.target);
        if (!canRecord(draft, {disk}) && backup.level != BackupIntent::Level::Top)
            add(u"no-increments"_s, Verdict::Warn, disk.target);
    }
    if (!domain.snapshots.empty())
        add(u"snapshots-not-in-backup"_s, Verdict::Warn, domain.name, {QString::number(domain.snapshots.size())});
    findAboutGuest(found, draft, domain, backup);
    for (Finding &finding : ofTarget(backup, target))
        found.push_back(std::move(finding));
    if (!isVolume(backup.directory))
        return found;
    if (disks.size() > 1)
        add(u"volume-takes-one-disk"_s, Verdict::Block, backup.directory, {QString::number(disks.size())});
    if (backup.compress || backup.level == BackupIntent::Level::Top)
        add(u"volume-takes-all"_s, Verdict::Block, backup.directory);
    return found;
}

std::vector<Finding> ofBackupSpace(
    const Draft &draft, const std::vector<Disk> &disks, const BackupTarget &target, const QString &since)
{
    // What the layers hold may lie over each other, and tags may take part of it, which is not copied.
    Bytes atMost = 0;
    Bytes atLeast = 0;
    for (const Disk &disk : disks) {
        Bytes layers = 0;
        Bytes largest = 0;
        Bytes changed = 0;
        bool isCounted = false;
        for (const ImageId &layer : draft.chain(draft.idAt(disk.source.location))) {
            const DraftImage &image = *draft.image(layer);
            const Bytes taken = image.allocated.isKnown() ? *image.allocated : image.virtualSize;
            layers += taken;
            if (image.tags.empty() && image.isKnown && image.allocated.isKnown())
                largest = std::max(largest, taken);
            for (const Bitmap &bitmap : image.bitmaps) {
                if (bitmap.name != since || !bitmap.dirty.isKnown())
                    continue;
                changed += *bitmap.dirty;
                isCounted = true;
            }
        }
        const DraftImage *top = draft.imageAt(disk.source.location);
        const Bytes all = std::min(layers, top ? top->virtualSize : layers);
        atMost += since.isEmpty() || !isCounted ? all : changed;
        // A qcow2 image is a little more than what is in it.
        if (since.isEmpty())
            atLeast += largest - largest / 16;
    }
    const QStringList needed{QString::number(atMost), QString::number(target.free.isKnown() ? *target.free : 0)};
    if (!target.free.isKnown())
        return {{u"space-unknown"_s, Verdict::Warn, target.directory, {needed.first()}}};
    if (atLeast > *target.free)
        return {{u"no-space"_s, Verdict::Block, target.directory, {QString::number(atLeast), needed.last()}}};
    if (atMost > *target.free || *target.free - atMost < *target.free / 5)
        return {{u"little-space"_s, Verdict::Warn, target.directory, needed}};
    return {};
}

} // namespace treewarden::conditions
