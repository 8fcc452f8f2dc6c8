// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connection.h"

#include <QCoreApplication>

namespace treewarden {

// An error as a notice tells it: what happened, what that means and what to do. The text of libvirt is not in it.
struct Explanation
{
    QString title;
    QString text;
};

class ErrorText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::ErrorText)

public:
    // A few words without a full stop, to stand behind a colon: "permission denied".
    static QString reason(const Error &error);
    static QString connectionReason(const Error &error); // the same, of a connection
    static QString lossReason(const Error &error); // of one that was open
    // Why a connection could not be opened or was lost, and the way to mend it.
    static Explanation connection(const Connection &connection);
    // What became of "start", "shutdown" or "force-off" on a machine.
    static Explanation operation(const QString &what, const QString &machine, const Error &error);
    static QString remedy(const Error &error); // empty: none is known
    // Why the sandbox was not opened or made anew, and the way to mend it.
    static QString sandbox(const Error &error);

private:
    static QString failedConnection(const QString &uri, const Error &error);
    static QString sandboxReason(const Error &error);
};

} // namespace treewarden
