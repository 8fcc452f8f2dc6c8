// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QByteArray>

namespace treewarden {

QByteArray queryStatus();

// Of its reply: whether the machine's memory was saved or sent away and it has not run since (QEMU's "postmigrate").
// Its "migrate" refuses to save it once more then ("paused due to previous migration"); libvirt calls the machine
// paused by whoever paused it. Errors as readReplyObject().
Result<bool> isSavedState(const QByteArray &reply);

} // namespace treewarden
