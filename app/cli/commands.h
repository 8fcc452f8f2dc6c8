// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/connection/connection.h"

#include <QStringList>

namespace treewarden::cli {

// The exit codes of docs/cli.md.
enum Exit {
    Done = 0, // or allowed
    Usage = 2,
    Blocked = 3,
    FailedExit = 4,
    NeedsAcknowledgement = 5,
    CancelledExit = 6,
    IndeterminateExit = 7,
};

struct Options
{
    QString uri;
    bool json = false;
    QString command;
    QStringList arguments;
};

// Runs one command and returns the exit code. Blocks; answers go to stdout, errors to stderr.
int execute(const Options &options, const Backend &backend);

int failed(const QString &text); // says it, and gives FailedExit

} // namespace treewarden::cli
