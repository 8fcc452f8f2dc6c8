// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte picks the reader, the rest is the message.
#include "model/qmp/blocknode.h"
#include "model/qmp/qmpevent.h"

#include <cstddef>
#include <cstdint>

using namespace treewarden;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const QByteArray message(reinterpret_cast<const char *>(data) + 1, qsizetype(size) - 1);
    if (data[0] % 2 == 0) {
        (void)readNamedBlockNodes(message);
    } else {
        (void)readEvent(QStringLiteral("BLOCK_JOB_READY"), data[0], data[0], message);
    }
    return 0;
}
