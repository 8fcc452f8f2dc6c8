// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/plan/plan.h"
#include "tests/walk/oracle.h"

namespace treewarden::test {

// Where what a host has after a plan is not what the plan said of it; a line each. Files that were made, removed and
// written (by their bytes), backing images, tags, contents (what was to stay the same is), machines, snapshots.
QStringList unlikePredicted(const Draft &before, const Plan &plan, const Sight &was, const Sight &is);

} // namespace treewarden::test
