// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commandline.h"

#include "app/cli/clitext.h"
#include "app/cli/output.h"

#include <cstdio>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

// By hand: options end at the command, whose own may look the same.
CommandLine readCommandLine(QStringList words)
{
    CommandLine line;
    Options &options = line.options;
    const auto usage = [&line](const QString &text) {
        printError(text);
        line.exit = Usage;
        return line;
    };
    options.uri = qEnvironmentVariable("LIBVIRT_DEFAULT_URI");
    if (options.uri.isEmpty())
        options.uri = u"qemu:///system"_s;
    while (!words.isEmpty() && options.command.isEmpty()) {
        const QString word = words.takeFirst();
        if (word == "--json"_L1) {
            options.json = true;
        } else if (word == "--reset-sandbox"_L1) {
            line.wantsReset = true;
        } else if (word == "--connect"_L1 && !words.isEmpty()) {
            options.uri = words.takeFirst();
        } else if (word.startsWith("--connect="_L1)) {
            options.uri = word.mid(10);
        } else if (word == "--help"_L1 || word == "-h"_L1) {
            std::puts(CliText::usage().toUtf8().constData());
            line.exit = Done;
            return line;
        } else if (word == "--version"_L1) {
            std::puts("treewarden-cli " TREEWARDEN_VERSION);
            line.exit = Done;
            return line;
        } else if (word == "--"_L1) {
            options.command = words.isEmpty() ? QString() : words.takeFirst();
        } else if (word.startsWith(u'-')) {
            return usage(CliText::unknownOption(word));
        } else {
            options.command = word;
        }
    }
    if (options.uri.isEmpty())
        return usage(CliText::missingUri());
    // This one may stand behind the command, too; what comes after "--" is a name.
    const qsizetype end = words.indexOf("--"_L1);
    for (qsizetype i = (end < 0 ? words.size() : end) - 1; i >= 0; --i) {
        if (words[i] == "--json"_L1) {
            words.removeAt(i);
            options.json = true;
        }
    }
    // Before a machine's name; an intent's own is its reader's to see.
    if (words.value(0) == "--"_L1)
        words.removeFirst();
    options.arguments = words;
    if (options.command.isEmpty() && !line.wantsReset)
        return usage(CliText::missingCommand());
    return line;
}

} // namespace treewarden::cli
