// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/metadata.h"

#include "model/qcow2/bigendian.h"
#include "model/qcow2/bitmapdirectory.h"
#include "model/qcow2/layout.h"
#include "model/qcow2/snapshottable.h"

using namespace Qt::StringLiterals;

namespace treewarden {

using namespace qcow2;

namespace {

Result<> checkLayout(const Header &header, const Extensions &extensions, const SnapshotTable &snapshots)
{
    Layout layout;
    layout.take(0, header.clusterSize(), "header"_L1);
    layout.take(header.refcountTableOffset, header.refcountTableSize(), "refcount_table_offset"_L1);
    layout.take(header.l1Offset, Bytes(header.l1Entries) * sizeof(quint64), "l1_table_offset"_L1);
    layout.take(header.snapshotsOffset, snapshots.size, "snapshots_offset"_L1);
    if (const auto &bitmaps = extensions.bitmaps)
        layout.take(bitmaps->directoryOffset, bitmaps->directorySize, "bitmap_directory_offset"_L1);
    if (const auto &encryption = extensions.encryption)
        layout.take(encryption->offset, encryption->length, "full disk encryption header"_L1);
    return layout.check();
}

} // namespace

Result<ImageFacts> readMetadata(ByteSource &source)
{
    Result<Window> window = Window::open(source);
    if (!window)
        return failure(window.error());
    const Result<Header> header = readHeader(*window);
    if (!header)
        return failure(header.error());
    const Result<Extensions> extensions = readExtensions(*window, *header);
    if (!extensions)
        return failure(extensions.error());

    ImageFacts facts;
    facts.format = u"qcow2"_s;
    facts.virtualSize = header->virtualSize;
    facts.formatVersion = int(header->version);
    facts.clusterSize = header->clusterSize();
    facts.hasDataFile = header->externalData;
    facts.dirty = header->dirty;
    facts.corrupt = header->corrupt;
    facts.encrypted = header->encryption != 0;
    if (header->externalData)
        facts.dataFile = extensions->dataFile;
    if (header->backingNameOffset != 0) {
        const Result<QByteArray> name
            = window->look(header->backingNameOffset, header->backingNameLength, "backing_file_offset"_L1);
        if (!name)
            return failure(name.error());
        facts.backingName = text(*name);
        facts.backingFormat = extensions->backingFormat;
    }

    Result<SnapshotTable> snapshots = readSnapshotTable(*window, *header);
    if (!snapshots)
        return failure(snapshots.error());
    for (TableEntry &entry : snapshots->entries)
        facts.tags.push_back(std::move(entry.tag));

    if (const Result<> layout = checkLayout(*header, *extensions, *snapshots); !layout)
        return failure(layout.error());

    if (extensions->bitmaps) {
        Result<std::vector<Bitmap>> bitmaps = readBitmapDirectory(*window, *header, *extensions->bitmaps);
        if (!bitmaps)
            return failure(bitmaps.error());
        facts.bitmaps = std::move(*bitmaps);
    }
    return facts;
}

} // namespace treewarden
