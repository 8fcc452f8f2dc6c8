// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"

#include <QHash>

#include <optional>

namespace treewarden {

// What deleting internal snapshots was found to free on their disks. A finding is good for as long as the machine and
// the images that it was made on are as they were: whatever is written to an image, or deleted from it, changes it.
class Measurements
{
public:
    void insert(const Inventory &inventory, const DomainId &domain, const QString &snapshot, const Fact<Bytes> &bytes);
    // Nothing: not measured, or not since `inventory` was so.
    std::optional<Fact<Bytes>> find(const Inventory &inventory, const DomainId &domain, const QString &snapshot) const;

private:
    struct Basis
    {
        std::shared_ptr<const Domain> domain;
        std::vector<Image> images;

        bool operator==(const Basis &) const = default;
    };
    struct Finding
    {
        Basis basis;
        Fact<Bytes> bytes;
    };
    static Basis basisOf(const Inventory &inventory, const DomainId &domain, const QString &snapshot);

    QHash<std::pair<DomainId, QString>, Finding> m_findings;
};

} // namespace treewarden
