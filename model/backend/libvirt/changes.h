// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QByteArray>

#include <libvirt/libvirt.h>

namespace treewarden::libvirt {

// The calls behind the changing half of Hypervisor that take more than one line.
Result<> defineDomain(virConnectPtr connection, const QByteArray &xml);
Result<> undefineDomain(virDomainPtr domain);
Result<> createSnapshot(virDomainPtr domain, const QByteArray &xml, unsigned flags);
Result<> revertToSnapshot(virDomainPtr domain, const QString &name, unsigned flags);
Result<> definePool(virConnectPtr connection, const QByteArray &xml);

} // namespace treewarden::libvirt
