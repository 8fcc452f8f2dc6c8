// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"
#include "model/domain/snapshot.h"

#include <QByteArray>

#include <array>

namespace treewarden {

// A <domainsnapshot> document as virDomainSnapshotGetXMLDesc gives it. Malformed as readDomain(), and a snapshot
// without a name. Where the document leaves something open, the answer is libvirt's own (virDomainSnapshotDefParse):
//   no <memory>             a `file` attribute means External; else Internal for a machine that had memory to save
//   a <disk> without kind   External with a <source> or <driver type>, else None
// An unknown word gives SnapshotState::Unknown, MemoryKind::None, and for a disk SnapshotDiskKind::Manual: somebody
// keeps something, and libvirt would not touch it for us. The definition is <domain>, never <inactiveDomain>; null
// where there is none, or where it only holds the UUID (libvirt before 0.9.5).
Result<Snapshot> readSnapshot(const QByteArray &document);

// Of one that may not be read otherwise; empty: it has none.
QString nameOfSnapshot(const QByteArray &document);

// Reads the snapshots of one domain, one after another. Most of a machine's snapshots carry equal definitions; equal
// ones among the last few share one value.
class SnapshotReader
{
public:
    Result<Snapshot> read(const QByteArray &document);

private:
    std::array<std::shared_ptr<const DomainDefinition>, 4> m_last;
    size_t m_next = 0;
};

} // namespace treewarden
