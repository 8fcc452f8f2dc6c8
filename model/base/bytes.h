// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtGlobal>

namespace treewarden {

// A number of bytes. Never sectors, never KiB: what libvirt gives in KiB is converted where it is read.
using Bytes = quint64;

inline constexpr Bytes KiB = 1024;
inline constexpr Bytes MiB = 1024 * KiB;
inline constexpr Bytes GiB = 1024 * MiB;

} // namespace treewarden
