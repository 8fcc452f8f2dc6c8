// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/output.h"

#include <QJsonDocument>

#include <cstdio>

#include <unistd.h>

namespace treewarden::cli {

void print(const QString &line)
{
    const QByteArray bytes = line.toUtf8() + '\n';
    std::fwrite(bytes.constData(), 1, size_t(bytes.size()), stdout);
}

void printJson(const QJsonObject &object)
{
    print(QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact)));
    std::fflush(stdout);
}

void printTable(const QStringList &header, const std::vector<QStringList> &rows)
{
    QList<qsizetype> widths;
    for (qsizetype column = 0; column < header.size(); ++column) {
        qsizetype width = header[column].size();
        for (const QStringList &row : rows)
            width = std::max(width, row[column].size());
        widths.push_back(width);
    }
    const auto printRow = [&](const QStringList &row) {
        QString line;
        for (qsizetype column = 0; column < row.size(); ++column)
            line += column + 1 == row.size() ? row[column] : row[column].leftJustified(widths[column] + 2);
        print(line);
    };
    printRow(header);
    for (const QStringList &row : rows)
        printRow(row);
}

void printError(const QString &text)
{
    const QByteArray bytes = "treewarden-cli: " + text.simplified().toUtf8() + '\n';
    std::fwrite(bytes.constData(), 1, size_t(bytes.size()), stderr);
}

void Ticker::show(const QString &text)
{
    if (!isatty(STDOUT_FILENO))
        return;
    const QByteArray bytes = "\r" + text.toUtf8() + "\x1b[K"; // clears what the last one left
    std::fwrite(bytes.constData(), 1, size_t(bytes.size()), stdout);
    std::fflush(stdout);
    m_isShown = true;
}

void Ticker::clear()
{
    if (m_isShown)
        std::fputs("\r\x1b[K", stdout);
    m_isShown = false;
}

} // namespace treewarden::cli
