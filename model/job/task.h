// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/error.h"
#include "model/base/fact.h"
#include "model/plan/intent.h"
#include "model/plan/step.h"

#include <optional>

namespace treewarden {

// How a job came out. Indeterminate: what happened is not known (the connection broke in the middle); a new reading and
// the history say what can be said.
enum class Outcome { Succeeded, Failed, Cancelled, Indeterminate };
QString outcomeName(Outcome outcome); // "succeeded", ...

// A job under way or just ended, as the window shows it. A value.
struct Task
{
    quint64 id = 0; // of this run of the program
    QString entry; // of the journal; empty until it is there
    Intent intent;
    QString domainName;
    QString way; // Plan::way
    bool isUndo = false;
    std::vector<Step> steps;
    int step = 0; // the one that runs; steps.size() while it is verified
    // Of the step that runs: unknown while nobody can say (a busy bar), never invented.
    Fact<Bytes> done;
    Fact<Bytes> total;
    Bytes rate = 0; // bytes per second; 0: not known yet
    // Whether the step that runs can be stopped. What is done is put back; a merge leaves what was to be deleted
    // damaged. Never after a step that cannot be taken back wholly: the job goes on to its end then.
    bool canCancel = false;
    bool isCancelling = false;
    bool canPause = false; // the step that runs can stand still and go on
    bool isPaused = false; // it does, as QEMU says
    std::optional<Outcome> outcome; // none: under way
    Error error; // of Failed and Indeterminate
    // Of one that failed or was cancelled after it had done something, and left that as it is: why. The subject is a
    // finding's id and the detail that finding's subject, or it is an error as of any call.
    std::optional<Error> whyNotPutBack = {};
    bool goesOn = false; // of such a one: the machine, which had been paused for what did not come about
    qint64 started = 0; // milliseconds since 1970
    qint64 ended = 0; // 0: under way
};

// One job as the journal has it.
struct HistoryEntry
{
    enum class Undo { No, Partly, Possible };
    struct Done
    {
        Step step;
        // Unknown: it began, and neither the journal nor the host tells whether it came to its end.
        Fact<bool> isDone = false;
    };
    QString entry; // its name, unique on this host
    qint64 time = 0; // milliseconds since 1970
    DomainId domain;
    QString domainName;
    QStringList intent; // intentWords()
    std::optional<Outcome> outcome; // none: the program ended in the middle, and nobody has looked after it yet
    Error error;
    Undo undo = Undo::No;
    QString whyNoUndo; // a finding's id, where all is still kept and cannot be put back all the same
    QString whyNoUndoSubject; // that finding's
    bool isUndone = false;
    QString undoes; // the entry that it was to put back; `intent` is that one's. Empty: it is no undo
    std::vector<Done> steps;
    Bytes pinned = 0; // bytes that are kept so that it can be undone
};

} // namespace treewarden
