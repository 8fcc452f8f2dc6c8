// SPDX-License-Identifier: GPL-3.0-or-later
// A backing name as an image's header has it: a path, a URI, or QEMU's options as "json:{...}".
#include "model/inventory/backingname.h"

#include <cstddef>
#include <cstdint>

using namespace treewarden;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QString name = QString::fromUtf8(reinterpret_cast<const char *>(data), qsizetype(size));
    const ImageLocation location = resolveBackingName(name, QStringLiteral("/images/vm/top.qcow2")).location;
    // What is taken for a file is one place, whatever folder a process runs in.
    if (location.isLocalPath() && !location.name.startsWith(u'/'))
        __builtin_trap();
    if ((location.kind == SourceKind::None) != name.isEmpty())
        __builtin_trap();
    return 0;
}
