// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/fakehypervisor.h"

namespace treewarden {

// A host as a user has it: "issue-811" (mixed, off, with a stray tag and a stray overlay), "web-staging" (running,
// external with memory), "golden-base" and its two clones on one shared base, "lost-base" (its backing image is gone),
// "chain" (12 external snapshots), "new" (no snapshots). `now`: seconds since 1970.
std::shared_ptr<FakeHost> sampleHost(qint64 now);

// The UUID of the nth machine above, from 0.
DomainId sampleMachine(int n);

// The definition of a machine that is off, with one qcow2 disk "vda".
QByteArray oneDiskMachine(const QString &name, const QString &uuid, const QString &disk);

} // namespace treewarden
