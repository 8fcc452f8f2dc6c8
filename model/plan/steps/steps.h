// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/draft.h"
#include "model/plan/step.h"

// What the families of steps share; for play() alone.
namespace treewarden::steps {

// One for each family: what the step does to the draft.
Result<> playSnapshotCall(
    const Step &step, Draft &draft); // snapshots.cpp: create, revert, delete, as libvirt does them
Result<> playMetadata(const Step &step, Draft &draft); // metadata.cpp: forget, rename, describe, ...
Result<> playMachine(const Step &step, Draft &draft); // machine.cpp: power, definition, saved memory, live commit
Result<> playFile(const Step &step, Draft &draft); // files.cpp
Result<> playBackup(const Step &step, Draft &draft); // backups.cpp

// deletion.cpp
Result<> deleteInternal(const DraftDomain &domain, const Snapshot &snapshot, Draft &draft);
Result<> deleteExternal(const DraftDomain &domain, const Snapshot &snapshot, Draft &draft);

// The image of a disk as a definition names it; null: it is not there.
const DraftImage *imageOf(const Draft &draft, const DomainDefinition &definition, const QString &target);
// The definition with other files as disks.
std::shared_ptr<const DomainDefinition> withDisks(
    const DomainDefinition &definition, const std::vector<StepDisk> &disks);
// libvirt would refuse, or it cannot be done; `finding` is the id of why.
tl::unexpected<Error> refuses(const QString &finding, const QString &subject);

} // namespace treewarden::steps
