// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/header.h"

#include "model/qcow2/bigendian.h"

using namespace Qt::StringLiterals;

namespace treewarden::qcow2 {

namespace {

constexpr quint32 Magic = 0x514649fb; // "QFI\xfb"
constexpr Bytes Version2Length = 72;
constexpr Bytes Version3Length = 104;

enum Incompatible : quint64 {
    Dirty = 1 << 0,
    Corrupt = 1 << 1,
    ExternalData = 1 << 2,
    CompressionType = 1 << 3,
    ExtendedL2 = 1 << 4,
    AllKnown = Dirty | Corrupt | ExternalData | CompressionType | ExtendedL2,
};
constexpr quint64 AutoclearBitmaps = 1 << 0;

QString hex(quint64 value)
{
    return u"0x"_s + QString::number(value, 16);
}

Result<> readVersion3(Window &window, Header &header)
{
    const Result<QByteArray> bytes = window.look(0, Version3Length, "header_length"_L1);
    if (!bytes)
        return failure(bytes.error());
    const quint64 incompatible = number<quint64>(*bytes, 72);
    if (incompatible & ~quint64(AllKnown))
        return unsupported("incompatible_features"_L1, hex(incompatible & ~quint64(AllKnown)));
    header.dirty = incompatible & Dirty;
    header.corrupt = incompatible & Corrupt;
    header.externalData = incompatible & ExternalData;
    header.extendedL2 = incompatible & ExtendedL2;
    header.bitmapsConsistent = number<quint64>(*bytes, 88) & AutoclearBitmaps;
    header.refcountOrder = number<quint32>(*bytes, 96);
    header.length = number<quint32>(*bytes, 100);
    if (header.refcountOrder > 6)
        return malformed("refcount_order"_L1, QString::number(header.refcountOrder));
    if (header.length < Version3Length || header.length > header.clusterSize())
        return malformed("header_length"_L1, QString::number(header.length));
    if (header.extendedL2 && header.clusterBits < 14)
        return malformed("cluster_bits"_L1, u"%1 with extended L2 entries"_s.arg(header.clusterBits));

    quint8 compression = 0;
    if (header.length > Version3Length) {
        const Result<QByteArray> field = window.look(Version3Length, 1, "compression_type"_L1);
        if (!field)
            return failure(field.error());
        compression = number<quint8>(*field, 0);
    }
    if (compression > 1) // 0 zlib, 1 zstd
        return unsupported("compression_type"_L1, QString::number(compression));
    if ((compression != 0) != bool(incompatible & CompressionType))
        return malformed("compression_type"_L1, u"%1 contradicts incompatible_features"_s.arg(compression));
    return {};
}

Result<> checkTable(const Window &window, const Header &header, quint64 offset, Bytes length, QLatin1StringView field)
{
    if (offset == 0 || !header.aligned(offset))
        return malformed(field, u"%1 is not the start of a cluster"_s.arg(hex(offset)));
    return window.contains(offset, length, field);
}

Result<> checkL1(const Window &window, const Header &header)
{
    const Bytes length = Bytes(header.l1Entries) * sizeof(quint64);
    if (length > MaximumL1Size)
        return malformed("l1_size"_L1, QString::number(header.l1Entries));
    const quint32 l2Bits = header.clusterBits - (header.extendedL2 ? 4 : 3);
    const Bytes covered = Bytes(1) << (header.clusterBits + l2Bits);
    const Bytes needed = header.virtualSize / covered + (header.virtualSize % covered != 0);
    if (needed > header.l1Entries) {
        return malformed(
            "l1_size"_L1, u"%1 entries cannot hold a disk of %2 bytes"_s.arg(header.l1Entries).arg(header.virtualSize));
    }
    return header.l1Entries == 0 ? Result<>()
                                 : checkTable(window, header, header.l1Offset, length, "l1_table_offset"_L1);
}

Result<> checkTables(const Window &window, const Header &header)
{
    if (header.refcountTableClusters == 0 || header.refcountTableSize() > MaximumRefcountTableSize)
        return malformed("refcount_table_clusters"_L1, QString::number(header.refcountTableClusters));
    if (const Result<> refcounts = checkTable(
            window, header, header.refcountTableOffset, header.refcountTableSize(), "refcount_table_offset"_L1);
        !refcounts) {
        return refcounts;
    }
    return checkL1(window, header);
}

Result<> checkBackingName(const Header &header)
{
    if (header.backingNameOffset == 0)
        return {};
    if (header.backingNameOffset < header.length || header.backingNameOffset > header.clusterSize())
        return malformed("backing_file_offset"_L1, hex(header.backingNameOffset));
    if (header.backingNameLength > MaximumNameLength
        || header.backingNameLength > header.clusterSize() - header.backingNameOffset) {
        return malformed("backing_file_size"_L1, QString::number(header.backingNameLength));
    }
    return {};
}

} // namespace

Result<Header> readHeader(Window &window)
{
    const Result<QByteArray> bytes = window.look(0, Version2Length, "header"_L1);
    if (!bytes)
        return failure(bytes.error());
    if (number<quint32>(*bytes, 0) != Magic)
        return malformed("magic"_L1, hex(number<quint32>(*bytes, 0)));

    Header header;
    header.version = number<quint32>(*bytes, 4);
    header.backingNameOffset = number<quint64>(*bytes, 8);
    header.backingNameLength = number<quint32>(*bytes, 16);
    header.clusterBits = number<quint32>(*bytes, 20);
    header.virtualSize = number<quint64>(*bytes, 24);
    header.encryption = number<quint32>(*bytes, 32);
    header.l1Entries = number<quint32>(*bytes, 36);
    header.l1Offset = number<quint64>(*bytes, 40);
    header.refcountTableOffset = number<quint64>(*bytes, 48);
    header.refcountTableClusters = number<quint32>(*bytes, 56);
    header.snapshots = number<quint32>(*bytes, 60);
    header.snapshotsOffset = number<quint64>(*bytes, 64);
    header.length = quint32(Version2Length);

    if (header.version != 2 && header.version != 3)
        return unsupported("version"_L1, QString::number(header.version));
    if (header.clusterBits < 9 || header.clusterBits > 21)
        return malformed("cluster_bits"_L1, QString::number(header.clusterBits));
    if (header.encryption > 2)
        return unsupported("crypt_method"_L1, QString::number(header.encryption));
    if (header.version == 3) {
        if (const Result<> rest = readVersion3(window, header); !rest)
            return failure(rest.error());
    }
    if (const Result<> backing = checkBackingName(header); !backing)
        return failure(backing.error());
    if (const Result<> tables = checkTables(window, header); !tables)
        return failure(tables.error());
    return header;
}

} // namespace treewarden::qcow2
