// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPalette>

namespace treewarden {

// For screenshots alone: the window itself takes whatever palette the desktop gives it.
QPalette lightPalette();
QPalette darkPalette();

} // namespace treewarden
