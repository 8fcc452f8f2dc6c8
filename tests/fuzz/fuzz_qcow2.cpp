// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory/backingname.h"
#include "model/qcow2/fingerprint.h"
#include "model/qcow2/measure.h"
#include "model/qcow2/metadata.h"
#include "tests/support/sources.h"

#include <cstdlib>

using namespace treewarden;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BufferSource source(QByteArray(reinterpret_cast<const char *>(data), qsizetype(size)));
    for (const QString &format : {QStringLiteral("qcow2"), QStringLiteral("raw")}) {
        const Result<Fingerprint> fingerprint = fingerprintOf(source, format);
        const Result<Fingerprint> again = fingerprintOf(source, format);
        // What did not change has the mark that it had.
        if (fingerprint.has_value() != again.has_value() || (fingerprint && *fingerprint != *again))
            std::abort();
    }
    const Result<ImageFacts> facts = readMetadata(source);
    if (!facts)
        return 0;
    (void)resolveBackingName(facts->backingName, QStringLiteral("/images/vm/top.qcow2"));
    for (size_t i = 0; i < facts->tags.size() && i < 4; ++i) {
        const Result<Bytes> bytes = bytesOnlyIn(source, facts->tags[i].id);
        // Nothing can hold more than the file has, give or take its last cluster.
        if (bytes && *bytes > size + facts->clusterSize)
            std::abort();
    }
    return 0;
}
