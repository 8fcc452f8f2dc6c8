// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/imageeditor.h"

namespace treewarden {

// The bytes of one open file into another, new one: shared where the file system can (a reflink), else copied without
// what is not there (holes). Cancelled where `progress` says stop. Counts the bytes that are there.
Result<> copyContents(int from, int to, const QString &path, const EditProgress &progress);

} // namespace treewarden
