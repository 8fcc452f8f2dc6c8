// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/fingerprint.h"

#include "model/qcow2/bigendian.h"
#include "model/qcow2/header.h"

#include <QCryptographicHash>

#include <algorithm>
#include <vector>

using namespace Qt::StringLiterals;

namespace treewarden {

using namespace qcow2;

namespace {

constexpr int Samples = 64;
constexpr Bytes SampleSize = 64 * KiB;
constexpr Bytes SliceSize = 4 * KiB; // of an L2 table
constexpr quint64 CopiedFlag = quint64(1) << 63; // whether the refcount is one: a tag that goes sets it
constexpr quint64 CompressedFlag = quint64(1) << 62;
constexpr quint64 OffsetMask = 0x00fffffffffffe00;

void addNumber(QCryptographicHash &hash, quint64 value)
{
    char bytes[sizeof value];
    qToBigEndian(value, bytes);
    hash.addData(QByteArrayView(bytes, sizeof bytes));
}

class Qcow2Print
{
public:
    Qcow2Print(ByteSource &source, Window &window, const Header &header)
        : m_source(source)
        , m_window(window)
        , m_header(header)
    {
    }

    Result<Fingerprint> take()
    {
        const Result<QByteArray> refcounts
            = m_window.fetch(m_header.refcountTableOffset, m_header.refcountTableSize(), "refcount_table_offset"_L1);
        if (!refcounts)
            return failure(refcounts.error());

        for (const quint64 value : {quint64(m_header.version), quint64(m_header.clusterBits), m_header.virtualSize,
                 quint64(m_header.encryption), quint64(m_header.l1Entries)})
            addNumber(m_hash, value);
        if (m_header.backingNameOffset) {
            const Result<QByteArray> name
                = m_window.look(m_header.backingNameOffset, m_header.backingNameLength, "backing_file_offset"_L1);
            if (!name)
                return failure(name.error());
            m_hash.addData(*name);
        }
        const Result<QByteArray> l1
            = m_window.fetch(m_header.l1Offset, Bytes(m_header.l1Entries) * 8, "l1_table_offset"_L1);
        if (!l1)
            return failure(l1.error());
        std::vector<quint64> tables;
        for (quint32 i = 0; i < m_header.l1Entries; ++i) {
            const quint64 entry = number<quint64>(*l1, qsizetype(i) * 8) & ~CopiedFlag;
            addNumber(m_hash, entry);
            if (entry & OffsetMask)
                tables.push_back(entry & OffsetMask);
        }
        for (int i = 0; i < Samples && !tables.empty(); ++i) {
            const auto sampled = sample(tables[tables.size() * size_t(i) / Samples], quint64(i));
            if (!sampled)
                return failure(sampled.error());
        }
        return Fingerprint{m_hash.result(), QCryptographicHash::hash(*refcounts, QCryptographicHash::Sha256)};
    }

private:
    Result<> sample(quint64 table, quint64 i)
    {
        const Bytes slice = std::min(SliceSize, m_header.clusterSize());
        // Spread over the table: a multiplier without a factor in common with any number of slices.
        const quint64 place = (i * 40503) % (m_header.clusterSize() / slice);
        const Result<QByteArray> entries = m_window.fetch(table + place * slice, slice, "l2_table"_L1);
        if (!entries)
            return failure(entries.error());
        const qsizetype step = m_header.extendedL2 ? 16 : 8;
        quint64 data = 0;
        for (qsizetype at = 0; at < entries->size(); at += step) {
            const quint64 entry = number<quint64>(*entries, at) & ~CopiedFlag;
            addNumber(m_hash, entry);
            if (step == 16)
                addNumber(m_hash, number<quint64>(*entries, at + 8));
            if (!data && !(entry & CompressedFlag) && !m_header.externalData)
                data = entry & OffsetMask;
        }
        if (!data)
            return {};
        const Result<QByteArray> bytes = m_source.read(data, std::min(m_header.clusterSize(), SampleSize));
        if (!bytes)
            return failure(bytes.error());
        m_hash.addData(*bytes);
        return {};
    }

    ByteSource &m_source;
    Window &m_window;
    const Header &m_header;
    QCryptographicHash m_hash{QCryptographicHash::Sha256};
};

Result<Fingerprint> ofQcow2(ByteSource &source)
{
    Result<Window> window = Window::open(source);
    if (!window)
        return failure(window.error());
    const Result<Header> header = readHeader(*window);
    if (!header)
        return failure(header.error());
    return Qcow2Print(source, *window, *header).take();
}

Result<Fingerprint> ofRaw(ByteSource &source)
{
    const Result<Bytes> size = source.size();
    if (!size)
        return failure(size.error());
    QCryptographicHash contents(QCryptographicHash::Sha256);
    addNumber(contents, *size);
    for (Bytes i = 0; i < Samples; ++i) {
        const Result<QByteArray> bytes = source.read(*size / Samples * i, SampleSize);
        if (!bytes)
            return failure(bytes.error());
        contents.addData(*bytes);
    }
    return Fingerprint{contents.result(), QCryptographicHash::hash({}, QCryptographicHash::Sha256)};
}

} // namespace

Result<Fingerprint> fingerprintOf(ByteSource &source, const QString &format)
{
    if (format == "qcow2"_L1)
        return ofQcow2(source);
    if (format == "raw"_L1)
        return ofRaw(source);
    return failure(ErrorCode::Unsupported, {}, format);
}

} // namespace treewarden
