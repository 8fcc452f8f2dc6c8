// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/fact.h"

#include <QCoreApplication>

namespace treewarden {

// What views/text/format.h has no words for: facts that may be unknown, times of day, waiting.
class UnitText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::UnitText)

public:
    static QString bytes(const Fact<Bytes> &bytes); // also "size unknown: permission denied"
    static QString clock(qint64 milliseconds); // the time of day with seconds, the date where it is not today
    static QString seconds(qint64 seconds); // "12 s"
};

} // namespace treewarden
