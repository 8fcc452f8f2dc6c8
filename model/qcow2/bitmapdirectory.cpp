// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/bitmapdirectory.h"

#include "model/qcow2/bigendian.h"

using namespace Qt::StringLiterals;

namespace treewarden::qcow2 {

namespace {

constexpr Bytes FixedSize = 24;
constexpr quint32 MaximumTableEntries = 0x8000000;
constexpr quint8 DirtyTracking = 1;

enum Flag : quint32 { InUse = 1 << 0, Auto = 1 << 1 };

} // namespace

Result<std::vector<Bitmap>> readBitmapDirectory(Window &window, const Header &header, const BitmapsExtension &extension)
{
    std::vector<Bitmap> bitmaps;
    Bytes offset = extension.directoryOffset;
    const Bytes end = offset + extension.directorySize;
    while (offset < end) {
        if (bitmaps.size() == extension.count || end - offset < FixedSize)
            return malformed("bitmap_directory_size"_L1, u"does not fit nb_bitmaps"_s);
        const Result<QByteArray> fixed = window.look(offset, FixedSize, "bitmap directory"_L1);
        if (!fixed)
            return failure(fixed.error());
        const quint64 tableOffset = number<quint64>(*fixed, 0);
        const quint32 tableEntries = number<quint32>(*fixed, 8);
        const quint32 flags = number<quint32>(*fixed, 12);
        const quint8 type = number<quint8>(*fixed, 16);
        const quint8 granularityBits = number<quint8>(*fixed, 17);
        const quint16 nameLength = number<quint16>(*fixed, 18);
        if (type != DirtyTracking)
            return unsupported("bitmap type"_L1, QString::number(type));
        if (flags & ~quint32(InUse | Auto))
            return unsupported("bitmap flags"_L1, QString::number(flags));
        if (number<quint32>(*fixed, 20) != 0)
            return unsupported("bitmap extra_data_size"_L1, QString::number(number<quint32>(*fixed, 20)));
        if (granularityBits < 9 || granularityBits > 31)
            return malformed("granularity_bits"_L1, QString::number(granularityBits));
        if (tableEntries == 0 || tableEntries > MaximumTableEntries)
            return malformed("bitmap_table_size"_L1, QString::number(tableEntries));
        if (tableOffset == 0 || !header.aligned(tableOffset))
            return malformed("bitmap_table_offset"_L1, u"%1 is not the start of a cluster"_s.arg(tableOffset));
        if (const Result<> inside
            = window.contains(tableOffset, Bytes(tableEntries) * sizeof(quint64), "bitmap_table_offset"_L1);
            !inside) {
            return failure(inside.error());
        }
        const Bytes entrySize = (FixedSize + nameLength + 7) / 8 * 8;
        if (nameLength > MaximumNameLength || entrySize > end - offset)
            return malformed("bitmap name_size"_L1, QString::number(nameLength));
        const Result<QByteArray> name = window.look(offset + FixedSize, nameLength, "bitmap directory"_L1);
        if (!name)
            return failure(name.error());

        Bitmap bitmap;
        bitmap.name = text(*name);
        bitmap.granularity = Bytes(1) << granularityBits;
        bitmap.recording = flags & Auto;
        bitmap.inUse = flags & InUse;
        bitmaps.push_back(std::move(bitmap));
        offset += entrySize;
    }
    if (bitmaps.size() != extension.count)
        return malformed("nb_bitmaps"_L1, u"%1, but the directory holds %2"_s.arg(extension.count).arg(bitmaps.size()));
    return bitmaps;
}

} // namespace treewarden::qcow2
