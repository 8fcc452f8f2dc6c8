// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/snapshotglyph.h"

#include "views/colors.h"

#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPainterPath>

namespace treewarden {

namespace {

// All shapes are drawn on a grid of 16 by 16.
constexpr qreal Grid = 16;

void paintStack(QPainter &painter, const QPalette &palette, bool withMemory)
{
    const QColor orange = color(ColorRole::External, palette);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(orange, 1.5));
    painter.drawRoundedRect(QRectF(5.75, 1.75, 8.5, 8.5), 1.5, 1.5);
    // The front square stands clear of the one behind it.
    painter.setPen(Qt::NoPen);
    painter.setBrush(palette.color(QPalette::Base));
    painter.drawRoundedRect(QRectF(0.5, 4, 11.5, 11.5), 2, 2);
    painter.setBrush(orange);
    painter.drawRoundedRect(QRectF(1.5, 5, 9.5, 9.5), 1.5, 1.5);
    if (withMemory) {
        painter.setBrush(palette.color(QPalette::Base));
        painter.drawRect(QRectF(8, 0, 8, 6));
        painter.setBrush(palette.color(QPalette::Text));
        painter.drawRoundedRect(QRectF(9, 0.5, 6.5, 4.5), 1, 1);
        for (const qreal leg : {10.25, 12.0, 13.75})
            painter.drawRect(QRectF(leg - 0.4, 5, 0.9, 1.2));
    }
}

void paintPin(QPainter &painter, const QPalette &palette)
{
    QPainterPath pin;
    pin.moveTo(8, 15.5);
    pin.cubicTo(7.2, 13.2, 3, 9.8, 3, 6);
    pin.arcTo(QRectF(3, 1, 10, 10), 180, -180);
    pin.cubicTo(13, 9.8, 8.8, 13.2, 8, 15.5);
    pin.addEllipse(QPointF(8, 6), 2, 2);
    painter.fillPath(pin, color(ColorRole::Here, palette));
}

void paintProblem(QPainter &painter, const QPalette &palette)
{
    QPainterPath triangle;
    triangle.moveTo(8, 2);
    triangle.lineTo(15, 14);
    triangle.lineTo(1, 14);
    triangle.closeSubpath();
    const QColor warning = color(ColorRole::Warning, palette);
    painter.setPen(QPen(warning, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(warning);
    painter.drawPath(triangle);
    painter.setPen(QPen(palette.color(QPalette::Base), 1.6, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(QPointF(8, 6.5), QPointF(8, 9.7));
    painter.drawPoint(QPointF(8, 12.2));
}

class GlyphEngine : public QIconEngine
{
public:
    explicit GlyphEngine(SnapshotGlyph glyph)
        : m_glyph(glyph)
    {
    }

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State) override
    {
        painter->save();
        if (mode == QIcon::Disabled)
            painter->setOpacity(0.4);
        paintGlyph(*painter, m_glyph, rect, QGuiApplication::palette());
        painter->restore();
    }
    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap result(size);
        result.fill(Qt::transparent);
        QPainter painter(&result);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return result;
    }
    QIconEngine *clone() const override { return new GlyphEngine(*this); }

private:
    SnapshotGlyph m_glyph;
};

} // namespace

SnapshotGlyph glyphFor(const SnapshotItem &item)
{
    switch (item.kind) {
    case RowKind::Here:
        return SnapshotGlyph::Here;
    case RowKind::Orphan:
        return item.orphanKind == OrphanKind::Metadata ? SnapshotGlyph::DataMissing : SnapshotGlyph::Unknown;
    case RowKind::Snapshot:
        break;
    }
    if (item.dataMissing)
        return SnapshotGlyph::DataMissing;
    if (item.snapshotKind == SnapshotKind::Internal)
        return SnapshotGlyph::Internal;
    return item.memory == MemoryKind::None ? SnapshotGlyph::External : SnapshotGlyph::ExternalWithMemory;
}

void paintGlyph(QPainter &painter, SnapshotGlyph glyph, const QRectF &rect, const QPalette &palette)
{
    const qreal side = std::min(rect.width(), rect.height());
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(rect.center() - QPointF(side, side) / 2);
    painter.scale(side / Grid, side / Grid);
    switch (glyph) {
    case SnapshotGlyph::Internal:
        painter.setPen(Qt::NoPen);
        painter.setBrush(color(ColorRole::Internal, palette));
        painter.drawEllipse(QPointF(8, 8), 6.25, 6.25);
        break;
    case SnapshotGlyph::External:
        paintStack(painter, palette, false);
        break;
    case SnapshotGlyph::ExternalWithMemory:
        paintStack(painter, palette, true);
        break;
    case SnapshotGlyph::DataMissing:
        painter.setPen(QPen(color(ColorRole::Danger, palette), 2));
        painter.setBrush(palette.color(QPalette::Base));
        painter.drawEllipse(QPointF(8, 8), 5.5, 5.5);
        break;
    case SnapshotGlyph::Unknown: {
        QPen pen(color(ColorRole::Muted, palette), 1.5);
        pen.setDashPattern({2, 1.5});
        pen.setCapStyle(Qt::FlatCap);
        painter.setPen(pen);
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(2.25, 2.25, 11.5, 11.5), 2, 2);
        break;
    }
    case SnapshotGlyph::Here:
        paintPin(painter, palette);
        break;
    case SnapshotGlyph::Problem:
        paintProblem(painter, palette);
        break;
    }
    painter.restore();
}

QIcon glyphIcon(SnapshotGlyph glyph)
{
    return QIcon(new GlyphEngine(glyph));
}

} // namespace treewarden
