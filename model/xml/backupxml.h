// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QByteArray>
#include <QStringList>

#include <vector>

namespace treewarden {

struct BackupDiskXml
{
    QString target; // the machine's disk
    QString path; // of the qcow2 file that it is copied to

    bool operator==(const BackupDiskXml &) const = default;
};

// What virDomainBackupBegin takes: a <domainbackup> that pushes these disks and no others into files. `since`: the
// checkpoint from which on changes alone are copied; empty: everything is.
QByteArray writeBackup(const std::vector<BackupDiskXml> &disks, const QStringList &otherDisks, const QString &since);
// The <domaincheckpoint> that begins with it: a bitmap on each of these disks.
QByteArray writeCheckpoint(
    const QString &name, const QString &description, const QStringList &disks, const QStringList &otherDisks);
// The files of a <domainbackup> as virDomainBackupGetXMLDesc gives it; those of a pull are where it puts aside what the
// guest writes over. Malformed as readDomain().
Result<std::vector<BackupDiskXml>> readBackup(const QByteArray &document);

} // namespace treewarden
