// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/measure.h"

#include "model/qcow2/bigendian.h"
#include "model/qcow2/refcounts.h"
#include "model/qcow2/snapshottable.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace treewarden {

using namespace qcow2;

namespace {

constexpr Bytes Budget = 1 * GiB;
constexpr size_t MaximumCompressed = size_t(1) << 22;
constexpr quint64 OffsetMask = 0x00fffffffffffe00;
constexpr quint64 CompressedFlag = quint64(1) << 62;

// Host clusters that hold compressed data: many guest clusters share one, so it is free only when this tag alone makes
// up its whole refcount.
class CompressedClusters
{
public:
    // False when there are too many to keep.
    bool add(quint64 cluster)
    {
        if (!m_uses.empty() && m_uses.back().cluster == cluster) {
            ++m_uses.back().count;
            return true;
        }
        if (m_uses.size() == MaximumCompressed) {
            merge();
            if (m_uses.size() > MaximumCompressed / 2)
                return false;
        }
        m_uses.push_back({cluster, 1});
        return true;
    }
    Result<quint64> countOwn(Refcounts &refcounts)
    {
        merge();
        quint64 own = 0;
        for (const Use &use : m_uses) {
            const Result<quint64> refcount = refcounts.of(use.cluster);
            if (!refcount)
                return refcount;
            own += *refcount == use.count;
        }
        return own;
    }

private:
    struct Use
    {
        quint64 cluster;
        quint64 count;
    };
    void merge()
    {
        std::sort(m_uses.begin(), m_uses.end(), [](const Use &a, const Use &b) { return a.cluster < b.cluster; });
        size_t last = 0;
        for (size_t i = 1; i < m_uses.size(); ++i) {
            if (m_uses[i].cluster == m_uses[last].cluster)
                m_uses[last].count += m_uses[i].count;
            else
                m_uses[++last] = m_uses[i];
        }
        if (!m_uses.empty())
            m_uses.resize(last + 1);
    }

    std::vector<Use> m_uses;
};

class Walk
{
public:
    Walk(const Window &window, const Header &header, Refcounts &refcounts)
        : m_window(window)
        , m_header(header)
        , m_refcounts(refcounts)
    {
    }

    Result<Bytes> run(const TableEntry &entry)
    {
        const Result<QByteArray> l1 = readL1(entry);
        if (!l1)
            return failure(l1.error());
        const Bytes end = entry.l1Offset + Bytes(l1->size());
        for (Bytes offset = entry.l1Offset; offset < end; offset += m_header.clusterSize()) {
            if (const Result<bool> own = countIfOwn(offset, "snapshot L1 table"_L1); !own)
                return failure(own.error());
        }

        const Result<std::vector<quint64>> tables = l2Tables(*l1);
        if (!tables)
            return failure(tables.error());
        for (const quint64 offset : *tables) {
            const Result<bool> own = countIfOwn(offset, "L2 table"_L1);
            if (!own)
                return failure(own.error());
            // What a shared table refers to is referred to through the other L1 table too.
            if (!*own)
                continue;
            if (const Result<> walked = walkL2(offset); !walked)
                return failure(walked.error());
        }

        const Result<quint64> compressed = m_compressed.countOwn(m_refcounts);
        if (!compressed)
            return compressed;
        const Bytes bytes = (m_own + *compressed) * m_header.clusterSize();
        if (bytes > m_window.fileSize() + m_header.clusterSize())
            return malformed("L2 table"_L1, u"clusters are referred to more often than recorded"_s);
        return bytes;
    }

private:
    Result<QByteArray> readL1(const TableEntry &entry)
    {
        const Bytes length = Bytes(entry.l1Entries) * sizeof(quint64);
        if (length > MaximumL1Size)
            return malformed("snapshot l1_size"_L1, QString::number(entry.l1Entries));
        if (length == 0)
            return QByteArray();
        if (entry.l1Offset == 0 || !m_header.aligned(entry.l1Offset))
            return malformed("snapshot l1_table_offset"_L1, u"%1 is not the start of a cluster"_s.arg(entry.l1Offset));
        return m_refcounts.fetch(entry.l1Offset, length, "snapshot l1_table_offset"_L1);
    }

    // In the order of the file, each once: no valid image has one twice, and a forged one could be walked for ever.
    Result<std::vector<quint64>> l2Tables(const QByteArray &l1) const
    {
        std::vector<quint64> tables;
        for (qsizetype at = 0; at < l1.size(); at += sizeof(quint64)) {
            const quint64 offset = number<quint64>(l1, at) & OffsetMask;
            if (offset == 0)
                continue;
            if (!m_header.aligned(offset))
                return malformed("snapshot L1 table"_L1, u"%1 is not the start of a cluster"_s.arg(offset));
            tables.push_back(offset);
        }
        std::sort(tables.begin(), tables.end());
        const auto twice = std::adjacent_find(tables.begin(), tables.end());
        if (twice != tables.end())
            return malformed("snapshot L1 table"_L1, u"refers to %1 twice"_s.arg(*twice));
        return tables;
    }

    Result<> walkL2(quint64 offset)
    {
        const Result<QByteArray> l2 = m_refcounts.fetch(offset, m_header.clusterSize(), "L2 table"_L1);
        if (!l2)
            return failure(l2.error());
        for (qsizetype at = 0; at < l2->size(); at += sizeof(quint64)) {
            const quint64 entry = number<quint64>(*l2, at);
            if (entry & CompressedFlag) {
                if (!addCompressed(entry))
                    return unsupported("L2 table"_L1, u"too many compressed clusters"_s);
                continue;
            }
            const quint64 data = entry & OffsetMask;
            if (data == 0)
                continue;
            if (!m_header.aligned(data) || data >= m_window.fileSize())
                return malformed("L2 table"_L1, u"%1 is not a cluster of the file"_s.arg(data));
            if (const Result<bool> own = countIfOwn(data, "L2 table"_L1); !own)
                return failure(own.error());
        }
        return {};
    }

    bool addCompressed(quint64 entry)
    {
        const quint32 offsetBits = 62 - (m_header.clusterBits - 8);
        const quint64 offset = entry & ((quint64(1) << offsetBits) - 1);
        const quint64 furtherSectors = (entry & (CompressedFlag - 1)) >> offsetBits;
        const quint64 lastByte = (offset | 511) + furtherSectors * 512;
        for (quint64 cluster = offset >> m_header.clusterBits; cluster <= lastByte >> m_header.clusterBits; ++cluster) {
            if (!m_compressed.add(cluster))
                return false;
        }
        return true;
    }

    Result<bool> countIfOwn(quint64 offset, QLatin1StringView field)
    {
        const Result<quint64> refcount = m_refcounts.of(offset >> m_header.clusterBits);
        if (!refcount)
            return failure(refcount.error());
        if (*refcount == 0)
            return malformed(field, u"cluster at %1 is in use but recorded as free"_s.arg(offset));
        m_own += *refcount == 1;
        return *refcount == 1;
    }

    const Window &m_window;
    const Header &m_header;
    Refcounts &m_refcounts;
    CompressedClusters m_compressed;
    quint64 m_own = 0;
};

} // namespace

Result<Bytes> bytesOnlyIn(ByteSource &source, const QString &tagId)
{
    Result<Window> window = Window::open(source);
    if (!window)
        return failure(window.error());
    const Result<Header> header = readHeader(*window);
    if (!header)
        return failure(header.error());
    if (header->corrupt)
        return malformed("incompatible_features"_L1, u"marked corrupt"_s);
    if (header->dirty)
        return unsupported("incompatible_features"_L1, u"dirty: the refcounts are not up to date"_s);
    if (header->externalData)
        return unsupported("incompatible_features"_L1, u"external data file"_s);
    if (header->extendedL2)
        return unsupported("incompatible_features"_L1, u"extended L2 entries"_s);

    const Result<SnapshotTable> snapshots = readSnapshotTable(*window, *header);
    if (!snapshots)
        return failure(snapshots.error());
    const auto entry = std::find_if(snapshots->entries.begin(), snapshots->entries.end(),
        [&tagId](const TableEntry &candidate) { return candidate.tag.id == tagId; });
    if (entry == snapshots->entries.end())
        return failure(ErrorCode::NotFound, tagId);

    Result<Refcounts> refcounts = Refcounts::open(*window, *header, Budget);
    if (!refcounts)
        return failure(refcounts.error());
    return Walk(*window, *header, *refcounts).run(*entry);
}

} // namespace treewarden
