// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/material.h"

#include <QDir>

#include <algorithm>

namespace treewarden {

ImageId imageIdOf(const ImageGraph &images, const ImageLocation &location)
{
    const Image *image = images.at(location);
    return image ? image->id : ImageId(location.name);
}

ImageLocation dataFileOf(const Image &image)
{
    const QString name = image.facts.isKnown() ? image.facts->dataFile : QString();
    if (name.isEmpty() || name.startsWith(QStringLiteral("json:")) || name.contains(QStringLiteral("://")))
        return {};
    if (name.startsWith(u'/'))
        return {SourceKind::File, name};
    if (!image.location.isLocalPath())
        return {};
    const QString folder = image.location.name.left(image.location.name.lastIndexOf(u'/') + 1);
    return {SourceKind::File, QDir::cleanPath(folder + name)};
}

void settleRevertDisks(Snapshot &snapshot)
{
    for (const SnapshotDisk &made : snapshot.revertDisks) {
        const auto disk = std::find_if(snapshot.disks.begin(), snapshot.disks.end(),
            [&made](const SnapshotDisk &each) { return each.target == made.target; });
        if (disk != snapshot.disks.end())
            disk->overlay = made.overlay;
    }
    snapshot.revertDisks.clear();
}

std::vector<SnapshotPart> partsOf(const ImageGraph &images, const Domain &domain, const Snapshot &snapshot)
{
    const DomainDefinition *definition = snapshot.definition.get();
    const DomainDefinition *now = domain.definition.isKnown() ? &domain.definition.value() : nullptr;
    const DomainDefinition *tagged = definition ? definition : now;
    std::vector<SnapshotPart> parts;

    // Metadata of old libvirts list no disks at all.
    if (snapshot.disks.empty() && snapshot.kind() == SnapshotKind::Internal && tagged) {
        for (const Disk &disk : tagged->disks) {
            if (disk.isWritten())
                parts.push_back({disk.target, true, disk.source});
        }
        return parts;
    }
    for (const SnapshotDisk &disk : snapshot.disks) {
        SnapshotPart part{disk.target, disk.kind == SnapshotDiskKind::Internal, {}};
        if (part.internal) {
            if (const Disk *source = tagged ? tagged->disk(disk.target) : nullptr)
                part.frozen = source->source;
        } else if (disk.kind != SnapshotDiskKind::External) {
            continue;
        } else if (definition) {
            part.frozen = snapshot.frozen(disk.target);
        } else if (const Image *overlay = images.at(disk.overlay.location)) {
            part.frozen.location = overlay->backingLocation;
        }
        if (!part.frozen.location.isEmpty())
            parts.push_back(std::move(part));
    }
    return parts;
}

} // namespace treewarden
