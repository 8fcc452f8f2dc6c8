// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace treewarden {

// Holds our own reading of a qcow2 image against qemu-img's, field by field. Fails the running test function where they
// differ or where one of them cannot read it; then QTest::currentTestFailed().
void compareWithQemuImg(const QString &path);

// The same for every image of readImagesBelow(). Says how many there are: where a test made some, none is a mistake.
int compareImagesBelow(const QString &folder);

} // namespace treewarden
