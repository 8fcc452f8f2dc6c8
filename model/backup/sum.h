// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytesource.h"

#include <QString>

#include <functional>

namespace treewarden {

// The SHA-256 of all of it, hexadecimal. `goesOn` is told how many bytes were added since it was last asked; Cancelled
// where it says no. By libcrypto, which is ten times as fast as QCryptographicHash of Qt 6.4.
Result<QString> sha256Of(ByteSource &source, const std::function<bool(Bytes)> &goesOn);

} // namespace treewarden
