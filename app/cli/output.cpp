// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/output.h"

#include "model/base/visible.h"

#include <QJsonDocument>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include <unistd.h>

namespace treewarden::cli {

namespace {

void writeLine(const QByteArray &line, FILE *stream)
{
    const QByteArray bytes = line + '\n';
    std::fwrite(bytes.constData(), 1, size_t(bytes.size()), stream);
}

} // namespace

void print(const QString &line)
{
    writeLine(visible(line).toUtf8(), stdout);
}

void printJson(const QJsonObject &object)
{
    writeLine(QJsonDocument(object).toJson(QJsonDocument::Compact), stdout);
    std::fflush(stdout);
}

void printTable(const QStringList &header, std::vector<TableRow> rows)
{
    for (TableRow &row : rows)
        row.cells = visible(row.cells);
    QList<qsizetype> widths;
    for (qsizetype column = 0; column < header.size(); ++column) {
        qsizetype width = header[column].size();
        for (const TableRow &row : rows)
            width = std::max(width, row.cells[column].size());
        widths.push_back(width);
    }
    const auto printRow = [&](const QStringList &row) {
        QString line;
        for (qsizetype column = 0; column < row.size(); ++column)
            line += column + 1 == row.size() ? row[column] : row[column].leftJustified(widths[column] + 2);
        print(line);
    };
    printRow(header);
    for (const TableRow &row : rows) {
        printRow(row.cells);
        for (const QString &line : row.below)
            print(line);
    }
}

bool isAllWritten()
{
    return std::fflush(stdout) == 0 && !std::ferror(stdout);
}

void printError(const QString &text)
{
    writeLine("treewarden-cli: " + visible(text.simplified()).toUtf8(), stderr);
}

void Ticker::show(const QString &text)
{
    if (!isatty(STDOUT_FILENO))
        return;
    const QByteArray bytes = "\r" + visible(text).toUtf8() + "\x1b[K"; // clears what the last one left
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

WaitNotice::WaitNotice(const QString &text)
    : m_thread([text](const std::stop_token &stop) {
        constexpr auto While = std::chrono::seconds(3);
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop, While, [] { return false; });
        if (!stop.stop_requested())
            printError(text);
    })
{
}

} // namespace treewarden::cli
