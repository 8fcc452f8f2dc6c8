// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/card.h"

#include <QPainter>

namespace treewarden {

Card::Card(ColorRole line, QWidget *parent)
    : QFrame(parent)
    , m_line(line)
{
}

void Card::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(color(m_line, palette()));
    painter.setBrush(palette().base());
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
}

} // namespace treewarden
