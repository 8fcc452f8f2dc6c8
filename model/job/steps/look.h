// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/jobhost.h"
#include "model/plan/step.h"

#include <map>

namespace treewarden::look {

// Single facts of a host, as they are now. An error: it could not be found out. A path may be a volume's name, as a
// definition has it.
// By the first store that knows it.
Result<FileStatus> status(const JobHost &host, const QString &path);
QStringList pinsBeside(const JobHost &host, const QString &path); // as of isPin(); none where nobody can look
Result<bool> exists(const JobHost &host, const QString &path);
Result<ImageFacts> image(const JobHost &host, const QString &path); // NotFound where it is not there
Result<QString> backing(const JobHost &host, const QString &path); // the path; empty: none
Result<DomainState> state(JobHost &host, const DomainId &domain);
// libvirt's id of this run of the machine: another one each time that a QEMU is started for it. Empty: it is off.
Result<QString> run(JobHost &host, const DomainId &domain);
Result<bool> hasManagedSave(JobHost &host, const DomainId &domain);
Result<DomainDefinition> definition(JobHost &host, const DomainId &domain, Hypervisor::Definition which);
Result<Snapshot> snapshot(JobHost &host, const DomainId &domain, const QString &name);
Result<std::map<QString, QByteArray>> snapshots(JobHost &host, const DomainId &domain); // the documents by name
// Whether these disks have these files.
bool matches(const DomainDefinition &definition, const std::vector<StepDisk> &disks);

} // namespace treewarden::look
