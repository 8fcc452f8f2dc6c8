// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"
#include "model/domain/domain.h"

#include <QByteArray>

#include <vector>

namespace treewarden {

// Changes of documents that libvirt gave, for giving them back to it. What is not named stays as it is. All of them:
// Malformed as readDomain(), and for what XML cannot hold; NotFound where the document has no such disk.

// A file that a disk is to have.
struct DiskPath
{
    QString target; // "vda"
    QString path;
    QString format = {}; // empty: as it was

    bool operator==(const DiskPath &) const = default;
};

// A <domain> whose disks have these files. What the document said of the layers below the old ones is left out: libvirt
// reads it from the files.
Result<QByteArray> withDiskSources(const QByteArray &domain, const std::vector<DiskPath> &disks);

// A <domain> without what only a running machine has and no definition may bring along: its id, and the layers, jobs
// and labels that libvirt fills in when it starts a machine.
Result<QByteArray> withoutLiveParts(const QByteArray &domain);

// Treewarden's element in <metadata>, where any program can read what snapshots the machine's user wants.
inline constexpr QLatin1StringView MetadataUri("https://treewarden.org/xmlns/1");
inline constexpr QLatin1StringView MetadataKey("treewarden");
// As Hypervisor::setMetadata() takes it. Ask: empty, which removes the element.
QByteArray policyElement(SnapshotPolicy policy);
// "ask", "internal", "external"; Malformed for another word.
QString policyName(SnapshotPolicy policy);
Result<SnapshotPolicy> policyFromName(QStringView name);
// A <domain> with that element, as it is after Hypervisor::setMetadata().
Result<QByteArray> withPolicy(const QByteArray &domain, SnapshotPolicy policy);

} // namespace treewarden
