// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/fact.h"

#include <QJsonArray>
#include <QJsonObject>

namespace treewarden::cli {

// Collects what an answer misses.
class Unknowns
{
public:
    void add(const QString &fact, const QString &subject, const Error &why);
    // The bytes of an internal snapshot: its share of its image is nowhere written down.
    void addNotMeasured(const QString &subject);
    template <typename T, typename Convert>
    QJsonValue value(const QString &fact, const QString &subject, const Fact<T> &value, Convert convert)
    {
        if (value.isKnown())
            return convert(*value);
        if (value.isUnknown())
            add(fact, subject, value.why());
        return QJsonValue::Null;
    }
    void writeTo(QJsonObject &answer) const
    {
        if (!m_entries.isEmpty())
            answer.insert(QStringLiteral("unknown"), m_entries);
    }

private:
    QJsonArray m_entries;
};

} // namespace treewarden::cli
