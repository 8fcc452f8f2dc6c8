// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/connection/connection.h"

#include <QStringList>

namespace treewarden::cli {

// The exit codes of docs/cli.md that the present commands use.
enum Exit { Done = 0, Usage = 2, FailedExit = 4 };

struct Options
{
    QString uri;
    bool json = false;
    QString command;
    QStringList arguments;
};

// Runs one command and returns the exit code. Blocks; answers go to stdout, errors to stderr.
int runCommand(const Options &options, const Backend &backend);

void printError(const QString &text);

} // namespace treewarden::cli
