// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/result.h"
#include "model/domain/nbdvolume.h"

#include <QByteArray>
#include <QString>

#include <optional>
#include <utility>
#include <vector>

// QEMU's own copying of disks that a machine goes on writing to.
namespace treewarden::qmp {

// Everything here is named so that nobody has to remember it: whoever knows the file knows the job and the node.
QString nameOfJob(const QString &target, const QString &file);
inline constexpr QLatin1StringView Prefix{"treewarden-"};

// A qcow2 image that is there, as a node of that name.
QByteArray addImage(const QString &node, const QString &file);
QByteArray addVolume(const QString &node, const NbdVolume &volume); // raw, as big as it is
QByteArray deleteNode(const QString &node);

struct DiskCopy
{
    QString job; // and what the node of the target is called
    QString source; // node
    // Nodes with the bitmap that says what changed, topmost first, and that bitmap. Empty: all of it.
    std::vector<std::pair<QString, QString>> since = {};
    QString bitmap = {}; // that begins at this moment; empty: none
};
struct CopyOptions
{
    bool topOnly = false;
    bool compress = false;
    Bytes speed = 0;
};
// All disks at one moment: bitmaps begin and copies start in one transaction. Each copy succeeds or fails by itself.
// Jobs stay until they are dismissed, so that how they ended is known.
QByteArray beginCopies(const std::vector<DiskCopy> &disks, const CopyOptions &options);
// The bitmap that the copy of an increment reads, on its source's node: the bitmaps of all layers together.
QString mergedBitmap(const QString &job);
QByteArray removeBitmap(const QString &node, const QString &bitmap);

struct Job
{
    QString id;
    QString status; // QEMU's JobStatus: "running", "paused", "concluded", ...
    Bytes done = 0;
    Bytes total = 0;
    QString error; // empty: none
};
QByteArray queryJobs();
Result<std::vector<Job>> readJobs(const QByteArray &reply); // errors as readReplyList()
QByteArray dismissJob(const QString &job);

// Of a command that answers with nothing. Errors as readReplyObject().
Result<> readDone(const QByteArray &reply);

} // namespace treewarden::qmp
