// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/plan/intent.h"

#include <tl/expected.hpp>

#include <optional>

namespace treewarden::cli {

// Why the words of a command make no sense.
struct ArgumentError
{
    enum class Kind {
        NoIntent,
        UnknownIntent, // word
        FutureIntent, // word: of the contract, and not there yet
        MissingArgument, // word: the intent
        TooMany, // word: the first one too many
        UnknownOption, // word
        MissingValue, // word: the option
        BadValue, // word: the option or intent; value
        Contradiction, // word and value: two options
    };
    Kind kind = Kind::NoIntent;
    QString word = {};
    QString value = {};

    bool operator==(const ArgumentError &) const = default;
};

// The words after the machine's name.
struct IntentArguments
{
    Intent intent; // of no machine yet
    bool wantsSafetySnapshot = false; // the intent has no name for it yet
    // Of `run` alone
    QStringList acknowledged; // "ID" or "ID@SUBJECT"
    std::optional<int> alternative;
    QByteArray expected; // hash of the plan that was looked at; empty: whatever it is

    bool operator==(const IntentArguments &) const = default;
};

enum class IntentUse { Plan, Run };

// Pure. "--" ends the options, for names that begin like one.
tl::expected<IntentArguments, ArgumentError> parseIntent(const QStringList &words, IntentUse use);

// "before-revert-to-NAME", with a number where one of these has it.
QString safetySnapshotName(const QString &snapshot, const QStringList &taken);

} // namespace treewarden::cli
