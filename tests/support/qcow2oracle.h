// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

namespace treewarden {

// Runs a program to its end. Failed, with what it wrote to stderr, unless it exits with 0; NotFound, with the line that
// installs it on Debian, when it is not there.
Result<QByteArray> runTool(const QString &program, const QStringList &arguments, const QByteArray &input = {});

// What `qemu-img info -U` says of a qcow2 image.
Result<QJsonObject> qemuImgInfo(const QString &path);

// Holds our own reading of a qcow2 image against qemu-img's, field by field. Fails the running test function where they
// differ or where one of them cannot read it; then QTest::currentTestFailed().
void compareWithQemuImg(const QString &path);

// The same for every qcow2 image in a folder and below it, hidden ones too, that no running machine writes to. One that
// neither can read is none. Says how many were compared.
int compareImagesBelow(const QString &folder);

} // namespace treewarden
