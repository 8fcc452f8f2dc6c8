// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/refcounts.h"

#include "model/qcow2/bigendian.h"

using namespace Qt::StringLiterals;

namespace treewarden::qcow2 {

namespace {

constexpr Bytes MaximumKept = 64 * MiB;
constexpr quint64 OffsetMask = ~quint64(0x1ff);

// Entries narrower than a byte fill it from its lowest bit; the wider ones are big-endian.
quint64 entryAt(const QByteArray &block, quint64 index, quint32 order)
{
    switch (order) {
    case 3:
        return number<quint8>(block, qsizetype(index));
    case 4:
        return number<quint16>(block, qsizetype(index) * 2);
    case 5:
        return number<quint32>(block, qsizetype(index) * 4);
    case 6:
        return number<quint64>(block, qsizetype(index) * 8);
    }
    const quint32 bits = 1u << order;
    const quint64 perByte = 8 / bits;
    const quint8 byte = number<quint8>(block, qsizetype(index / perByte));
    return (byte >> (index % perByte * bits)) & ((1u << bits) - 1);
}

} // namespace

Refcounts::Refcounts(Window &window, const Header &header, Bytes budget)
    : m_window(&window)
    , m_header(header)
    , m_budget(budget)
{
}

Result<Refcounts> Refcounts::open(Window &window, const Header &header, Bytes budget)
{
    Refcounts refcounts(window, header, budget);
    Result<QByteArray> table
        = refcounts.fetch(header.refcountTableOffset, header.refcountTableSize(), "refcount_table_offset"_L1);
    if (!table)
        return failure(table.error());
    refcounts.m_table = std::move(*table);
    return refcounts;
}

Result<QByteArray> Refcounts::fetch(Bytes offset, Bytes length, QLatin1StringView field)
{
    if (length > m_budget)
        return unsupported(field, u"too many tables to walk"_s);
    m_budget -= length;
    return m_window->fetch(offset, length, field);
}

Result<quint64> Refcounts::of(quint64 cluster)
{
    const quint64 perBlock = (m_header.clusterSize() * 8) >> m_header.refcountOrder;
    const quint64 index = cluster / perBlock;
    if (index != m_lastIndex) {
        auto known = m_blocks.constFind(index);
        if (known == m_blocks.constEnd()) {
            if (index >= quint64(m_table.size()) / sizeof(quint64))
                return 0;
            const quint64 offset = number<quint64>(m_table, qsizetype(index * sizeof(quint64))) & OffsetMask;
            if (offset == 0)
                return 0;
            if (!m_header.aligned(offset))
                return malformed("refcount table"_L1, u"entry %1 is not the start of a cluster"_s.arg(index));
            const Result<QByteArray> block = fetch(offset, m_header.clusterSize(), "refcount table"_L1);
            if (!block)
                return failure(block.error());
            if (Bytes(m_blocks.size() + 1) * m_header.clusterSize() > MaximumKept)
                m_blocks.clear();
            known = m_blocks.insert(index, *block);
        }
        m_lastIndex = index;
        m_lastBlock = *known;
    }
    return entryAt(m_lastBlock, cluster % perBlock, m_header.refcountOrder);
}

} // namespace treewarden::qcow2
