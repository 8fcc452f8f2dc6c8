// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QByteArray>
#include <QString>

namespace treewarden {

// A <pool> of the files in one folder of the host. libvirt itself refuses a name or a folder that it cannot use.
QByteArray writeFolderPool(const QString &name, const QString &folder);

// What a <pool> says of where its volumes are.
struct PoolDefinition
{
    QString type; // "dir", "logical", "rbd", ...
    QString folder; // the path of its target; empty: it has none

    bool operator==(const PoolDefinition &) const = default;
};

// A <pool> document as virStoragePoolGetXMLDesc gives it. Malformed as readDomain().
Result<PoolDefinition> readPool(const QByteArray &document);

} // namespace treewarden
