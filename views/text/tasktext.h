// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/recovery.h"
#include "model/job/task.h"
#include "views/text/errortext.h"

#include <QCoreApplication>

namespace treewarden {

// Jobs under way and jobs of the past, in words.
class TaskText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::TaskText)

public:
    // What libvirt, QEMU or the system said; empty: the error is a finding of ours.
    static QString theirWords(const Error &error);
    static Explanation failure(const Task &task); // of one that failed, as a notice tells it
    static QString title(const Task &task); // "Reverting web to “a”"
    static QString step(const Task &task); // "Step 2 of 4: ...", or how it came out
    // "1.4 GiB of 3.0 GiB, 512 MiB/s, 4 s left"; empty while nobody can say.
    static QString progress(const Task &task);
    static QString cancel(const Task &task); // the button's text, or why there is none
    static QString cancelHelp(const Task &task);
    static QString pause(const Task &task); // the button's text
    // Why what it had done was left as it is; empty: it was put back, or there was nothing.
    static QString leftAsItIs(const Task &task);

    static QString what(const HistoryEntry &entry); // "Delete “a” and all that follows"
    static QString what(const QStringList &intent); // the same of intentWords()
    static QString outcome(const HistoryEntry &entry);
    static QString undo(const HistoryEntry &entry); // "can be undone", "undone", ...
    static QString undoHelp(const HistoryEntry &entry); // why it can be, or cannot
    static QString step(const HistoryEntry &entry, const HistoryEntry::Done &done);
    static QString pinned(const HistoryEntry &entry);

    static QString interrupted(const HistoryEntry &entry); // the recovery notice's title
    static QString interruptedHelp(const RecoveryItem &item);

private:
    static QString outcome(Outcome outcome, const Error &error);
    static QString why(const Error &error); // stands behind a colon
};

} // namespace treewarden
