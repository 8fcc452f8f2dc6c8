// SPDX-License-Identifier: GPL-3.0-or-later
// The images of a host: what machines name, what pools list, and what lies beside those.
#include "model/domain/nvramcopy.h"
#include "model/guard/material.h"
#include "model/inventory/inventoryreader.h"
#include "model/inventory/namedimages.h"

#include <QDateTime>
#include <QFileInfo>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// New files are made beside images.
QStringList foldersOf(const std::vector<Image> &images)
{
    QStringList folders;
    for (const Image &image : images) {
        const QString &path = image.location.name;
        if (image.location.kind == SourceKind::File && path.startsWith(u'/'))
            folders += path.left(path.lastIndexOf(u'/'));
    }
    folders.sort();
    folders.removeDuplicates();
    return folders;
}

// Names that nobody but whoever wrote an image has given, of files where nobody here has any.
void noteNamesOutside(
    std::vector<Image> &images, const std::vector<ImageRequest> &requests, const std::vector<Pool> &pools)
{
    QSet<QString> names;
    QSet<QString> folders;
    for (const Pool &pool : pools)
        folders.insert(pool.folder);
    for (const ImageRequest &request : requests) {
        names.insert(request.location.name);
        folders.insert(QFileInfo(request.location.name).path());
    }
    for (Image &image : images) {
        for (const ImageLocation &location : {image.backingLocation, dataFileOf(image)}) {
            if (location.isLocalPath() && !names.contains(location.name)
                && !folders.contains(QFileInfo(location.name).path()))
                image.namesOutside.push_back(location.name);
        }
    }
}

} // namespace

void InventoryReader::readVolumes()
{
    m_volumes.clear();
    m_pools.clear();
    m_poolUnknowns.clear();
    announce(u"volumes"_s, {});
    m_volumesReadAt = std::chrono::steady_clock::now();
    const Result<Volumes> volumes = m_hypervisor->volumes();
    if (!volumes) {
        // A session daemon may come without the storage driver: then there are no pools.
        if (volumes.error().code != ErrorCode::Unsupported)
            m_poolUnknowns.push_back({u"pools"_s, m_host.uri, volumes.error()});
        return;
    }
    m_poolUnknowns = volumes->unknown;
    m_pools = volumes->pools;
    for (const Volume &volume : volumes->volumes) {
        if (volume.path.startsWith(u'/') && volume.format != "dir"_L1)
            m_volumes.push_back({{SourceKind::File, volume.path}, volume.format, volume.pool, false, true});
    }
    // A volume that something names keeps the format that it is named with.
    m_images.recogniseSaves(m_volumes);
    m_images.linksLast(m_volumes);
}

// Files beside the disks and in the folders of pools that nothing names: a pool lists what was there when it was listed
// last. Only what definitions, snapshots and pools name counts for where to look: the header of an image may name any
// folder of the host.
bool InventoryReader::readNeighbours()
{
    const std::vector<ImageRequest> before = std::exchange(m_neighbours, {});
    m_neighboursReadAt = std::chrono::steady_clock::now();
    QSet<QString> known;
    QStringList folders;
    for (const Pool &pool : m_pools) {
        if (!pool.folder.isEmpty())
            folders.push_back(pool.folder);
    }
    for (const ImageRequest &request : namedImages()) {
        if (request.location.kind != SourceKind::File)
            continue;
        known.insert(request.location.name);
        folders.push_back(QFileInfo(request.location.name).path());
    }
    folders.sort();
    folders.removeDuplicates();
    for (const ImageRequest &volume : m_volumes)
        known.insert(volume.location.name);
    announce(u"images"_s, {});
    m_neighbours = m_images.unnamed(folders, known);
    addNvramCopies(known);
    return m_neighbours != before;
}

// Those that a snapshot has, and those whose snapshot is gone. They look like any file: it is their names that count.
void InventoryReader::addNvramCopies(const QSet<QString> &known)
{
    QHash<QString, Nvram> all;
    const auto add = [&](const DomainDefinition &definition) {
        if (definition.nvram)
            all.insert(definition.nvram->path, *definition.nvram);
    };
    for (const Known &each : m_known) {
        for (const auto *definition : {&each.domain->definition, &each.domain->persistentDefinition}) {
            if (definition->isKnown())
                add(**definition);
        }
        for (int node = 0; each.domain->snapshots.isKnown() && node < each.domain->snapshots->size(); ++node) {
            if (const auto &definition = each.domain->snapshots->at(node).definition)
                add(*definition);
        }
    }
    QHash<QString, QStringList> files; // by folder
    for (const Nvram &nvram : std::as_const(all)) {
        const QString folder = nvram.path.left(nvram.path.lastIndexOf(u'/'));
        if (!files.contains(folder))
            files.insert(folder, m_images.filesIn(folder));
        for (const QString &path : std::as_const(files[folder])) {
            if (!known.contains(path) && !snapshotOfNvramCopy(nvram, path).isEmpty())
                m_neighbours.push_back({{SourceKind::File, path}, u"raw"_s, {}, false, true});
        }
    }
}

std::vector<ImageRequest> InventoryReader::namedImages()
{
    std::vector<ImageRequest> requests;
    for (const Known &known : m_known)
        appendNamedImages(requests, *known.domain);
    m_volumePaths.resolve(*m_hypervisor, requests);
    return requests;
}

std::shared_ptr<const Inventory> InventoryReader::assemble()
{
    auto inventory = std::make_shared<Inventory>();
    inventory->host = m_host;
    inventory->unknown = m_poolUnknowns;
    inventory->pools = m_pools;
    QHash<QString, Fact<ImageFacts>> live;
    for (const Known &known : m_known) {
        inventory->domains.push_back(known.domain);
        live.insert(known.live);
        const auto note = [&](const QString &fact, const auto &value) {
            if (value.isUnknown())
                inventory->unknown.push_back({fact, known.summary.name, value.why()});
        };
        note(u"definition"_s, known.domain->definition);
        note(u"persistent-definition"_s, known.domain->persistentDefinition);
        note(u"snapshots"_s, known.domain->snapshots);
        note(u"checkpoints"_s, known.domain->checkpoints);
        note(u"block-nodes"_s, known.liveRead);
    }

    const std::vector<ImageRequest> named = namedImages();
    std::vector<ImageRequest> requests = named;
    std::vector<ImageRequest> unnamed = m_volumes;
    unnamed.insert(unnamed.end(), m_neighbours.begin(), m_neighbours.end());
    requests.insert(requests.end(), unnamed.begin(), unnamed.end());
    std::vector<Image> images = m_images.read(requests, live);
    noteNamesOutside(images, requests, m_pools);
    // A stray that is gone is nothing; a named image that is gone is a fact.
    QSet<QString> strays;
    for (const ImageRequest &stray : unnamed)
        strays.insert(stray.location.name);
    for (const ImageRequest &request : named)
        strays.remove(request.location.name);
    for (const Image &image : images)
        strays.remove(image.backingLocation.name);
    std::erase_if(
        images, [&](const Image &image) { return image.facts.isAbsent() && strays.contains(image.location.name); });
    for (const Image &image : images) {
        if (image.facts.isUnknown())
            inventory->unknown.push_back({u"image"_s, image.location.name, image.facts.why()});
    }

    if (m_frozenFiles)
        m_frozenFiles->compare(inventory->domains, images, [this](const QString &path) { return m_images.open(path); });

    const bool same = m_inventory && m_inventory->domains == inventory->domains && m_inventory->host == inventory->host
        && m_inventory->unknown == inventory->unknown && m_inventory->pools == inventory->pools
        && m_inventory->images->images() == images;
    if (same)
        return m_inventory;
    // As of this reading: space that others take or free is no change of its own.
    inventory->fileSystems = m_images.fileSystems(foldersOf(images));
    inventory->images = std::make_shared<ImageGraph>(std::move(images));
    inventory->generation = m_inventory ? m_inventory->generation + 1 : 1;
    inventory->readAt = QDateTime::currentMSecsSinceEpoch();
    m_inventory = std::move(inventory);
    return m_inventory;
}

} // namespace treewarden
