// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"

#include "app/cli/blockjobs.h"
#include "app/cli/clitext.h"
#include "app/cli/events.h"
#include "app/cli/jobs.h"
#include "app/cli/json.h"
#include "app/cli/listing.h"
#include "app/cli/output.h"
#include "app/cli/planning.h"
#include "app/cli/verify.h"

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

// Commands of the contract that later versions bring.
constexpr const char *FutureCommands[] = {"doctor", "bitmaps", "restore"};

struct Command
{
    const char *name;
    qsizetype least; // arguments
    qsizetype most; // -1: as many as it takes
    int (*run)(const Options &options, const Backend &backend);
};

// What is only looked at: list, tree, images.
int look(const Options &options, const Backend &backend)
{
    const Result<Reading> reading = read(backend);
    if (!reading)
        return failed(CliText::error(reading.error()));
    std::shared_ptr<const Domain> domain;
    if (!options.arguments.isEmpty()) {
        domain = findDomain(*reading->inventory, options.arguments[0]);
        if (!domain)
            return failed(CliText::noSuchDomain(options.arguments[0], options.uri));
    }
    if (options.command == "list"_L1) {
        if (!options.json)
            return printList(*reading);
        printJson(listJson(*reading->inventory, reading->assessment));
    } else if (options.command == "tree"_L1) {
        if (!options.json)
            return printTree(*reading, *domain);
        printJson(treeJson(*reading->inventory, reading->assessment, *domain));
    } else {
        const QJsonObject json = imagesJson(*reading->inventory, reading->assessment, domain.get());
        if (!options.json)
            return printImages(*reading, json);
        printJson(json);
    }
    return Done;
}

constexpr Command Commands[] = {
    {"list", 0, 0, look},
    {"tree", 1, 1, look},
    {"images", 0, 1, look},
    {"events", 0, 1, printEvents},
    {"plan", 1, -1, planCommand},
    {"run", 1, -1, runCommand},
    {"undo", 0, -1, undoCommand},
    {"leave", 0, 1, leaveCommand},
    {"history", 0, 0, historyCommand},
    {"verify", 1, 1, verifyCommand},
    {"jobs", 0, 1, jobsCommand},
    {"job-pause", 1, -1, changeJobCommand},
    {"job-resume", 1, -1, changeJobCommand},
    {"job-cancel", 1, -1, changeJobCommand},
    {"job-speed", 1, -1, changeJobCommand},
};

} // namespace

int failed(const QString &text)
{
    printError(text);
    return FailedExit;
}

int execute(const Options &options, const Backend &backend)
{
    const auto usage = [](const QString &text) {
        printError(text);
        return Usage;
    };
    for (const char *future : FutureCommands) {
        if (options.command == QLatin1StringView(future))
            return usage(CliText::notThereYet(options.command));
    }
    for (const Command &command : Commands) {
        if (options.command != QLatin1StringView(command.name))
            continue;
        if (options.arguments.size() < command.least)
            return usage(command.run == verifyCommand ? CliText::missingDirectory() : CliText::missingDomain());
        if (command.most >= 0 && options.arguments.size() > command.most)
            return usage(CliText::tooManyArguments());
        return command.run(options, backend);
    }
    return usage(CliText::unknownCommand(options.command));
}

} // namespace treewarden::cli
