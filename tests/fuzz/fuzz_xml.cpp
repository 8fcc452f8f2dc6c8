// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte picks the reader, the rest is the document.
#include "model/xml/checkpointxml.h"
#include "model/xml/definitiondiff.h"
#include "model/xml/domainxml.h"
#include "model/xml/poolxml.h"
#include "model/xml/prune.h"
#include "model/xml/snapshotxml.h"
#include "model/xml/volumexml.h"

#include <cstddef>
#include <cstdint>

using namespace treewarden;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const QByteArray document(reinterpret_cast<const char *>(data) + 1, qsizetype(size) - 1);
    switch (data[0] % 6) {
    case 0:
        (void)readDomain(document);
        break;
    case 1:
        (void)readSnapshot(document);
        break;
    case 2:
        (void)readCheckpoint(document);
        break;
    case 3:
        (void)readVolume(document);
        (void)readPool(document);
        break;
    case 4:
        (void)definitionDifferences(document, document);
        break;
    case 5:
        // Nothing is ever added.
        if (pruned(document).size() > document.size())
            __builtin_trap();
        break;
    }
    return 0;
}
