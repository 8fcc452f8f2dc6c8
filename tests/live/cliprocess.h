// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStringList>

#include <algorithm>
#include <csignal>

namespace treewarden::test {

using namespace Qt::StringLiterals;

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

// Runs `treewarden-cli events` and gathers its lines.
class EventProcess
{
public:
    explicit EventProcess(const QStringList &arguments) { m_process.start(Cli, arguments); }
    QList<QByteArray> lines()
    {
        m_process.waitForReadyRead(50);
        while (m_process.canReadLine())
            m_lines << m_process.readLine();
        return m_lines;
    }
    // Of --json.
    QList<QJsonObject> all()
    {
        QList<QJsonObject> seen;
        for (const QByteArray &line : lines())
            seen << object(line);
        return seen;
    }
    bool has(const QString &domain, const QString &lifecycle)
    {
        const QList<QJsonObject> seen = all();
        return std::any_of(seen.begin(), seen.end(), [&](const QJsonObject &event) {
            return event["event"_L1].toString() == "lifecycle"_L1 && event["domain"_L1].toString() == domain
                && event["data"_L1]["event"_L1].toString() == lifecycle;
        });
    }
    // The exit code after this signal, or without one.
    int end(int signal)
    {
        if (signal)
            ::kill(pid_t(m_process.processId()), signal);
        if (!m_process.waitForFinished(10'000))
            return -1;
        return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -2;
    }
    QByteArray errors() { return m_process.readAllStandardError(); }

private:
    QProcess m_process;
    QList<QByteArray> m_lines;
};

} // namespace treewarden::test
