// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/plan/plan.h"

#include <QCoreApplication>

#include <span>

namespace treewarden {

// The ways to an intent's end, as cards and buttons show them. The table is in the source: a way is a line there; one
// that is missing is shown by its id.
class WayText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::WayText)

public:
    static QString title(const Plan &plan); // "Forget the snapshot, keep every file"
    static QString explanation(const Plan &plan);
    static QString verb(const Plan &plan); // on the button that does it
    static bool isKnown(const QString &way);

private:
    struct Line;
    static std::span<const Line> lines();
    static const Line *find(const Plan &plan);
    static QString plainVerb(const Intent &intent);
};

} // namespace treewarden
