// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/window.h"

#include "model/qcow2/bigendian.h"

namespace treewarden::qcow2 {

namespace {

bool covers(Bytes start, const QByteArray &bytes, Bytes offset, Bytes length)
{
    const Bytes held = Bytes(bytes.size());
    return offset >= start && offset - start <= held && length <= held - (offset - start);
}

} // namespace

Window::Window(ByteSource &source, Bytes fileSize)
    : m_source(&source)
    , m_fileSize(fileSize)
{
}

Result<Window> Window::open(ByteSource &source)
{
    const Result<Bytes> size = source.size();
    if (!size)
        return failure(size.error());
    Window window(source, *size);
    Result<QByteArray> head = window.fetch(0, std::min(*size, Span), QLatin1StringView("header"));
    if (!head)
        return failure(head.error());
    window.m_head = std::move(*head);
    return window;
}

Result<> Window::contains(Bytes offset, Bytes length, QLatin1StringView field) const
{
    if (offset > m_fileSize || length > m_fileSize - offset) {
        return malformed(field,
            QStringLiteral("%1 bytes at %2 reach past the end of the file at %3")
                .arg(QString::number(length), QString::number(offset), QString::number(m_fileSize)));
    }
    return {};
}

Result<QByteArray> Window::look(Bytes offset, Bytes length, QLatin1StringView field)
{
    if (covers(0, m_head, offset, length))
        return m_head.mid(qsizetype(offset), qsizetype(length));
    if (!covers(m_aheadOffset, m_ahead, offset, length)) {
        if (const Result<> inside = contains(offset, length, field); !inside)
            return failure(inside.error());
        Result<QByteArray> ahead = fetch(offset, std::max(length, std::min(Span, m_fileSize - offset)), field);
        if (!ahead)
            return ahead;
        m_ahead = std::move(*ahead);
        m_aheadOffset = offset;
    }
    return m_ahead.mid(qsizetype(offset - m_aheadOffset), qsizetype(length));
}

Result<QByteArray> Window::fetch(Bytes offset, Bytes length, QLatin1StringView field)
{
    if (const Result<> inside = contains(offset, length, field); !inside)
        return failure(inside.error());
    // Nothing is never asked for: to virStorageVolDownload a length of 0 means everything.
    if (length == 0)
        return QByteArray();
    Result<QByteArray> bytes = m_source->read(offset, length);
    // The file may have shrunk since its size was asked for.
    if (bytes && Bytes(bytes->size()) != length)
        return malformed(field, QStringLiteral("%1 of %2 bytes could be read").arg(bytes->size()).arg(length));
    return bytes;
}

} // namespace treewarden::qcow2
