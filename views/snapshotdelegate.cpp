// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/snapshotdelegate.h"

#include "model/item/verdicts.h"
#include "views/colors.h"
#include "views/shield.h"
#include "views/snapshotglyph.h"
#include "views/text/snapshottext.h"

#include <QApplication>
#include <QPainter>
#include <QPainterPath>

#include <cmath>

namespace treewarden {

namespace {

// Every measure follows from the height of a line of text, so that a row scales with font and screen.
struct Metrics
{
    explicit Metrics(const QFont &font)
        : nameFont(font)
        , secondFont(font)
    {
        if (font.pointSizeF() > 0)
            secondFont.setPointSizeF(font.pointSizeF() * 0.92);
        else
            secondFont.setPixelSize(std::max(1, int(std::lround(font.pixelSize() * 0.92))));
        nameHeight = QFontMetrics(nameFont).height();
        secondHeight = QFontMetrics(secondFont).height();
        rowHeight = nameHeight + secondHeight + std::max(8, nameHeight * 3 / 4);
        lane = nameHeight * 4 / 3;
        glyph = nameHeight * 0.95;
        padding = nameHeight / 2;
    }

    QFont nameFont;
    QFont secondFont;
    int nameHeight;
    int secondHeight;
    int rowHeight;
    int lane; // from the middle of one lane to that of the next
    qreal glyph;
    int padding;
};

QColor mixed(const QColor &a, const QColor &b, qreal shareOfB)
{
    return QColor::fromRgbF(float(a.redF() + (b.redF() - a.redF()) * shareOfB),
        float(a.greenF() + (b.greenF() - a.greenF()) * shareOfB),
        float(a.blueF() + (b.blueF() - a.blueF()) * shareOfB));
}

// Draws the lanes of one cell. Straight lines lie on whole device pixels.
class LanePainter
{
public:
    LanePainter(QPainter &painter, const QRect &cell, const Metrics &metrics, const QStyleOptionViewItem &option)
        : m_painter(painter)
        , m_cell(cell)
        , m_metrics(metrics)
        , m_rightToLeft(option.direction == Qt::RightToLeft)
        , m_ratio(painter.device()->devicePixelRatioF())
        , m_width(std::max(1.0, std::round(1.5 * m_ratio)) / m_ratio)
        , m_color(mixed(color(ColorRole::Muted, option.palette), option.palette.color(QPalette::Base), 0.3))
    {
    }

    qreal x(int lane) const
    {
        const int offset = m_metrics.padding + m_metrics.lane / 2 + lane * m_metrics.lane;
        return m_rightToLeft ? m_cell.right() + 1 - offset : m_cell.left() + offset;
    }
    qreal middle() const { return m_cell.top() + m_cell.height() / 2.0; }

    void paint(const LaneDrawing &drawing)
    {
        const qreal top = m_cell.top();
        const qreal bottom = m_cell.top() + m_cell.height();
        // A line ends where the mark begins, which may be hollow.
        const qreal clear = m_metrics.glyph / 2 + 1;
        for (int lane = 0; lane < drawing.lane; ++lane)
            vertical(x(lane), top, bottom, LaneLine::Solid);
        vertical(x(drawing.lane), top, middle() - clear, drawing.above);
        vertical(x(drawing.lane), middle() + clear, bottom, drawing.below);
        if (drawing.lane > 0) {
            branch(drawing.lane, top, drawing.branchAbove);
            branch(drawing.lane, bottom, drawing.branchBelow);
        }
    }

private:
    qreal snapped(qreal position) const { return std::round(position * m_ratio) / m_ratio; }

    void vertical(qreal at, qreal from, qreal to, LaneLine line)
    {
        if (line == LaneLine::None || to <= from)
            return;
        const qreal left = snapped(at - m_width / 2);
        if (line == LaneLine::Solid) {
            m_painter.fillRect(QRectF(left, from, m_width, to - from), m_color);
            return;
        }
        for (qreal y = from + m_width; y + m_width <= to; y += 2.5 * m_width)
            m_painter.fillRect(QRectF(left, snapped(y), m_width, m_width), m_color);
    }

    // From the lane before, at the row's edge, around the corner to the mark.
    void branch(int lane, qreal edge, LaneLine line)
    {
        if (line == LaneLine::None)
            return;
        const qreal from = snapped(x(lane - 1) - m_width / 2) + m_width / 2;
        const qreal y = snapped(middle() - m_width / 2) + m_width / 2;
        const qreal towards = m_rightToLeft ? -1 : 1;
        const qreal to = x(lane) - towards * (m_metrics.glyph / 2 + 1);
        const qreal radius = std::min(m_metrics.lane / 2.0, std::abs(edge - y));
        const qreal outwards = edge < y ? -1 : 1;
        QPainterPath path(QPointF(from, edge));
        path.lineTo(from, y + outwards * radius);
        path.quadTo(QPointF(from, y), QPointF(from + towards * radius, y));
        path.lineTo(to, y);
        QPen pen(m_color, m_width, Qt::SolidLine, Qt::FlatCap);
        if (line == LaneLine::Gap)
            pen.setDashPattern({1, 1.5});
        m_painter.save();
        m_painter.setRenderHint(QPainter::Antialiasing);
        m_painter.setBrush(Qt::NoBrush);
        m_painter.setPen(pen);
        m_painter.drawPath(path);
        m_painter.restore();
    }

    QPainter &m_painter;
    const QRect m_cell;
    const Metrics &m_metrics;
    const bool m_rightToLeft;
    const qreal m_ratio;
    const qreal m_width;
    const QColor m_color;
};

void paintChevron(QPainter &painter, const QRectF &rect, bool folded, bool rightToLeft, const QColor &ink)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(ink, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.translate(rect.center());
    if (folded)
        painter.rotate(rightToLeft ? 90 : -90);
    const qreal size = rect.height() / 4;
    painter.drawPolyline(QPolygonF({QPointF(-size, -size / 2), QPointF(0, size / 2), QPointF(size, -size / 2)}));
    painter.restore();
}

void paintFoldMark(QPainter &painter, const QRect &mark, const Metrics &metrics, const QStyleOptionViewItem &option,
    const SnapshotItem &item)
{
    const bool rightToLeft = option.direction == Qt::RightToLeft;
    QRectF chevron(mark);
    const QColor ink
        = item.drawing.folded ? option.palette.color(QPalette::Text) : color(ColorRole::Muted, option.palette);
    if (item.drawing.folded) {
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(color(ColorRole::BadgeNeutral, option.palette));
        painter.drawRoundedRect(mark, mark.height() / 2.0, mark.height() / 2.0);
        painter.restore();
        chevron = QStyle::visualRect(option.direction, mark,
            QRect(mark.left() + metrics.padding / 2, mark.top(), mark.height() - 2, mark.height()));
        const QRect text = QStyle::visualRect(
            option.direction, mark, mark.adjusted(mark.height() + metrics.padding / 4, 0, -metrics.padding, 0));
        painter.setFont(metrics.secondFont);
        painter.setPen(ink);
        painter.drawText(text, Qt::AlignCenter | Qt::TextSingleLine, SnapshotText::hidden(item.drawing.hidden));
    }
    paintChevron(painter, chevron, item.drawing.folded, rightToLeft, ink);
}

void paintLine(QPainter &painter, const QRect &rect, const QFont &font, const QColor &ink,
    Qt::LayoutDirection direction, const QString &text)
{
    const int flags = int(QStyle::visualAlignment(direction, Qt::AlignLeft) | Qt::AlignVCenter | Qt::AlignAbsolute)
        | int(Qt::TextSingleLine);
    painter.setFont(font);
    painter.setPen(ink);
    painter.drawText(
        rect, flags, QFontMetrics(font).elidedText(text, Qt::ElideRight, rect.width(), Qt::TextSingleLine));
}

void paintSnapshot(
    QPainter &painter, const QStyleOptionViewItem &option, const SnapshotItem &item, const QString &secondLine)
{
    const Metrics metrics(option.font);
    const QRect &cell = option.rect;
    const QPalette &palette = option.palette;
    LanePainter lanes(painter, cell, metrics, option);
    lanes.paint(item.drawing);

    QRectF glyph(0, 0, metrics.glyph, metrics.glyph);
    glyph.moveCenter(QPointF(lanes.x(item.drawing.lane), lanes.middle()));
    painter.setOpacity(item.drawing.muted ? 0.45 : 1);
    paintGlyph(painter, glyphFor(item), glyph, palette);
    painter.setOpacity(1);

    const int textStart = metrics.padding + (item.drawing.lane + 1) * metrics.lane + metrics.padding / 3;
    QRect text = cell.adjusted(textStart, 0, -metrics.padding, 0);
    const QRect mark = SnapshotDelegate::foldMark(QRect(QPoint(), cell.size()), option, item);
    const bool showsMark = !mark.isEmpty()
        && (item.drawing.folded || option.state.testAnyFlags(QStyle::State_MouseOver | QStyle::State_Selected));
    if (showsMark)
        text.adjust(0, 0, -mark.width(), 0);
    text.setTop(cell.top() + (cell.height() - metrics.nameHeight - metrics.secondHeight) / 2);
    QRect nameRect(text.topLeft(), QSize(text.width(), metrics.nameHeight));
    const QRect secondRect(QPoint(text.left(), nameRect.bottom() + 1), QSize(text.width(), metrics.secondHeight));

    QFont nameFont = metrics.nameFont;
    QFont secondFont = metrics.secondFont;
    const QColor muted = color(ColorRole::Muted, palette);
    QColor ink = item.drawing.muted ? muted : palette.color(QPalette::Text);
    if (item.kind == RowKind::Here) {
        nameFont.setBold(true);
        ink = color(ColorRole::Here, palette);
    }
    const auto visual = [&](const QRect &rect) { return QStyle::visualRect(option.direction, cell, rect); };
    if (!item.problems.isEmpty()) {
        const int side = metrics.nameHeight;
        const int width = std::min(QFontMetrics(nameFont).horizontalAdvance(SnapshotText::name(item)) + side / 4,
            std::max(0, nameRect.width() - side * 3 / 2));
        nameRect.setWidth(width);
        paintGlyph(painter, SnapshotGlyph::Problem,
            visual(QRect(nameRect.right() + side / 2, nameRect.top() + 1, side - 2, side - 2)), palette);
    }
    paintLine(painter, visual(nameRect), nameFont, ink, option.direction, SnapshotText::name(item));
    paintLine(painter, visual(secondRect), secondFont, item.kind == RowKind::Here ? ink : muted, option.direction,
        secondLine);
    if (showsMark)
        paintFoldMark(painter, SnapshotDelegate::foldMark(cell, option, item), metrics, option, item);
}

} // namespace

QRect SnapshotDelegate::foldMark(const QRect &cell, const QStyleOptionViewItem &option, const SnapshotItem &item)
{
    if (!item.drawing.foldable)
        return {};
    const Metrics metrics(option.font);
    const int height = metrics.nameHeight + 4;
    int width = height;
    if (item.drawing.folded)
        width += QFontMetrics(metrics.secondFont).horizontalAdvance(SnapshotText::hidden(item.drawing.hidden))
            + metrics.padding * 3 / 2;
    const QRect mark(
        cell.right() + 1 - metrics.padding / 2 - width, cell.top() + (cell.height() - height) / 2, width, height);
    return QStyle::visualRect(option.direction, cell, mark);
}

void SnapshotDelegate::initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    option->state &= ~QStyle::State_HasFocus; // the view frames the whole row
    const SnapshotItem item = index.data(SnapshotModel::ItemRole).value<SnapshotItem>();
    const bool isUnknown = index.column() == SnapshotModel::OnlyHereColumn
        && index.data(SnapshotModel::OnlyHereRole).value<Fact<Bytes>>().isUnknown();
    if (item.drawing.muted || isUnknown) {
        const QColor muted = color(ColorRole::Muted, option->palette);
        option->palette.setColor(QPalette::Text, muted);
        option->palette.setColor(QPalette::HighlightedText, muted);
    }
}

void SnapshotDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const SnapshotItem item = index.data(SnapshotModel::ItemRole).value<SnapshotItem>();
    if (index.column() == SnapshotModel::DeleteColumn) {
        QStyledItemDelegate::paint(painter, option, index);
        const QVariant verdict = index.data(SnapshotModel::VerdictRole);
        if (verdict.isValid()) {
            const Metrics metrics(option.font);
            const qreal side = metrics.nameHeight * 1.15;
            const QRect start(option.rect.left() + metrics.padding, option.rect.top(), int(side), option.rect.height());
            paintShield(*painter, verdict.value<RowVerdict>().verdict,
                QStyle::visualRect(option.direction, option.rect, start), option.palette);
        }
    } else if (index.column() != SnapshotModel::SnapshotColumn) {
        QStyledItemDelegate::paint(painter, option, index);
    } else {
        QStyleOptionViewItem opt = option;
        opt.index = index;
        const QWidget *widget = option.widget;
        (widget ? widget->style() : QApplication::style())
            ->drawPrimitive(QStyle::PE_PanelItemViewItem, &opt, painter, widget);
        painter->save();
        painter->setClipRect(option.rect, Qt::IntersectClip);
        paintSnapshot(*painter, opt, item,
            SnapshotText::secondLine(item, index.data(SnapshotModel::OnlyHereRole).value<Fact<Bytes>>()));
        painter->restore();
    }
    if (item.drawing.separatorAbove) {
        const qreal ratio = painter->device()->devicePixelRatioF();
        painter->fillRect(QRectF(option.rect.left(), option.rect.top(), option.rect.width(),
                              std::max(1.0, std::round(ratio)) / ratio),
            color(ColorRole::Line, option.palette));
    }
}

QSize SnapshotDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const QSize size = QStyledItemDelegate::sizeHint(option, index);
    return {size.width(), Metrics(option.font).rowHeight};
}

} // namespace treewarden
