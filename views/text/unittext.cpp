// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/unittext.h"

#include "views/text/errortext.h"
#include "views/text/format.h"

#include <QDateTime>
#include <QLocale>

namespace treewarden {

QString UnitText::bytes(const Fact<Bytes> &bytes)
{
    if (bytes.isKnown())
        return text::bytes(*bytes);
    if (bytes.isAbsent())
        return tr("no file");
    return tr("size unknown: %1").arg(ErrorText::reason(bytes.why()));
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

} // namespace treewarden
