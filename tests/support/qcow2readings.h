// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"
#include "model/domain/image.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

namespace treewarden {

// Runs a program to its end. Failed, with what it wrote to stderr, unless it exits with 0; NotFound, with the line that
// installs it on Debian, when it is not there.
Result<QByteArray> runTool(const QString &program, const QStringList &arguments, const QByteArray &input = {});

// What `qemu-img info -U` says of a qcow2 image.
Result<QJsonObject> qemuImgInfo(const QString &path);

// Our own reading of a qcow2 image beside qemu-img's: a line for each field in which they differ.
QStringList differences(const ImageFacts &ours, const QJsonObject &theirs);

// The same for an image, where one that only one of the two can read differs, too.
QStringList differencesOf(const QString &path);

// The same for every qcow2 image in a folder and below it, hidden ones too, that no running machine writes to. One that
// neither can read is none.
struct ReadImages
{
    int count = 0; // one that nobody wrote to since it was read needs no second look, and counts
    QStringList differences; // each with the path
};
ReadImages readImagesBelow(const QString &folder);

} // namespace treewarden
