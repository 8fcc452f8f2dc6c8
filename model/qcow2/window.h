// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytesource.h"

#include <QLatin1StringView>

namespace treewarden::qcow2 {

// Turns the many small looks that parsing takes into few reads: a read may be a round trip to another host.
class Window
{
public:
    static constexpr Bytes Span = 64 * KiB;

    // Reads the beginning, which holds the header and most often all of its extensions.
    static Result<Window> open(ByteSource &source);

    Bytes fileSize() const { return m_fileSize; }

    // Malformed, naming `field`, unless the range lies inside the file.
    Result<> contains(Bytes offset, Bytes length, QLatin1StringView field) const;
    // A small piece: reads ahead and serves what follows without another read.
    Result<QByteArray> look(Bytes offset, Bytes length, QLatin1StringView field);
    // A table: exactly this, in one read, and nothing is kept. The caller bounds the length.
    Result<QByteArray> fetch(Bytes offset, Bytes length, QLatin1StringView field);

private:
    Window(ByteSource &source, Bytes fileSize);

    ByteSource *m_source;
    Bytes m_fileSize;
    QByteArray m_head;
    QByteArray m_ahead;
    Bytes m_aheadOffset = 0;
};

} // namespace treewarden::qcow2
