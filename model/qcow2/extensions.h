// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/qcow2/header.h"

#include <optional>

namespace treewarden::qcow2 {

struct BitmapsExtension
{
    quint32 count = 0;
    Bytes directorySize = 0;
    quint64 directoryOffset = 0;
};

struct EncryptionHeader
{
    quint64 offset = 0;
    Bytes length = 0;
};

// What stands between the header and the end of the first cluster. Unknown extensions are skipped.
struct Extensions
{
    QString backingFormat;
    QString dataFile;
    std::optional<BitmapsExtension> bitmaps; // only those that QEMU would take as consistent
    std::optional<EncryptionHeader> encryption;
};

Result<Extensions> readExtensions(Window &window, const Header &header);

} // namespace treewarden::qcow2
