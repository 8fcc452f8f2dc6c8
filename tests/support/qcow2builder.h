// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QtEndian>

#include <vector>

namespace treewarden {

template <typename T>
void put(QByteArray &bytes, qsizetype offset, T value)
{
    if (bytes.size() < offset + qsizetype(sizeof(T)))
        bytes.resize(offset + qsizetype(sizeof(T)), '\0');
    qToBigEndian(value, bytes.data() + offset);
}

// Writes a qcow2 image into memory, as valid as its fields say. Everything has its own place, counted in clusters, so
// that a test can bend one field or overwrite one byte and knows what it hits.
struct Qcow2Builder
{
    enum Place {
        RefcountTable = 1,
        RefcountBlock = 2,
        ActiveL1 = 3,
        SnapshotTable = 4,
        BitmapDirectory = 8,
        BitmapTable = 10,
        TagL1 = 11,
        TagL2 = 12,
        Data = 13,
        End = 20,
    };
    struct Entry // of the snapshot table
    {
        QByteArray id;
        QByteArray name;
        quint32 vmStateSize = 0;
        QByteArray extra;
        quint64 l1Offset = 0;
        quint32 l1Size = 0;
    };
    struct DirectoryEntry // of the bitmap directory
    {
        QByteArray name;
        quint32 flags = 0;
        quint8 granularityBits = 16;
        quint8 type = 1;
    };
    struct Extension
    {
        quint32 type;
        QByteArray data;
    };

    quint32 version = 3;
    quint32 clusterBits = 9;
    quint64 virtualSize = 1024 * 1024;
    quint32 encryption = 0;
    quint32 l1Size = 32;
    quint64 incompatible = 0;
    quint64 autoclear = 0;
    quint32 refcountOrder = 4;
    quint32 headerLength = 112;
    quint8 compression = 0;
    QByteArray backingName;
    std::vector<Extension> extensions;
    std::vector<Entry> tags;
    std::vector<DirectoryEntry> bitmaps;
    std::vector<quint64> tagL1; // entries of the first tag's L1 table, at TagL1
    std::vector<quint64> tagL2; // entries of the L2 table at TagL2
    std::vector<quint64> refcounts = std::vector<quint64>(End, 1); // of the clusters from 0

    quint64 at(int place) const { return quint64(place) << clusterBits; }

    QByteArray build() const
    {
        QByteArray image(qsizetype(at(End)), '\0');
        writeHeader(image);
        writeSnapshots(image);
        writeBitmaps(image);
        put<quint64>(image, qsizetype(at(RefcountTable)), at(RefcountBlock));
        for (size_t cluster = 0; cluster < refcounts.size(); ++cluster)
            writeRefcount(image, cluster, refcounts[cluster]);
        for (size_t i = 0; i < tagL1.size(); ++i)
            put<quint64>(image, qsizetype(at(TagL1) + 8 * i), tagL1[i]);
        for (size_t i = 0; i < tagL2.size(); ++i)
            put<quint64>(image, qsizetype(at(TagL2) + 8 * i), tagL2[i]);
        return image;
    }

private:
    void writeHeader(QByteArray &image) const
    {
        put<quint32>(image, 0, 0x514649fb);
        put<quint32>(image, 4, version);
        put<quint32>(image, 20, clusterBits);
        put<quint64>(image, 24, virtualSize);
        put<quint32>(image, 32, encryption);
        put<quint32>(image, 36, l1Size);
        put<quint64>(image, 40, at(ActiveL1));
        put<quint64>(image, 48, at(RefcountTable));
        put<quint32>(image, 56, 1);
        put<quint32>(image, 60, quint32(tags.size()));
        put<quint64>(image, 64, tags.empty() ? 0 : at(SnapshotTable));
        qsizetype offset = 72;
        if (version >= 3) {
            put<quint64>(image, 72, incompatible);
            put<quint64>(image, 88, autoclear);
            put<quint32>(image, 96, refcountOrder);
            put<quint32>(image, 100, headerLength);
            if (headerLength > 104)
                put<quint8>(image, 104, compression);
            offset = headerLength;
        }
        for (const Extension &extension : extensions) {
            put<quint32>(image, offset, extension.type);
            put<quint32>(image, offset + 4, quint32(extension.data.size()));
            image.replace(offset + 8, extension.data.size(), extension.data);
            offset += 8 + (extension.data.size() + 7) / 8 * 8;
        }
        if (!bitmaps.empty()) {
            put<quint32>(image, offset, 0x23852875);
            put<quint32>(image, offset + 4, 24);
            put<quint32>(image, offset + 8, quint32(bitmaps.size()));
            put<quint64>(image, offset + 16, quint64(directory().size()));
            put<quint64>(image, offset + 24, at(BitmapDirectory));
            offset += 32;
        }
        if (!backingName.isEmpty()) {
            put<quint64>(image, 8, quint64(offset + 8));
            put<quint32>(image, 16, quint32(backingName.size()));
            image.replace(offset + 8, backingName.size(), backingName);
        }
    }
    void writeSnapshots(QByteArray &image) const
    {
        QByteArray table;
        for (const Entry &tag : tags) {
            const qsizetype start = (table.size() + 7) / 8 * 8;
            put<quint64>(table, start, tag.l1Offset ? tag.l1Offset : at(TagL1));
            put<quint32>(table, start + 8, tag.l1Size ? tag.l1Size : l1Size);
            put<quint16>(table, start + 12, quint16(tag.id.size()));
            put<quint16>(table, start + 14, quint16(tag.name.size()));
            put<quint32>(table, start + 16, 1700000000);
            put<quint32>(table, start + 20, 123456789);
            put<quint64>(table, start + 24, 5000000007);
            put<quint32>(table, start + 32, tag.vmStateSize);
            put<quint32>(table, start + 36, quint32(tag.extra.size()));
            table += tag.extra + tag.id + tag.name;
        }
        image.replace(qsizetype(at(SnapshotTable)), table.size(), table);
    }
    QByteArray directory() const
    {
        QByteArray bytes;
        for (const DirectoryEntry &bitmap : bitmaps) {
            const qsizetype start = bytes.size();
            put<quint64>(bytes, start, at(BitmapTable));
            put<quint32>(bytes, start + 8, 1);
            put<quint32>(bytes, start + 12, bitmap.flags);
            put<quint8>(bytes, start + 16, bitmap.type);
            put<quint8>(bytes, start + 17, bitmap.granularityBits);
            put<quint16>(bytes, start + 18, quint16(bitmap.name.size()));
            put<quint32>(bytes, start + 20, 0);
            bytes += bitmap.name;
            bytes.append((8 - bytes.size() % 8) % 8, '\0');
        }
        return bytes;
    }
    void writeBitmaps(QByteArray &image) const
    {
        const QByteArray bytes = directory();
        image.replace(qsizetype(at(BitmapDirectory)), bytes.size(), bytes);
    }
    void writeRefcount(QByteArray &image, size_t cluster, quint64 count) const
    {
        const qsizetype block = qsizetype(at(RefcountBlock));
        const quint32 bits = 1u << (version >= 3 ? refcountOrder : 4);
        if (bits < 8) {
            const qsizetype byte = block + qsizetype(cluster * bits / 8);
            image[byte] = char(quint8(image[byte]) | (count << (cluster * bits % 8)));
            return;
        }
        for (quint32 byte = 0; byte < bits / 8; ++byte)
            image[block + qsizetype((cluster + 1) * (bits / 8) - 1 - byte)] = char(count >> (8 * byte));
    }
};

} // namespace treewarden
