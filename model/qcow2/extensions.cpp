// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/extensions.h"

#include "model/qcow2/bigendian.h"

using namespace Qt::StringLiterals;

namespace treewarden::qcow2 {

namespace {

enum Type : quint32 {
    End = 0,
    BackingFormat = 0xe2792aca,
    Bitmaps = 0x23852875,
    FullDiskEncryption = 0x0537be77,
    DataFileName = 0x44415441,
};

constexpr Bytes TypeAndLength = 8;
constexpr quint32 MaximumBackingFormatLength = 15;
constexpr quint32 MaximumBitmaps = 65535;
constexpr Bytes MaximumBitmapDirectorySize = KiB * MaximumBitmaps;
constexpr Bytes MinimumBitmapEntrySize = 24;

Result<BitmapsExtension> bitmapsExtension(const Window &window, const Header &header, const QByteArray &data)
{
    if (data.size() != 24)
        return malformed("bitmaps extension"_L1, u"%1 bytes"_s.arg(data.size()));
    BitmapsExtension bitmaps;
    bitmaps.count = number<quint32>(data, 0);
    bitmaps.directorySize = number<quint64>(data, 8);
    bitmaps.directoryOffset = number<quint64>(data, 16);
    if (bitmaps.count == 0 || bitmaps.count > MaximumBitmaps)
        return malformed("nb_bitmaps"_L1, QString::number(bitmaps.count));
    if (bitmaps.directorySize > MaximumBitmapDirectorySize
        || bitmaps.directorySize < bitmaps.count * MinimumBitmapEntrySize) {
        return malformed("bitmap_directory_size"_L1, QString::number(bitmaps.directorySize));
    }
    if (bitmaps.directoryOffset == 0 || !header.aligned(bitmaps.directoryOffset))
        return malformed("bitmap_directory_offset"_L1, QString::number(bitmaps.directoryOffset));
    if (const Result<> inside
        = window.contains(bitmaps.directoryOffset, bitmaps.directorySize, "bitmap_directory_offset"_L1);
        !inside) {
        return failure(inside.error());
    }
    return bitmaps;
}

Result<EncryptionHeader> encryptionHeader(const Window &window, const Header &header, const QByteArray &data)
{
    if (data.size() != 16)
        return malformed("full disk encryption extension"_L1, u"%1 bytes"_s.arg(data.size()));
    const EncryptionHeader encryption{number<quint64>(data, 0), number<quint64>(data, 8)};
    if (encryption.offset == 0 || !header.aligned(encryption.offset))
        return malformed("full disk encryption header"_L1, u"not the start of a cluster"_s);
    if (const Result<> inside = window.contains(encryption.offset, encryption.length, "full disk encryption header"_L1);
        !inside) {
        return failure(inside.error());
    }
    return encryption;
}

Result<> interpret(const Window &window, const Header &header, quint32 type, const QByteArray &data, Extensions &found)
{
    switch (type) {
    case BackingFormat:
        if (data.size() > qsizetype(MaximumBackingFormatLength))
            return malformed("backing format extension"_L1, u"%1 bytes"_s.arg(data.size()));
        found.backingFormat = text(data);
        break;
    case DataFileName:
        found.dataFile = text(data);
        break;
    case Bitmaps:
        // Without the bit the extension is left from a program that did not keep it up: QEMU sees no bitmaps then.
        if (header.bitmapsConsistent) {
            const Result<BitmapsExtension> bitmaps = bitmapsExtension(window, header, data);
            if (!bitmaps)
                return failure(bitmaps.error());
            found.bitmaps = *bitmaps;
        }
        break;
    case FullDiskEncryption: {
        const Result<EncryptionHeader> encryption = encryptionHeader(window, header, data);
        if (!encryption)
            return failure(encryption.error());
        found.encryption = *encryption;
        break;
    }
    }
    return {};
}

} // namespace

Result<Extensions> readExtensions(Window &window, const Header &header)
{
    Extensions found;
    Bytes offset = header.length;
    const Bytes end = header.backingNameOffset ? header.backingNameOffset : header.clusterSize();
    while (offset < end) {
        const Result<QByteArray> start = window.look(offset, TypeAndLength, "header extensions"_L1);
        if (!start)
            return failure(start.error());
        const quint32 type = number<quint32>(*start, 0);
        const quint32 length = number<quint32>(*start, 4);
        offset += TypeAndLength;
        if (offset > end || length > end - offset)
            return malformed("header extensions"_L1, u"%1 bytes at %2"_s.arg(length).arg(offset));
        if (type == End)
            break;
        const Result<QByteArray> data = window.look(offset, length, "header extensions"_L1);
        if (!data)
            return failure(data.error());
        if (const Result<> understood = interpret(window, header, type, *data, found); !understood)
            return failure(understood.error());
        offset += (length + 7) / 8 * Bytes(8);
    }
    return found;
}

} // namespace treewarden::qcow2
