// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/commands.h"
#include "app/cli/intents.h"
#include "app/cli/reading.h"
#include "model/job/journal.h"
#include "model/plan/plan.h"

namespace treewarden::cli {

// The shape of docs/cli.md.
QJsonObject planJson(const Proposal &proposal, const Inventory &inventory, const QString &machine);
// A line for each, or one that says that there is none.
void printLosses(const Plan &plan, const QString &indent);
// The exit code that says the verdict.
Exit exitOf(Verdict verdict);

// A machine, what is wanted of it, and what can be done: what `plan` and `run` have in common. No value: the exit code
// is in `exit`, and everything is said.
struct Asked
{
    std::optional<Reading> reading;
    std::shared_ptr<const Domain> domain;
    IntentArguments arguments;
    Surroundings surroundings;
    Proposal proposal;
    Exit exit = Done;
};
std::shared_ptr<Journal> journalOf(const Options &options, const Backend &backend);
Asked ask(const Options &options, const Backend &backend, IntentUse use);

int planCommand(const Options &options, const Backend &backend);

} // namespace treewarden::cli
