// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>

namespace treewarden::test {

// What the tests that run treewarden-cli share: the program, and how its answers are taken apart.

inline const QString Cli = QStringLiteral(TREEWARDEN_BIN "/treewarden-cli");

inline QJsonObject object(const QByteArray &json)
{
    return QJsonDocument::fromJson(json).object();
}

// `key` of every object in an array.
inline QStringList pluck(const QJsonValue &array, QLatin1StringView key)
{
    QStringList values;
    for (const QJsonValue &value : array.toArray())
        values << value.toObject()[key].toString();
    return values;
}

inline QStringList strings(const QJsonValue &array)
{
    QStringList values;
    for (const QJsonValue &value : array.toArray())
        values << value.toString();
    return values;
}

inline QStringList sorted(QStringList list)
{
    list.sort();
    return list;
}

inline QJsonObject byKey(const QJsonValue &array, QLatin1StringView key, const QString &value)
{
    for (const QJsonValue &each : array.toArray()) {
        if (each.toObject()[key].toString() == value)
            return each.toObject();
    }
    return {};
}

} // namespace treewarden::test
