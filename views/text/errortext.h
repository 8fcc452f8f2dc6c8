// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/error.h"

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
    // Why a connection could not be opened or was lost, and the way to mend it.
    static Explanation connection(const QString &uri, const Error &error, bool wasOpen);
    // What became of "start", "shutdown" or "force-off" on a machine.
    static Explanation operation(const QString &what, const QString &machine, const Error &error);
    static QString remedy(const Error &error); // empty: none is known
};

} // namespace treewarden
