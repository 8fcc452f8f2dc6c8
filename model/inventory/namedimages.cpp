// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory/namedimages.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

void appendDisks(std::vector<ImageRequest> &requests, const DomainDefinition &definition)
{
    const auto append = [&requests](const DiskSource &source) {
        if (!source.location.isEmpty())
            requests.push_back({source.location, source.format, {}});
        if (!source.dataFile.isEmpty())
            requests.push_back({{SourceKind::File, source.dataFile}, u"raw"_s, {}});
    };
    for (const Disk &disk : definition.disks) {
        append(disk.source);
        for (const DiskSource &layer : disk.backingChain)
            append(layer);
        if (disk.mirror)
            append(*disk.mirror);
    }
    if (definition.nvram && !definition.nvram->path.isEmpty()) {
        const QString format = definition.nvram->format.isEmpty() ? u"raw"_s : definition.nvram->format;
        requests.push_back({{SourceKind::File, definition.nvram->path}, format, {}});
    }
}

void appendSnapshots(std::vector<ImageRequest> &requests, const SnapshotTree &tree)
{
    // Snapshots share their definitions; each is looked through once.
    const DomainDefinition *last = nullptr;
    for (int node = 0; node < tree.size(); ++node) {
        const Snapshot &snapshot = tree.at(node);
        if (snapshot.definition && snapshot.definition.get() != last) {
            appendDisks(requests, *snapshot.definition);
            last = snapshot.definition.get();
        }
        for (const auto *disks : {&snapshot.disks, &snapshot.revertDisks}) {
            for (const SnapshotDisk &disk : *disks) {
                if (!disk.overlay.location.isEmpty())
                    requests.push_back({disk.overlay.location, disk.overlay.format, {}});
            }
        }
        if (!snapshot.memoryFile.isEmpty())
            requests.push_back({{SourceKind::File, snapshot.memoryFile}, SavedMemoryFormat, {}});
    }
}

} // namespace

void appendNamedImages(std::vector<ImageRequest> &requests, const Domain &domain)
{
    for (const auto *definition : {&domain.definition, &domain.persistentDefinition}) {
        if (definition->isKnown())
            appendDisks(requests, **definition);
    }
    if (domain.snapshots.isKnown())
        appendSnapshots(requests, *domain.snapshots);
}

QStringList writtenPaths(const Domain &domain)
{
    const Fact<DomainDefinition> &definition
        = domain.definition.isKnown() ? domain.definition : domain.persistentDefinition;
    QStringList paths;
    if (!definition.isKnown())
        return paths;
    for (const Disk &disk : definition->disks) {
        if (disk.readOnly || disk.device == DiskDevice::Cdrom)
            continue;
        for (const DiskSource *source : {&disk.source, disk.mirror ? &*disk.mirror : nullptr}) {
            if (source && !source->location.isEmpty())
                paths << source->location.name;
        }
    }
    if (definition->nvram && !definition->nvram->path.isEmpty())
        paths << definition->nvram->path;
    return paths;
}

} // namespace treewarden
