// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QPalette>

namespace treewarden {

// What a colour means. Each has a light and a dark value that keeps a contrast of at least 3:1 (marks) or 4.5:1
// (text) against the palette's Base and Window.
enum class ColorRole {
    Internal, // internal snapshots: blue
    External, // external snapshots: orange
    Here, // where the machine is, running machines: green
    Danger,
    Warning,
    Muted, // second lines, units, captions
    Line, // hairlines around cards and lanes at rest
    BadgeNeutral, // backgrounds of badges, text on them is BadgeText*
    BadgeWarning,
    BadgeDanger,
    BadgeSafe,
    BadgeWarningText,
    BadgeDangerText,
    BadgeSafeText,
};

bool isDark(const QPalette &palette);
QColor color(ColorRole role, const QPalette &palette);
// The palette with a selection so light that text and marks keep their own colours on it.
QPalette withSoftSelection(QPalette palette);

// The palette for check boxes and radio buttons on a window: Qt's own style draws them dark on dark.
QPalette withVisibleBoxes(QPalette palette);

} // namespace treewarden
