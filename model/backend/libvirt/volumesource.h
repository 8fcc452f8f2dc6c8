// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/libvirt/handles.h"
#include "model/base/bytesource.h"

namespace treewarden::libvirt {

// The bytes of a storage volume, by virStorageVolDownload: a user who may use the system daemon may call it for images
// that the user cannot open. Each read that is not in the buffer is a stream of its own (and a helper process of the
// daemon), so the first read takes a good piece of the head.
Result<std::unique_ptr<ByteSource>> openVolumeSource(
    virConnectPtr connection, VolumeHandle volume, const QString &path);

} // namespace treewarden::libvirt
