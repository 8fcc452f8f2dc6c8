// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"

#include <QString>

// Numbers as the user's language writes them.
namespace treewarden::text {

// IEC units, two or three digits: "412 MiB", "1.1 GiB".
QString bytes(Bytes bytes);

// How long ago, in one unit: "12 days ago". Both in seconds since 1970. What lies ahead is given as a date.
QString age(qint64 then, qint64 now);
// Seconds until age() reads differently; at least 1.
qint64 ageLasts(qint64 then, qint64 now);
// Date and time of day in local time.
QString dateTime(qint64 then);

// Keeps a name's own direction of writing from turning the sentence around it.
QString isolated(const QString &name);

} // namespace treewarden::text
