// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/plan/plan.h"
#include "tests/walk/truth.h"

namespace treewarden::test {

// What a walk says of what it did, for people.
QString explain(const Error &error);
QString describe(const Plan &plan);
// Files, snapshots and machines, so that a report can be read without the walk.
QStringList describe(const Sight &sight);

// Whether the plan has said that this is lost.
bool isNamed(const Plan &plan, const Missed &lost);

// The machines have no guest, so nobody obeys.
bool asksTheGuest(const Plan &plan);

} // namespace treewarden::test
