// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/result.h"

#include <QByteArray>

namespace treewarden {

// The bytes of one image, wherever they are: a local file, or a storage volume of a daemon. Calls may block; use on
// worker threads. Implementations need not be thread-safe.
class ByteSource
{
public:
    virtual ~ByteSource() = default;

    // The length of the host file in bytes (not the virtual size).
    virtual Result<Bytes> size() = 0;
    // Exactly `length` bytes from `offset`, or fewer where the source ends. Reading past the end is no error.
    virtual Result<QByteArray> read(Bytes offset, Bytes length) = 0;
};

} // namespace treewarden
