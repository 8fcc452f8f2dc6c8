// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/item/snapshotmodel.h"

#include <QIcon>
#include <QPalette>

class QPainter;

namespace treewarden {

// The marks of the snapshot tree. Each has a shape of its own besides its colour.
enum class SnapshotGlyph {
    Internal, // filled circle
    External, // stacked squares
    ExternalWithMemory, // the same with a memory mark
    DataMissing, // hollow circle: metadata without data
    Unknown, // dashed square: data without metadata
    Here, // pin
    Problem, // triangle with an exclamation mark
};

SnapshotGlyph glyphFor(const SnapshotItem &item);

// In the square in the middle of `rect`; colours that keep their contrast on the palette's Base.
void paintGlyph(QPainter &painter, SnapshotGlyph glyph, const QRectF &rect, const QPalette &palette);

// Sharp in every size; follows the application's palette.
QIcon glyphIcon(SnapshotGlyph glyph);

} // namespace treewarden
