// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/ways/parts.h"

#include <QFileInfo>

#include <algorithm>

namespace treewarden::ways {

using namespace Qt::StringLiterals;

// Metadata name files that are gone, too, and libvirt removes by name: what came to lie there would go with them.
QSet<QString> filesNamed(const Draft &draft)
{
    QSet<QString> names;
    for (const auto &[id, domain] : draft.domains()) {
        for (const auto &definition : {domain->definition, domain->persistentDefinition}) {
            for (size_t i = 0; definition && i < definition->disks.size(); ++i)
                names.insert(definition->disks[i].source.location.name);
        }
        for (const auto &snapshot : domain->snapshots) {
            for (const QString &file : filesOf(*snapshot))
                names.insert(file);
        }
    }
    return names;
}

QString freePathBeside(const Draft &draft, const QString &like, const QString &suffix)
{
    return freePathBeside(draft, filesNamed(draft), like, suffix);
}

QString freePathBeside(const Draft &draft, const QSet<QString> &named, const QString &like, const QString &suffix)
{
    const QFileInfo info(like);
    // As libvirt does: what follows the last dot gives way. A name may not leave its folder.
    // Nor may it have a comma: libvirt (seen in 9.0.0) doubles one in the path that it hands to qemu-img, so that the
    // overlay of a machine that is off comes to lie under another name than the machine is told.
    QString name = info.completeBaseName() + u'.' + suffix;
    name.replace(u'/', u'_').replace(u',', u'_');
    const QString stem = info.path() + u'/' + name;
    QString path = stem;
    for (int i = 2; draft.imageAt({SourceKind::File, path}) || named.contains(path); ++i)
        path = stem + u'-' + QString::number(i);
    return path;
}

std::vector<Part> partsOf(const DraftDomain &domain, const Snapshot &snapshot)
{
    const DomainDefinition *definition = snapshot.definition ? snapshot.definition.get() : domain.definition.get();
    std::vector<Part> parts;
    for (const SnapshotDisk &disk : snapshot.disks) {
        const Disk *source = definition ? definition->disk(disk.target) : nullptr;
        if (!source || (disk.kind != SnapshotDiskKind::Internal && disk.kind != SnapshotDiskKind::External))
            continue;
        parts.push_back({disk.target, disk.kind == SnapshotDiskKind::Internal, source->source.location.name,
            source->source.format});
    }
    return parts;
}

Bytes allocatedInChain(const Draft &draft, const QString &path)
{
    Bytes sum = 0;
    for (const ImageId &layer : draft.chain(draft.idAt({SourceKind::File, path}))) {
        const DraftImage *image = draft.image(layer);
        sum += image->allocated.isKnown() ? *image->allocated : 0;
    }
    return sum;
}

QSet<ImageId> reliedOn(const PlanBuilder &builder)
{
    return builder.claimants().reliedOn(builder.draft(), builder.claimantsAtFirst());
}

void removeUnclaimed(PlanBuilder &builder, const QStringList &paths)
{
    const QSet<ImageId> relied = reliedOn(builder); // and so it stays where only such go as are not
    for (const QString &path : paths) {
        const DraftImage *image = builder.draft().imageAt({SourceKind::File, path});
        if (!image || !image->isKnown || !image->tags.empty() || relied.contains(image->id)
            || !builder.draft().overlaysOf(image->id).empty())
            continue;
        // What an owner had in it is his loss, and judged as one.
        const ImageId id = image->id;
        const QStringList bytes{image->allocated.isKnown() ? QString::number(*image->allocated) : QString()};
        if (!builder.claimantsAtFirst().isRead(id))
            builder.find({u"leftover-removed"_s, Verdict::Confirm, path, bytes});
        builder.add({.kind = StepKind::RemoveFile, .path = path});
    }
}

QStringList filesOf(const Snapshot &snapshot)
{
    QStringList paths;
    const auto add = [&](const QString &path) {
        if (!path.isEmpty() && !paths.contains(path))
            paths += path;
    };
    for (const auto *disks : {&snapshot.revertDisks, &snapshot.disks}) {
        for (const SnapshotDisk &disk : *disks)
            add(disk.overlay.location.name);
    }
    if (snapshot.memory == MemoryKind::External)
        add(snapshot.memoryFile);
    for (const SnapshotDisk &disk : snapshot.disks) {
        if (disk.kind == SnapshotDiskKind::External)
            add(snapshot.frozen(disk.target).location.name);
    }
    return paths;
}

QStringList topsOf(const DraftDomain &domain)
{
    QStringList paths;
    for (size_t i = 0; domain.definition && i < domain.definition->disks.size(); ++i) {
        const Disk &disk = domain.definition->disks[i];
        if (disk.device == DiskDevice::Disk && !disk.readOnly && disk.source.location.kind == SourceKind::File)
            paths += disk.source.location.name;
    }
    return paths;
}

} // namespace treewarden::ways
