// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/backend.h"
#include "app/cli/clitext.h"
#include "app/cli/commandline.h"
#include "app/cli/output.h"
#include "app/translations.h"
#include "model/sandbox/keeper.h"

#include <QCoreApplication>

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

    const CommandLine line = readCommandLine(app.arguments().mid(1));
    if (line.exit)
        return *line.exit;
    if (line.wantsReset) {
        if (const Result<> done = resetSandbox(); !done)
            return failed(CliText::error(done.error()));
        if (line.options.command.isEmpty())
            return Done;
    }
    const int code = execute(line.options, backendFor(line.options.uri));
    return isAllWritten() ? code : failed(CliText::notWritten());
}
