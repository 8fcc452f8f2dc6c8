// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/result.h"

#include <QByteArray>
#include <QString>

namespace treewarden {

// What a storage <volume> says of itself; libvirt's other calls have neither its time nor its backing image.
struct VolumeDefinition
{
    QString name;
    QString path;
    QString format; // empty: the pool knows no formats
    Bytes capacity = 0; // virtual size
    Bytes allocation = 0; // taken on the host
    Bytes physical = 0; // length of the file; 0: not said
    qint64 modifiedNanoseconds = 0; // since 1970; 0: not said
    QString backingPath; // empty: none
    QString backingFormat;

    bool operator==(const VolumeDefinition &) const = default;
};

// A <volume> document as virStorageVolGetXMLDesc gives it. Malformed as readDomain(), and a volume without a name.
Result<VolumeDefinition> readVolume(const QByteArray &document);

} // namespace treewarden
