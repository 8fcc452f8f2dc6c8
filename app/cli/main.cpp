// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/backend.h"
#include "app/cli/clitext.h"
#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "app/translations.h"
#include "model/sandbox/keeper.h"

#include <QCoreApplication>

#include <cstdio>

using namespace treewarden;
using namespace treewarden::cli;
using namespace Qt::StringLiterals;

int main(int argc, char **argv)
{
    if (const std::optional<int> kept = runKeeperIfAsked(argc, argv))
        return *kept;
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(u"treewarden-cli"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(TREEWARDEN_VERSION));

    installTranslations(app);

    // By hand: options end at the command, whose own may look the same.
    Options options;
    options.uri = qEnvironmentVariable("LIBVIRT_DEFAULT_URI");
    if (options.uri.isEmpty())
        options.uri = u"qemu:///system"_s;
    bool reset = false;
    QStringList arguments = app.arguments().mid(1);
    while (!arguments.isEmpty() && options.command.isEmpty()) {
        const QString argument = arguments.takeFirst();
        if (argument == "--json"_L1) {
            options.json = true;
        } else if (argument == "--reset-sandbox"_L1) {
            reset = true;
        } else if (argument == "--connect"_L1 && !arguments.isEmpty()) {
            options.uri = arguments.takeFirst();
        } else if (argument.startsWith("--connect="_L1)) {
            options.uri = argument.mid(10);
        } else if (argument == "--help"_L1 || argument == "-h"_L1) {
            std::puts(CliText::usage().toUtf8().constData());
            return Done;
        } else if (argument == "--version"_L1) {
            std::puts("treewarden-cli " TREEWARDEN_VERSION);
            return Done;
        } else if (argument.startsWith(u'-')) {
            printError(CliText::unknownOption(argument));
            return Usage;
        } else {
            options.command = argument;
        }
    }
    if (options.uri.isEmpty()) {
        printError(CliText::missingUri());
        return Usage;
    }
    // This one may stand behind the command, too; what comes after "--" is a name.
    const qsizetype end = arguments.indexOf("--"_L1);
    for (qsizetype i = (end < 0 ? arguments.size() : end) - 1; i >= 0; --i) {
        if (arguments[i] == "--json"_L1) {
            arguments.removeAt(i);
            options.json = true;
        }
    }
    options.arguments = arguments;
    if (options.command.isEmpty() && !reset) {
        printError(CliText::missingCommand());
        return Usage;
    }
    if (reset) {
        if (const Result<> done = resetSandbox(); !done) {
            printError(CliText::error(done.error()));
            return FailedExit;
        }
        if (options.command.isEmpty())
            return Done;
    }
    return execute(options, backendFor(options.uri));
}
