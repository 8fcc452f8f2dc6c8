// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/steps/steprunner.h"

namespace treewarden::steps {

// A file each. run...() does not look afterwards, runStep() does that by is...Done().
Result<> runSnapshotCall(const Step &step, JobHost &host, const StepContext &context);
Result<bool> isSnapshotCallDone(const Step &step, JobHost &host);
Result<> runMetadata(const Step &step, JobHost &host);
Result<bool> isMetadataDone(const Step &step, JobHost &host);
Result<> runMachine(const Step &step, JobHost &host, const StepContext &context);
Result<bool> isMachineDone(const Step &step, JobHost &host);
Result<> runCommit(const Step &step, JobHost &host, const StepContext &context);
Result<bool> isCommitDone(const Step &step, JobHost &host);
Result<> runFile(const Step &step, JobHost &host, const StepContext &context);
Result<bool> isFileDone(const Step &step, JobHost &host);
Result<> runBackup(const Step &step, JobHost &host, const StepContext &context); // libvirt's part
Result<bool> isBackupDone(const Step &step, JobHost &host);
Result<> runQmpBackup(const Step &step, JobHost &host, const StepContext &context); // QEMU's own jobs
Result<bool> isQmpBackupDone(const Step &step, JobHost &host);
Result<> runBackupFile(const Step &step, JobHost &host, const StepContext &context); // files of a chain
Result<bool> isBackupFileDone(const Step &step, JobHost &host);

// A guest that is held must go on, whatever else fails.
Result<> thaw(const DomainId &domain, JobHost &host);

// Runs a call that saves or loads memory, while another thread asks how far it is and stops it when it is cancelled.
Result<> runWatched(const DomainId &domain, JobHost &host, const StepContext &context,
    const std::function<Result<>(Hypervisor &)> &call);

} // namespace treewarden::steps
