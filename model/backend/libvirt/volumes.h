// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/backend/libvirt/handles.h"

namespace treewarden::libvirt {

// The storage volumes behind Hypervisor.
Result<Volumes> listVolumes(virConnectPtr connection, const QString &uri);
Result<Volume> describeVolume(virStorageVolPtr volume);
Result<QString> volumePath(virConnectPtr connection, const QString &pool, const QString &volume);
// Looks again where the pool's list may be old. PermissionDenied: in no pool, so nobody can say.
Result<VolumeHandle> findVolume(virConnectPtr connection, const QString &path);
Result<> createVolume(
    virConnectPtr connection, const QString &path, const QString &backing, const QString &backingFormat);
Result<> removeVolume(virConnectPtr connection, const QString &path);
Result<Bytes> poolSpace(virConnectPtr connection, const QString &folder);

} // namespace treewarden::libvirt
