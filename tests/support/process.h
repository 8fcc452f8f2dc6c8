// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QStringList>

namespace treewarden::test {

struct ProcessResult
{
    int exitCode = -1; // -1: did not start, crashed, or took longer than a minute
    QByteArray output;
    QByteArray error;
};

// Runs a program to its end.
ProcessResult run(const QString &program, const QStringList &arguments);

// What a live test says where this program is missing: how to install it. Empty: it is there.
QByteArray missingTool(const QString &program);

} // namespace treewarden::test
