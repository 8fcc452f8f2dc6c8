// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/image.h"

namespace treewarden {

struct BackingName
{
    ImageLocation location;
    QString format; // only a "json:" name carries one

    bool operator==(const BackingName &) const = default;
};

// What a backing name in an image's header means: a path relative to the folder of the image that names it, an
// absolute path, "file:...", a URI, or "json:{...}" with the options of QEMU's -blockdev. A relative path within those
// two is relative to the folder that the QEMU process happens to run in. That, and what cannot be understood, is
// SourceKind::Other with the name as it stands. Nothing is opened, so ".." stays in a path: where it leads only the
// host's folders tell.
BackingName resolveBackingName(const QString &name, const QString &overlayPath);

} // namespace treewarden
