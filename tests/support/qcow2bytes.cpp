// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fakehypervisor.h"

#include <QtEndian>

namespace treewarden {

namespace {

constexpr int ClusterBits = 16;
constexpr quint64 Cluster = 1 << ClusterBits;

template <typename T>
void append(QByteArray &bytes, T value)
{
    const T big = qToBigEndian(value);
    bytes.append(reinterpret_cast<const char *>(&big), sizeof big);
}

void pad(QByteArray &bytes, qsizetype unit)
{
    bytes.append((unit - bytes.size() % unit) % unit, '\0');
}

QByteArray snapshotTable(const std::vector<Tag> &tags, quint64 l1Offset, quint32 l1Size, Bytes virtualSize)
{
    QByteArray table;
    for (const Tag &tag : tags) {
        const QByteArray id = tag.id.toUtf8();
        const QByteArray name = tag.name.toUtf8();
        append<quint64>(table, l1Offset);
        append<quint32>(table, l1Size);
        append<quint16>(table, quint16(id.size()));
        append<quint16>(table, quint16(name.size()));
        append<quint32>(table, quint32(tag.created));
        append<quint32>(table, tag.createdNanoseconds);
        append<quint64>(table, tag.vmClock);
        append<quint32>(table, quint32(tag.vmStateSize));
        append<quint32>(table, 16); // extra data: 64-bit saved memory size, virtual size
        append<quint64>(table, tag.vmStateSize);
        append<quint64>(table, tag.diskSize.isKnown() ? *tag.diskSize : virtualSize);
        table += id + name;
        pad(table, 8);
    }
    return table;
}

} // namespace

// Clusters: 0 header, 1 refcount table, 2 refcount block, 3 L1 table (shared by the tags), 4 snapshot table.
QByteArray qcow2Bytes(const Qcow2Recipe &recipe)
{
    const QByteArray backing = recipe.backing.toUtf8();
    const QByteArray backingFormat = recipe.backingFormat.toUtf8();
    QByteArray extensions;
    if (!backingFormat.isEmpty()) {
        append<quint32>(extensions, 0xe2792aca);
        append<quint32>(extensions, quint32(backingFormat.size()));
        extensions += backingFormat;
        pad(extensions, 8);
    }
    append<quint64>(extensions, 0);

    constexpr quint32 headerLength = 104;
    constexpr Bytes perL1Entry = Cluster / 8 * Cluster;
    const auto l1Size = quint32((recipe.virtualSize + perL1Entry - 1) / perL1Entry);
    const QByteArray table = snapshotTable(recipe.tags, 3 * Cluster, l1Size, recipe.virtualSize);

    QByteArray bytes;
    bytes += "QFI\xfb";
    append<quint32>(bytes, 3);
    append<quint64>(bytes, backing.isEmpty() ? 0 : headerLength + quint64(extensions.size()));
    append<quint32>(bytes, quint32(backing.size()));
    append<quint32>(bytes, ClusterBits);
    append<quint64>(bytes, recipe.virtualSize);
    append<quint32>(bytes, 0); // not encrypted
    append<quint32>(bytes, l1Size);
    append<quint64>(bytes, 3 * Cluster);
    append<quint64>(bytes, Cluster); // refcount table
    append<quint32>(bytes, 1);
    append<quint32>(bytes, quint32(recipe.tags.size()));
    append<quint64>(bytes, recipe.tags.empty() ? 0 : 4 * Cluster);
    append<quint64>(bytes, 0); // incompatible,
    append<quint64>(bytes, 0); // compatible
    append<quint64>(bytes, 0); // and autoclear features
    append<quint32>(bytes, 4); // 16-bit refcounts
    append<quint32>(bytes, headerLength);
    bytes += extensions + backing;
    bytes.append(qsizetype(4 * Cluster) - bytes.size(), '\0');
    bytes += table;
    pad(bytes, qsizetype(Cluster));
    // The refcount table points at its block.
    qToBigEndian<quint64>(2 * Cluster, bytes.data() + Cluster);
    return bytes;
}

} // namespace treewarden
