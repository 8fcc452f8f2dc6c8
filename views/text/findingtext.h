// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/finding.h"

#include <QCoreApplication>

#include <span>

namespace treewarden {

// The guard's findings for people. The table is in the source: adding one is a line there. An id without a line is
// shown as it is, with its subject, so that nothing the guard found is ever kept from a user.
class FindingText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::FindingText)

public:
    static QString sentence(const Finding &finding); // what is the matter, about this subject
    static QString explanation(const Finding &finding); // why that matters and what helps; empty: nothing to add
    // What somebody says yes to who ticks a Confirm finding: "I understand that ..."
    static QString consent(const Finding &finding);
    static bool isKnown(const QString &id);
    static QStringList ids();
    static QString severity(Verdict verdict); // "refused", "needs your yes", "worth knowing": said before the sentence

private:
    // %1 is the subject, %2, %3, ... are the arguments; files are named by their last part, %b2 is a
    // number of bytes, %p2 a whole path, %l2 a list of that one and all that follow.
    struct Line
    {
        const char *id; // "id/first argument" and "id/first/second argument" win over "id"; "memory": an empty second
        const char *sentence;
        const char *explanation;
    };
    static std::span<const Line> lines();
    static std::span<const Line> backupLines(); // backupfindings.cpp
    static const Line *find(const QString &id);
    static const Line *lineOf(const Finding &finding);
};

} // namespace treewarden
