// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/fact.h"

#include <QCoreApplication>

namespace treewarden {

// Sizes, times and spans as a user reads them, in the locale's figures.
class UnitText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::UnitText)

public:
    static QString bytes(Bytes bytes); // "412 MiB", "1.1 GiB"
    static QString bytes(const Fact<Bytes> &bytes); // also "size unknown: permission denied"
    static QString age(qint64 created, qint64 now); // seconds since 1970: "12 days ago"
    static qint64 ageLasts(qint64 created, qint64 now); // seconds until age() reads otherwise, at least 1
    static QString moment(qint64 seconds); // the date and time, in full
    static QString clock(qint64 milliseconds); // the time of day with seconds, the date where it is not today
    static QString seconds(qint64 seconds); // "12 s"
    static QString isolated(
        const QString &name); // visible(), and its direction of writing does not turn the sentence around it
};

} // namespace treewarden
