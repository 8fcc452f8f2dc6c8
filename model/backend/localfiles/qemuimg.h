// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/imageeditor.h"

#include <QByteArray>
#include <QStringList>

namespace treewarden {

// One run of qemu-img, to its end. No shell; paths are absolute, so that none of them reads as an option or a protocol.
struct QemuImg
{
    QStringList arguments; // with -p where there is `progress`
    QString subject; // of an error
    // Told what part of `total` is done, as qemu-img says it.
    EditProgress progress = {};
    Bytes total = 0;
    // Whether a progress that says stop ends it. Only for what writes nothing but a new file.
    bool canStop = false;
    int acceptedExit = 0; // an exit code that is a success beside 0
};

// What it printed. Cancelled; Busy where a process has an image open; NotFound, PermissionDenied; Failed with
// qemu-img's own words.
Result<QByteArray> runQemuImg(const QemuImg &run);

} // namespace treewarden
