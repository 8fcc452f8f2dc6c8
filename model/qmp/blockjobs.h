// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"
#include "model/domain/inventory.h"

#include <QByteArray>
#include <QStringList>

#include <vector>

namespace treewarden {

QByteArray queryBlockJobs();

// The jobs of the whole reply; errors as readReplyList(). libvirt names its own after what they do and the disk
// ("commit-vda-libvirt-3-format", qemuBlockJobNewCommon's callers); one with another name is somebody else's. `targets`
// are the machine's disks.
Result<std::vector<BlockJob>> readBlockJobs(const QByteArray &reply, const QStringList &targets);

// The same with what is only of interest while it is looked at.
struct BlockJobState
{
    BlockJob job;
    bool isOurs = false; // Treewarden began it, behind libvirt's back
    QString status; // QEMU's JobStatus: "running", "paused", "concluded", ...
    Bytes done = 0;
    Bytes total = 0; // 0: not known
    Bytes speed = 0; // a second, at most; 0: as fast as it goes
};
Result<std::vector<BlockJobState>> readBlockJobStates(const QByteArray &reply, const QStringList &targets);

QByteArray pauseJob(const QString &job);
QByteArray resumeJob(const QString &job);
QByteArray cancelJob(const QString &job);
QByteArray setSpeed(const QString &job, Bytes speed);

} // namespace treewarden
