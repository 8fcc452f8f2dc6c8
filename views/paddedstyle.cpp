// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paddedstyle.h"

#include <QApplication>
#include <QHeaderView>
#include <QStyleOptionHeaderV2>
#include <QTreeView>

namespace treewarden {

namespace {

int paddingOf(const QWidget *widget)
{
    return (widget ? widget->fontMetrics() : QFontMetrics(QApplication::font())).height() / 2;
}

} // namespace

void PaddedStyle::applyTo(QTreeView *view)
{
    auto *style = new PaddedStyle(QApplication::style()->name());
    style->setParent(view);
    view->setStyle(style);
    view->header()->setStyle(style);
}

int PaddedStyle::pixelMetric(PixelMetric metric, const QStyleOption *option, const QWidget *widget) const
{
    // Styles add one pixel to it before the text of a cell.
    return metric == PM_FocusFrameHMargin ? paddingOf(widget) - 1 : QProxyStyle::pixelMetric(metric, option, widget);
}

void PaddedStyle::drawControl(
    ControlElement element, const QStyleOption *option, QPainter *painter, const QWidget *widget) const
{
    // Not by SE_HeaderLabel: the styles ask themselves for that, not the proxy.
    const auto drawPadded = [&](auto title) {
        const int missing = paddingOf(widget) - pixelMetric(PM_HeaderMargin, option, widget);
        if (title.direction == Qt::RightToLeft)
            title.rect.adjust(0, 0, -missing, 0);
        else
            title.rect.adjust(missing, 0, 0, 0);
        QProxyStyle::drawControl(element, &title, painter, widget);
    };
    const bool isTitle = element == CE_HeaderLabel;
    // Which of the two arrives differs from one Qt to the next.
    if (const auto *second = qstyleoption_cast<const QStyleOptionHeaderV2 *>(option); isTitle && second)
        drawPadded(*second);
    else if (const auto *first = qstyleoption_cast<const QStyleOptionHeader *>(option); isTitle && first)
        drawPadded(*first);
    else
        QProxyStyle::drawControl(element, option, painter, widget);
}

} // namespace treewarden
