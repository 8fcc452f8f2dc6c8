// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/layersview.h"

#include "views/colors.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStyle>
#include <QStyleOptionFocusRect>
#include <QTextLayout>
#include <QToolTip>

namespace treewarden {

namespace {

constexpr int Padding = 9;
constexpr int Gap = 6;
constexpr int MarkGap = 8;
constexpr int NameLines = 3; // of a long name, before its middle goes
// Of a long stack the first and the last stay in sight.
constexpr int ShownAbove = 4;
constexpr int ShownBelow = 3;
constexpr int FoldsFrom = 10;

QStringList wrap(const QString &text, const QFont &font, int width)
{
    QTextLayout layout(text, font);
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    layout.setTextOption(option);
    layout.beginLayout();
    QStringList lines;
    for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
        line.setLineWidth(std::max(width, 40));
        lines.append(text.mid(line.textStart(), line.textLength()).trimmed());
    }
    layout.endLayout();
    return lines;
}

ColorRole colorOf(LayerBox::Look look)
{
    switch (look) {
    case LayerBox::Look::Tags:
        return ColorRole::Internal;
    case LayerBox::Look::Overlay:
        return ColorRole::External;
    case LayerBox::Look::Missing:
        return ColorRole::Danger;
    case LayerBox::Look::Base:
    case LayerBox::Look::Unknown:
        return ColorRole::Muted;
    }
    return ColorRole::Muted;
}

} // namespace

LayersView::LayersView(std::vector<LayerBox> layers, QWidget *parent)
    : QWidget(parent)
    , m_layers(std::move(layers))
{
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(tr("Disk layers, the active one first"));
    QStringList spoken;
    for (const LayerBox &layer : m_layers) {
        QStringList parts{layer.name};
        if (!layer.mark.isEmpty())
            parts += layer.mark;
        parts += layer.lines;
        spoken += parts.join(QLatin1String(", "));
    }
    setAccessibleDescription(spoken.join(QLatin1String("; ")));
    setFolded(canFold());
}

bool LayersView::canFold() const
{
    return int(m_layers.size()) >= FoldsFrom;
}

void LayersView::setFolded(bool folded)
{
    m_folded = folded;
    if (canFold())
        setCursor(Qt::PointingHandCursor);
    updateGeometry();
    update();
}

QFont LayersView::nameFont(const LayerBox &box) const
{
    QFont name = font();
    name.setBold(box.emphasized);
    return name;
}

QFont LayersView::smallFont() const
{
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    return small;
}

std::vector<LayersView::Row> LayersView::layOut(int width) const
{
    const int count = int(m_layers.size());
    const QFont small = smallFont();
    const int nameHeight = fontMetrics().height();
    const int lineHeight = QFontMetrics(small).height();
    const int foldAt = canFold() ? ShownAbove : count;
    const int foldEnd = count - ShownBelow;

    // Each layer stands a step further in than the one it rests on, a few steps at most.
    const int step = std::clamp(width / 4 / std::max(1, std::min(count, ShownAbove + ShownBelow + 1) - 1), 0, 28);
    std::vector<Row> rows;
    for (int layer = 0; layer < count; ++layer) {
        if (layer == foldAt) {
            rows.push_back({-1, foldEnd - foldAt, {}, {}, false, {}});
            if (m_folded)
                layer = foldEnd;
        }
        rows.push_back({layer, 0, {}, {}, false, {}});
    }
    int y = 1;
    const int maximumIndent = width / 4;
    for (int i = 0; i < int(rows.size()); ++i) {
        Row &row = rows[size_t(i)];
        const int indent = std::min(step * (int(rows.size()) - 1 - i), maximumIndent);
        const int boxWidth = width - indent - 2;
        int height = lineHeight + Padding;
        if (row.layer >= 0) {
            const LayerBox &box = m_layers[size_t(row.layer)];
            for (const QString &line : box.lines)
                row.wrapped += wrap(line, small, boxWidth - 2 * Padding);
            const int inside = boxWidth - 2 * Padding;
            const QFont large = nameFont(box);
            row.names = wrap(
                QFontMetrics(large).elidedText(box.name, Qt::ElideMiddle, inside * (NameLines - 1)), large, inside);
            const int markWidth = QFontMetrics(small).horizontalAdvance(box.mark) + MarkGap;
            const int lastWidth = QFontMetrics(large).horizontalAdvance(row.names.value(0));
            row.isMarkBelow = !box.mark.isEmpty() && (row.names.size() > 1 || lastWidth + markWidth > inside);
            height = 2 * Padding + int(row.names.size()) * nameHeight
                + (int(row.wrapped.size()) + row.isMarkBelow) * lineHeight;
        }
        row.rect = QRect(indent + 1, y, boxWidth, height);
        y += height + Gap;
    }
    return rows;
}

QSize LayersView::sizeHint() const
{
    const int width = fontMetrics().averageCharWidth() * 40;
    return {width, heightForWidth(width)};
}

int LayersView::heightForWidth(int width) const
{
    const std::vector<Row> rows = layOut(width);
    return rows.empty() ? 0 : rows.back().rect.bottom() + 2;
}

void LayersView::paintEvent(QPaintEvent *event)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    for (const Row &row : layOut(width())) {
        if (!row.rect.intersects(event->rect()))
            continue;
        if (row.layer >= 0)
            paintLayer(painter, row);
        else
            paintFold(painter, row);
    }
    if (hasFocus()) {
        QStyleOptionFocusRect option;
        option.initFrom(this);
        style()->drawPrimitive(QStyle::PE_FrameFocusRect, &option, &painter, this);
    }
}

void LayersView::paintLayer(QPainter &painter, const Row &row) const
{
    const LayerBox &box = m_layers[size_t(row.layer)];
    QPen pen(color(colorOf(box.look), palette()), box.emphasized ? 2.5 : 1.4);
    if (box.look == LayerBox::Look::Missing || box.look == LayerBox::Look::Unknown)
        pen.setDashPattern({3, 3});
    painter.setPen(pen);
    painter.setBrush(palette().base());
    painter.drawRoundedRect(QRectF(row.rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);

    const QRect inner = row.rect.adjusted(Padding, Padding, -Padding, -Padding);
    const QFont small = smallFont();
    const QFontMetrics smallMetrics(small);
    int y = inner.top();
    painter.setFont(nameFont(box));
    painter.setPen(palette().color(QPalette::Text));
    for (const QString &line : row.names) {
        painter.drawText(QRect(inner.left(), y, inner.width(), fontMetrics().height()), Qt::AlignVCenter, line);
        y += fontMetrics().height();
    }
    painter.setFont(small);
    if (!box.mark.isEmpty()) {
        painter.setPen(color(ColorRole::Here, palette()));
        const int top = row.isMarkBelow ? y : inner.top();
        painter.drawText(QRect(inner.left(), top, inner.width(), smallMetrics.height()),
            Qt::AlignVCenter | (row.isMarkBelow ? Qt::AlignLeft : Qt::AlignRight), box.mark);
        y += row.isMarkBelow ? smallMetrics.height() : 0;
    }
    painter.setPen(color(box.look == LayerBox::Look::Missing ? ColorRole::Danger : ColorRole::Muted, palette()));
    for (const QString &line : row.wrapped) {
        painter.drawText(QRect(inner.left(), y, inner.width(), smallMetrics.height()), Qt::AlignVCenter, line);
        y += smallMetrics.height();
    }
}

void LayersView::paintFold(QPainter &painter, const Row &row) const
{
    painter.setFont(smallFont());
    painter.setPen(palette().color(QPalette::Link));
    painter.drawText(row.rect.adjusted(Padding, 0, -Padding, 0), Qt::AlignVCenter,
        m_folded ? tr("Show %n more layer(s)", nullptr, row.hidden) : tr("Show fewer layers"));
}

bool LayersView::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        for (const Row &row : layOut(width())) {
            if (row.layer >= 0 && row.rect.contains(help->pos())) {
                QToolTip::showText(help->globalPos(), m_layers[size_t(row.layer)].path, this, row.rect);
                return true;
            }
        }
        QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

void LayersView::mouseReleaseEvent(QMouseEvent *event)
{
    for (const Row &row : layOut(width())) {
        if (row.layer < 0 && row.rect.contains(event->position().toPoint())) {
            setFolded(!m_folded);
            return;
        }
    }
    QWidget::mouseReleaseEvent(event);
}

void LayersView::keyPressEvent(QKeyEvent *event)
{
    const bool toggles
        = event->key() == Qt::Key_Space || event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (toggles && canFold())
        setFolded(!m_folded);
    else
        QWidget::keyPressEvent(event);
}

} // namespace treewarden
