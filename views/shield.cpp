// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/shield.h"

#include "views/colors.h"
#include "views/text/plantext.h"

#include <QPainter>
#include <QPainterPath>

namespace treewarden {

namespace {

// In a square of side 1.
QPainterPath outline()
{
    QPainterPath path(QPointF(0.5, 0.06));
    path.cubicTo(0.62, 0.15, 0.76, 0.2, 0.9, 0.21);
    path.lineTo(0.9, 0.48);
    path.cubicTo(0.9, 0.72, 0.72, 0.87, 0.5, 0.95);
    path.cubicTo(0.28, 0.87, 0.1, 0.72, 0.1, 0.48);
    path.lineTo(0.1, 0.21);
    path.cubicTo(0.24, 0.2, 0.38, 0.15, 0.5, 0.06);
    path.closeSubpath();
    return path;
}

QColor inkOf(Verdict verdict, const QPalette &palette)
{
    switch (verdict) {
    case Verdict::Allow:
        return color(ColorRole::Muted, palette);
    case Verdict::Warn:
    case Verdict::Confirm:
        return color(ColorRole::Warning, palette);
    case Verdict::Block:
        return color(ColorRole::Danger, palette);
    }
    Q_UNREACHABLE();
}

} // namespace

void paintShield(QPainter &painter, Verdict verdict, const QRectF &rect, const QPalette &palette)
{
    const qreal side = std::min(rect.width(), rect.height());
    const QColor ink = inkOf(verdict, palette);
    const bool filled = verdict >= Verdict::Confirm;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(rect.center() - QPointF(side / 2, side / 2));
    painter.scale(side, side);
    painter.setPen(QPen(ink, 0.085, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(filled ? QBrush(ink) : QBrush(Qt::NoBrush));
    painter.drawPath(outline());

    const QColor mark = filled ? palette.color(QPalette::Base) : ink;
    painter.setPen(QPen(mark, filled ? 0.12 : 0.1, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    switch (verdict) {
    case Verdict::Allow:
        painter.drawPolyline(QPolygonF({QPointF(0.33, 0.5), QPointF(0.46, 0.63), QPointF(0.68, 0.37)}));
        break;
    case Verdict::Warn:
        painter.setPen(Qt::NoPen);
        painter.setBrush(mark);
        painter.drawEllipse(QPointF(0.5, 0.49), 0.13, 0.13);
        break;
    case Verdict::Confirm:
        painter.drawLine(QPointF(0.5, 0.3), QPointF(0.5, 0.52));
        painter.drawPoint(QPointF(0.5, 0.71));
        break;
    case Verdict::Block:
        painter.drawLine(QPointF(0.37, 0.36), QPointF(0.63, 0.62));
        painter.drawLine(QPointF(0.63, 0.36), QPointF(0.37, 0.62));
        break;
    }
    painter.restore();
}

ShieldMark::ShieldMark(Verdict verdict, qreal lines, QWidget *parent)
    : QWidget(parent)
    , m_verdict(verdict)
{
    const int side = int(fontMetrics().height() * lines);
    setFixedSize(side, side);
    setVerdict(verdict);
}

void ShieldMark::setVerdict(Verdict verdict)
{
    m_verdict = verdict;
    setAccessibleName(PlanText::spokenVerdict(verdict));
    update();
}

void ShieldMark::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintShield(painter, m_verdict, rect(), palette());
}

} // namespace treewarden
