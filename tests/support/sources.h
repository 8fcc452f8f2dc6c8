// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytesource.h"

#include <QFile>

namespace treewarden {

// Bytes in memory; counts how often it was asked.
class BufferSource : public ByteSource
{
public:
    explicit BufferSource(QByteArray bytes)
        : m_bytes(std::move(bytes))
    {
    }
    Result<Bytes> size() override { return Bytes(m_bytes.size()); }
    Result<QByteArray> read(Bytes offset, Bytes length) override
    {
        ++reads;
        if (offset >= Bytes(m_bytes.size()))
            return QByteArray();
        return m_bytes.mid(qsizetype(offset), qsizetype(std::min(length, Bytes(m_bytes.size()) - offset)));
    }

    int reads = 0;

private:
    QByteArray m_bytes;
};

// A file of this computer.
class FileSource : public ByteSource
{
public:
    explicit FileSource(const QString &path)
        : m_file(path)
    {
        [[maybe_unused]] const bool opened = m_file.open(QIODevice::ReadOnly | QIODevice::Unbuffered);
    }
    Result<Bytes> size() override { return m_file.isOpen() ? Result<Bytes>(Bytes(m_file.size())) : unopened(); }
    Result<QByteArray> read(Bytes offset, Bytes length) override
    {
        if (!m_file.isOpen())
            return unopened();
        m_file.seek(qint64(offset));
        return m_file.read(qint64(length));
    }

private:
    tl::unexpected<Error> unopened() const
    {
        return failure(ErrorCode::NotFound, m_file.fileName(), m_file.errorString());
    }
    QFile m_file;
};

inline void writeFile(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(path));
}

} // namespace treewarden
