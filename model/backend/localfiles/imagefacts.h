// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"
#include "model/domain/image.h"

namespace treewarden {

// What the editor must know of an image before and after it changes it.

Result<ImageFacts> qcow2Facts(const QString &path); // Malformed where it is none
// The same of an image that qemu-img may be given: not encrypted, no data file, and each layer below named as a plain
// file with its format, so that QEMU opens what the guard has seen and guesses nothing.
Result<ImageFacts> editableFacts(const QString &path);
Result<Bytes> virtualSize(const QString &path, const QString &format);
QString backingPath(const QString &path, const ImageFacts &facts); // absolute; empty: none
// The one tag that the name means to any version of qemu-img, some of which look among the numbers first. NotFound, or
// Malformed where it could be two.
Result<Tag> tagNamed(const QString &path, const ImageFacts &facts, const QString &name);

} // namespace treewarden
