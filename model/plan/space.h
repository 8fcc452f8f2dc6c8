// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/draft.h"
#include "model/guard/finding.h"
#include "model/plan/step.h"

namespace treewarden {

// What a merge may take in the folder of the file that it writes: what the overlay holds goes there, but nobody knows
// beforehand how much of it lies over what the base has already.
struct MergeSpace
{
    QString folder;
    Bytes atMost = 0;
    Bytes atLeast = 0;
};
// What the step merges (libvirt's deletion, or a commit), one for each file that it writes; `effects` are the step's. A
// base that is no file takes nothing. `merges` and `space` (see checkSpace()) are of the steps before it as well.
void addMerges(const Step &step, const std::vector<Effect> &effects, const Draft &before,
    std::vector<MergeSpace> &merges, std::vector<std::pair<QString, Bytes>> &space);

// Bytes by folder that are needed, those of merges among them, as Plan::space has them. Findings:
//
// no-space           Block    folder  bytes needed, bytes free
// merge-may-not-fit  Confirm  folder  the same: a merge may need them
// little-space       Warn     folder  the same
// space-unknown      Warn     folder  bytes needed
std::vector<Finding> checkSpace(const Inventory &inventory, const std::vector<std::pair<QString, Bytes>> &space,
    const std::vector<MergeSpace> &merges);

void addSpace(std::vector<std::pair<QString, Bytes>> &space, const QString &folder, Bytes bytes);

} // namespace treewarden
