// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/measurements.h"

namespace treewarden {

void Measurements::insert(
    const Inventory &inventory, const DomainId &domain, const QString &snapshot, const Fact<Bytes> &bytes)
{
    m_findings.insert({domain, snapshot}, {basisOf(inventory, domain, snapshot), bytes});
}

std::optional<Fact<Bytes>> Measurements::find(
    const Inventory &inventory, const DomainId &domain, const QString &snapshot) const
{
    const auto finding = m_findings.constFind({domain, snapshot});
    if (finding == m_findings.constEnd() || finding->basis != basisOf(inventory, domain, snapshot))
        return std::nullopt;
    return finding->bytes;
}

Measurements::Basis Measurements::basisOf(const Inventory &inventory, const DomainId &domain, const QString &snapshot)
{
    Basis basis{inventory.domain(domain), {}};
    const bool hasTree = basis.domain && basis.domain->snapshots.isKnown();
    const int node = hasTree ? basis.domain->snapshots->find(snapshot) : -1;
    if (node < 0)
        return basis;
    const Snapshot &measured = basis.domain->snapshots->at(node);
    for (const SnapshotDisk &disk : measured.disks) {
        const Image *image = disk.kind == SnapshotDiskKind::Internal
            ? inventory.images->at(measured.frozen(disk.target).location)
            : nullptr;
        if (image)
            basis.images.push_back(*image);
    }
    return basis;
}

} // namespace treewarden
