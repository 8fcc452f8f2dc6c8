// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QByteArray>
#include <QString>

#include <vector>

namespace treewarden {

// One thing in which two definitions of a machine differ. Names and values are libvirt's own.
struct DefinitionDifference
{
    // Elements from below <domain>, then "@attribute", or nothing for the text: "memory", "os/type@machine",
    // "devices/disk[vda]/source@file", "cpu/feature[vmx]@policy". Among equal names an element is told by its key in
    // brackets, which for a device is what it is to the guest (target, MAC address, type and number), or else by its
    // place
    // ("boot", "boot[2]").
    QString path;
    QString then; // null: was not there
    QString now; // null: is no longer there

    bool operator==(const DefinitionDifference &) const = default;
};

// How `now` (a <domain>) differs from `then` (a <domain>, or the <domain> of a <domainsnapshot>), in the order of the
// documents, what came new last. A device that is only on one side is one difference, its value what best tells it (its
// source, model or type). Empty when `then` is a snapshot without a definition. Malformed as readDomain().
//
// Left out is what libvirt adds or changes by itself, mostly because the machine runs: its id, aliases, security
// labels, addresses (but not those of host devices), <backingStore> and <mirror>, index and port ids of sources, states
// of channels, generated names of host interfaces, automatic ports and sockets. When only one of the two runs, also the
// CPU model, which libvirt then writes out as it was found on the host.
Result<std::vector<DefinitionDifference>> definitionDifferences(const QByteArray &then, const QByteArray &now);

} // namespace treewarden
