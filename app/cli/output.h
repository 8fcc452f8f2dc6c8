// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QStringList>

#include <vector>

namespace treewarden::cli {

void print(const QString &line);
void printJson(const QJsonObject &object); // one line, at once
// Columns as wide as their widest cell; the last one is not padded.
void printTable(const QStringList &header, const std::vector<QStringList> &rows);
void printError(const QString &text);

// A line that is written over by the next one, on a terminal; what is no terminal gets none.
class Ticker
{
public:
    void show(const QString &text);
    void clear();

private:
    bool m_isShown = false;
};

} // namespace treewarden::cli
