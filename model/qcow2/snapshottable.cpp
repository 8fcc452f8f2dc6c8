// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/snapshottable.h"

#include "model/qcow2/bigendian.h"

using namespace Qt::StringLiterals;

namespace treewarden::qcow2 {

namespace {

constexpr quint32 MaximumSnapshots = 65536;
constexpr Bytes MaximumTableSize = 64 * MiB;
constexpr quint32 MaximumExtraData = 1024;
constexpr Bytes FixedSize = 40;

} // namespace

Result<SnapshotTable> readSnapshotTable(Window &window, const Header &header)
{
    SnapshotTable table;
    if (header.snapshots == 0)
        return table;
    if (header.snapshots > MaximumSnapshots)
        return malformed("nb_snapshots"_L1, QString::number(header.snapshots));
    if (header.snapshotsOffset == 0 || !header.aligned(header.snapshotsOffset))
        return malformed("snapshots_offset"_L1, u"%1 is not the start of a cluster"_s.arg(header.snapshotsOffset));
    if (const Result<> inside
        = window.contains(header.snapshotsOffset, header.snapshots * FixedSize, "snapshots_offset"_L1);
        !inside) {
        return failure(inside.error());
    }

    for (quint32 index = 0; index < header.snapshots; ++index) {
        const Bytes offset = header.snapshotsOffset + (table.size + 7) / 8 * 8;
        const Result<QByteArray> fixed = window.look(offset, FixedSize, "snapshot table"_L1);
        if (!fixed)
            return failure(fixed.error());
        const quint16 idLength = number<quint16>(*fixed, 12);
        const quint16 nameLength = number<quint16>(*fixed, 14);
        const quint32 extraLength = number<quint32>(*fixed, 36);
        if (idLength > MaximumNameLength)
            return malformed("id_str_size"_L1, QString::number(idLength));
        if (nameLength > MaximumNameLength)
            return malformed("name_size"_L1, QString::number(nameLength));
        if (extraLength > MaximumExtraData)
            return malformed("extra_data_size"_L1, QString::number(extraLength));
        const Bytes variableSize = Bytes(extraLength) + idLength + nameLength;
        const Result<QByteArray> variable = window.look(offset + FixedSize, variableSize, "snapshot table"_L1);
        if (!variable)
            return failure(variable.error());

        TableEntry entry;
        entry.l1Offset = number<quint64>(*fixed, 0);
        entry.l1Entries = number<quint32>(*fixed, 8);
        entry.tag.id = text(QByteArrayView(*variable).sliced(extraLength, idLength));
        entry.tag.name = text(QByteArrayView(*variable).sliced(extraLength + idLength, nameLength));
        entry.tag.created = number<quint32>(*fixed, 16);
        entry.tag.createdNanoseconds = number<quint32>(*fixed, 20);
        entry.tag.vmClock = number<quint64>(*fixed, 24);
        entry.tag.vmStateSize = extraLength >= 8 ? number<quint64>(*variable, 0) : number<quint32>(*fixed, 32);
        if (extraLength >= 16)
            entry.tag.diskSize = number<quint64>(*variable, 8);
        table.entries.push_back(std::move(entry));

        table.size = offset + FixedSize + variableSize - header.snapshotsOffset;
        if (table.size > MaximumTableSize)
            return malformed("snapshot table"_L1, u"more than %1 bytes"_s.arg(MaximumTableSize));
    }
    return table;
}

} // namespace treewarden::qcow2
