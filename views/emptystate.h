// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/text/snapshottext.h"

class QFont;
class QPainter;
class QPalette;
class QRect;

namespace treewarden {

// Why there is nothing to show, centred, a third down. Breaks lines to fit.
void paintEmptyState(
    QPainter &painter, const QRect &area, const SnapshotText::Empty &words, const QFont &font, const QPalette &palette);

} // namespace treewarden
