// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/fact.h"
#include "model/base/result.h"
#include "model/domain/image.h"

#include <QByteArray>

#include <vector>

namespace treewarden {

// One node of a running machine's block graph, as QMP's query-named-block-nodes tells of it. libvirt gives every layer
// two: "libvirt-N-format" (qcow2) on top of "libvirt-N-storage" (file); raw layers may have only the latter.
struct BlockNode
{
    QString nodeName;
    QString driver; // "qcow2", "file", "nbd", "copy-on-read", ...
    // The image behind the node: the path of a local file even where QEMU names it "json:{...}", else what QEMU says.
    QString file;
    QString backingFile; // the backing image made absolute, in the same form; empty: none
    bool readOnly = false;
    Fact<Bytes> allocated; // bytes the file takes on the host; absent where QEMU does not know (network)
    // dirty, inUse and busy are as QEMU sees them now; a Tag's diskSize is unknown, QMP does not tell.
    ImageFacts facts;

    bool operator==(const BlockNode &) const = default;
};

// The command whose reply readNamedBlockNodes() reads; "flat" spares the reply every chain once per layer (QEMU 5.0).
QByteArray queryNamedBlockNodes();

// From the whole reply, flat or not. A reply that is an error of QEMU gives that: Unsupported for a command it does not
// know, NotFound for a missing node, else Failed, with QEMU's words as detail. Anything else than such a reply is
// Malformed. Bitmaps without a name belong to running jobs and are left out.
Result<std::vector<BlockNode>> readNamedBlockNodes(const QByteArray &reply);

} // namespace treewarden
