// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte picks the reader, the rest is the message.
#include "model/qmp/blockjobs.h"
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
    switch (data[0] % 3) {
    case 0:
        (void)readNamedBlockNodes(message);
        break;
    case 1:
        (void)readEvent(QStringLiteral("BLOCK_JOB_READY"), data[0], data[0], message);
        break;
    case 2:
        if (const auto jobs = readBlockJobs(message, {QStringLiteral("vda"), QStringLiteral("sda")})) {
            // One is libvirt's where it works on a disk of the machine's.
            for (const BlockJob &job : *jobs) {
                if (job.isLibvirts == job.disk.isEmpty())
                    __builtin_trap();
            }
        }
        break;
    }
    return 0;
}
