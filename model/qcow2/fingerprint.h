// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytesource.h"

#include <QByteArray>
#include <QString>

namespace treewarden {

// A cheap mark of what an image shows, to be compared with one that was taken before. Equal marks are no proof that
// nothing changed: of the contents 64 places are looked at.
struct Fingerprint
{
    // SHA-256 of the active contents as the header, the L1 table, pieces of L2 tables and samples of clusters tell of
    // them. Internal snapshots and bitmaps may come and go without changing it.
    QByteArray contents;
    // SHA-256 of the refcount table, which grows with internal snapshots and bitmaps, too.
    QByteArray refcounts;

    bool operator==(const Fingerprint &) const = default;
};

// Of a qcow2 or raw image. At most 4 MiB of data are read, and as much of L2 tables, beside the L1 and the refcount
// table. Blocking as the source is; of an image that is being written the answer means nothing.
//
// Errors: Unsupported (another format), Malformed, and those of the source.
Result<Fingerprint> fingerprintOf(ByteSource &source, const QString &format);

} // namespace treewarden
