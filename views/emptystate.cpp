// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/emptystate.h"

#include "views/colors.h"

#include <QFontMetrics>
#include <QPainter>
#include <QTextOption>

namespace treewarden {

void paintEmptyState(
    QPainter &painter, const QRect &area, const SnapshotText::Empty &words, const QFont &font, const QPalette &palette)
{
    QFont titleFont = font;
    titleFont.setPointSizeF(titleFont.pointSizeF() * 1.2);
    const int em = QFontMetrics(font).height();
    QRect left = area.adjusted(em * 2, em, -em * 2, -em);
    left.setTop(left.top() + left.height() / 3 - em);
    const auto paragraph = [&](const QString &text, const QFont &textFont, const QColor &ink) {
        if (text.isEmpty() || left.height() <= 0)
            return;
        QTextOption option(Qt::AlignHCenter | Qt::AlignTop);
        option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere); // in words only what has no other place
        painter.setFont(textFont);
        painter.setPen(ink);
        painter.drawText(QRectF(left), text, option);
        left.setTop(int(painter.boundingRect(QRectF(left), text, option).bottom()) + em / 2);
    };
    const QColor muted = color(ColorRole::Muted, palette);
    paragraph(words.title, titleFont, palette.color(QPalette::Text));
    paragraph(words.hint, font, muted);
    paragraph(words.detail, font, muted);
}

} // namespace treewarden
