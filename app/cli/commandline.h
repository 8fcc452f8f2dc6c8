// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/commands.h"

#include <optional>

namespace treewarden::cli {

struct CommandLine
{
    Options options; // the command may be empty where only the sandbox is to be made anew
    bool wantsReset = false; // of the sandbox, before the command
    std::optional<int> exit; // all is said: nothing else is to be done
};

// What the words after the program's name mean. Prints help, version and what is wrong with the words. The default of
// the URI is $LIBVIRT_DEFAULT_URI, else qemu:///system.
CommandLine readCommandLine(QStringList words);

} // namespace treewarden::cli
