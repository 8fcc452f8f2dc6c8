// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/qcow2/metadata.h"
#include "tests/support/qcow2builder.h"
#include "tests/support/sources.h"

#include <QMetaType>

#include <functional>

// What the tests of the qcow2 reader share: images to bend, and sources to read them from.

namespace treewarden {

using Bend = std::function<void(Qcow2Builder &)>; // of the image's fields

inline constexpr quint32 BackingFormat = 0xe2792aca;
inline constexpr quint32 DataFileName = 0x44415441;
inline constexpr quint32 FullDiskEncryption = 0x0537be77;

inline Qcow2Builder::Entry tag(const QByteArray &id, const QByteArray &name)
{
    Qcow2Builder::Entry entry;
    entry.id = id;
    entry.name = name;
    return entry;
}

inline QByteArray extra(quint64 vmState, quint64 diskSize)
{
    QByteArray bytes;
    put<quint64>(bytes, 0, vmState);
    put<quint64>(bytes, 8, diskSize);
    return bytes;
}

// An image with one of each.
inline Qcow2Builder full()
{
    Qcow2Builder builder;
    builder.backingName = "base.img";
    builder.extensions = {{BackingFormat, "raw"}, {0x12345678, "unknown"}};
    builder.tags = {tag("1", "one"), tag("2", "two")};
    builder.tags[1].extra = extra(quint64(5) << 32, 2 * MiB);
    builder.bitmaps = {{"b1", 2, 16, 1}, {"b2", 1, 9, 1}};
    builder.autoclear = 1;
    return builder;
}

inline Result<ImageFacts> read(const QByteArray &image)
{
    BufferSource source(image);
    return readMetadata(source);
}

inline const char *remark(const Error &error)
{
    static QByteArray text;
    text = error.detail.toUtf8();
    return text.constData();
}

// A file whose holes would fill any memory.
class HugeSource : public ByteSource
{
public:
    explicit HugeSource(QByteArray head)
        : m_head(std::move(head))
    {
    }
    Result<Bytes> size() override { return Bytes(1) << 62; }
    Result<QByteArray> read(Bytes offset, Bytes length) override
    {
        largest = std::max(largest, length);
        total += length;
        QByteArray bytes
            = offset < Bytes(m_head.size()) ? m_head.mid(qsizetype(offset), qsizetype(length)) : QByteArray();
        bytes.resize(qsizetype(length), '\0');
        return bytes;
    }
    Bytes largest = 0;
    Bytes total = 0;

private:
    QByteArray m_head;
};

} // namespace treewarden

Q_DECLARE_METATYPE(treewarden::Bend)
Q_DECLARE_METATYPE(treewarden::ErrorCode)
