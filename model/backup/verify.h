// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/imageeditor.h"
#include "model/backend/imagestore.h"
#include "model/domain/backup.h"

#include <optional>

namespace treewarden {

// What is wrong with a file of a backup.
enum class BackupFault {
    Missing,
    Unreadable,
    Size, // another than was written down
    Sum, // the same
    NoImage, // no qcow2 image, or not of the disk's size
    Backing, // it does not rest on the file of the point before
    Damaged, // qemu-img check says so
    Unfinished, // a volume that was being brought to another point
    NotRead, // a volume: only who opens it can say
};

struct CheckedFile
{
    QString path;
    std::optional<BackupFault> fault; // none: it is as it was written
    QString detail = {}; // in the words of whoever found it
};

struct CheckedPoint
{
    BackupPoint point;
    std::vector<CheckedFile> files;
};

struct CheckedChain
{
    QString folder;
    std::vector<CheckedPoint> points;
    bool isWhole() const;
};

// How many bytes of all were read; false: stop.
using VerifyProgress = std::function<bool(Bytes done, Bytes total)>;

// An image before it is finished, by its name then: what it rests on, its size, and what qemu-img check says. Sets size
// and sum of `disk`. `goesOn` as for sha256Of().
Result<> examineImage(ImageStore &store, ImageEditor &editor, const QString &path, const QString &folder,
    BackupDisk &disk, const std::function<bool(Bytes)> &goesOn);

// Reads every file of a chain: sums, sizes, headers, qemu-img check. An error: the manifest cannot be read, or it was
// stopped (Cancelled). Blocks.
Result<CheckedChain> verifyChain(
    ImageStore &store, ImageEditor &editor, const QString &folder, const VerifyProgress &progress = {});

} // namespace treewarden
