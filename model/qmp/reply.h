// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QByteArray>
#include <QJsonArray>
#include <QJsonObject>

namespace treewarden {

// What a QMP command answered with a list. A reply that is an error of QEMU gives that: Unsupported for a command it
// does not know, NotFound for a missing node, else Failed, with QEMU's words as detail. Anything else is Malformed.
Result<QJsonArray> readReplyList(const QByteArray &reply);
Result<QJsonObject> readReplyObject(const QByteArray &reply); // the same of one that answered with an object

} // namespace treewarden
