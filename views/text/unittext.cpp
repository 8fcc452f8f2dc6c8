// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/unittext.h"

#include "model/base/visible.h"
#include "views/text/errortext.h"

#include <QDateTime>
#include <QLocale>

namespace treewarden {

QString UnitText::bytes(Bytes bytes)
{
    const QLocale locale;
    if (bytes < KiB)
        return tr("%n byte(s)", nullptr, int(bytes));
    const auto figure = [&](Bytes unit) {
        const double value = double(bytes) / double(unit);
        return locale.toString(value, 'f', value < 9.95 ? 1 : 0);
    };
    // A step earlier than the unit itself, so that no figure rounds to 1024.
    constexpr double step = 1023.5;
    if (double(bytes) < step * double(KiB))
        return tr("%1 KiB").arg(figure(KiB));
    if (double(bytes) < step * double(MiB))
        return tr("%1 MiB").arg(figure(MiB));
    if (double(bytes) < step * double(GiB))
        return tr("%1 GiB").arg(figure(GiB));
    return tr("%1 TiB").arg(figure(1024 * GiB));
}

QString UnitText::bytes(const Fact<Bytes> &bytes)
{
    if (bytes.isKnown())
        return UnitText::bytes(*bytes);
    if (bytes.isAbsent())
        return tr("no file");
    return tr("size unknown: %1").arg(ErrorText::reason(bytes.why()));
}

QString UnitText::age(qint64 created, qint64 now)
{
    const qint64 seconds = now - created;
    if (seconds < 0)
        return tr("in the future: %1").arg(moment(created));
    if (seconds < 60)
        return tr("just now");
    if (seconds < 3600)
        return tr("%n minute(s) ago", nullptr, int(seconds / 60));
    if (seconds < 2 * 86400)
        return tr("%n hour(s) ago", nullptr, int(seconds / 3600));
    if (seconds < 60 * 86400)
        return tr("%n day(s) ago", nullptr, int(seconds / 86400));
    if (seconds < 730 * qint64(86400))
        return tr("%n month(s) ago", nullptr, int(seconds / (30 * 86400)));
    return tr("%n year(s) ago", nullptr, int(seconds / (365 * 86400)));
}

qint64 UnitText::ageLasts(qint64 created, qint64 now)
{
    const qint64 seconds = now - created;
    const auto untilNext = [seconds](qint64 unit) { return unit - seconds % unit; };
    if (seconds < 0)
        return -seconds;
    if (seconds < 3600)
        return untilNext(60);
    return untilNext(seconds < 2 * 86400 ? 3600 : 86400);
}

QString UnitText::moment(qint64 seconds)
{
    return QLocale().toString(QDateTime::fromSecsSinceEpoch(seconds), QLocale::ShortFormat);
}

QString UnitText::clock(qint64 milliseconds)
{
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(milliseconds);
    const QString ofDay = time.toString(QStringLiteral("HH:mm:ss"));
    if (time.date() == QDate::currentDate())
        return ofDay;
    return QLocale().toString(time.date(), QLocale::ShortFormat) + u' ' + ofDay;
}

QString UnitText::seconds(qint64 seconds)
{
    return tr("%1 s", "seconds").arg(QLocale().toString(seconds));
}

QString UnitText::isolated(const QString &name)
{
    constexpr QChar FirstStrongIsolate(0x2068);
    constexpr QChar PopDirectionalIsolate(0x2069);
    return FirstStrongIsolate + visible(name) + PopDirectionalIsolate;
}

} // namespace treewarden
