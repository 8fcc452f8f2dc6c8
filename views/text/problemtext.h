// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/assessment.h"

#include <QCoreApplication>

namespace treewarden {

class ProblemText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::ProblemText)

public:
    // `at` is the snapshot that it is shown at, where it is one of Problem::alsoAt.
    static QString sentence(const Problem &problem, const QString &at = {});
};

} // namespace treewarden
