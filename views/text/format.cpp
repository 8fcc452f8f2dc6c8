// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/format.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <limits>

namespace treewarden::text {

namespace {

struct Format
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::text::Format)
};

constexpr qint64 Minute = 60;
constexpr qint64 Hour = 60 * Minute;
constexpr qint64 Day = 24 * Hour;
constexpr qint64 Month = 30 * Day;
constexpr qint64 Year = 365 * Day;

// The unit in which an age is given.
qint64 unit(qint64 seconds)
{
    if (seconds < Hour)
        return Minute;
    if (seconds < Day)
        return Hour;
    if (seconds < 2 * Month)
        return Day;
    return seconds < 2 * Year ? Month : Year;
}

} // namespace

QString bytes(Bytes bytes)
{
    constexpr Bytes Largest = Bytes(std::numeric_limits<qint64>::max());
    double scaled = double(bytes);
    int steps = 0;
    for (; scaled >= 1024; ++steps)
        scaled /= 1024;
    const int decimals = steps > 0 && scaled < 9.95 ? 1 : 0;
    return QLocale().formattedDataSize(qint64(std::min(bytes, Largest)), decimals, QLocale::DataSizeIecFormat);
}

QString age(qint64 then, qint64 now)
{
    const qint64 seconds = now - then;
    if (seconds < -Minute)
        return QLocale().toString(QDateTime::fromSecsSinceEpoch(then).date(), QLocale::ShortFormat);
    if (seconds < Minute)
        return Format::tr("just now");
    const qint64 length = unit(seconds);
    const int count = int(std::min<qint64>(seconds / length, std::numeric_limits<int>::max()));
    switch (length) {
    case Minute: return Format::tr("%n minute(s) ago", nullptr, count);
    case Hour: return Format::tr("%n hour(s) ago", nullptr, count);
    case Day: return Format::tr("%n day(s) ago", nullptr, count);
    case Month: return Format::tr("%n month(s) ago", nullptr, count);
    default: return Format::tr("%n year(s) ago", nullptr, count);
    }
}

qint64 ageLasts(qint64 then, qint64 now)
{
    const qint64 seconds = now - then;
    if (seconds < Minute)
        return std::max<qint64>(1, seconds < -Minute ? -seconds - Minute : Minute - seconds);
    const qint64 length = unit(seconds);
    return length - seconds % length;
}

QString dateTime(qint64 then)
{
    return QLocale().toString(QDateTime::fromSecsSinceEpoch(then), QLocale::LongFormat);
}

QString isolated(const QString &name)
{
    constexpr QChar FirstStrongIsolate(0x2068);
    constexpr QChar PopDirectionalIsolate(0x2069);
    return FirstStrongIsolate + name + PopDirectionalIsolate;
}

} // namespace treewarden::text
