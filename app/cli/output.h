// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QStringList>

#include <thread>
#include <vector>

namespace treewarden::cli {

// A line for people: a name must neither turn around what is beside it nor command the terminal.
void print(const QString &line);
// For programs, which get every name as it is: one line, at once.
void printJson(const QJsonObject &object);
struct TableRow
{
    QStringList cells;
    QStringList below = {}; // lines of their own, as wide as they are
};
// Columns as wide as their widest cell; the last one is not padded.
void printTable(const QStringList &header, std::vector<TableRow> rows);
// Whether what was printed so far has reached where it was to go.
bool isAllWritten();
void printError(const QString &text); // one line, whatever is in it

// A line that is written over by the next one, on a terminal; what is no terminal gets none.
class Ticker
{
public:
    void show(const QString &text);
    void clear();

private:
    bool m_isShown = false;
};

// Says on stderr what is waited for, once that has taken a while, as long as it lives.
class WaitNotice
{
public:
    explicit WaitNotice(const QString &text);

private:
    std::jthread m_thread; // ends with it
};

} // namespace treewarden::cli
