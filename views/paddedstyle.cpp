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
    const auto *title = qstyleoption_cast<const QStyleOptionHeaderV2 *>(option);
    if (element != CE_HeaderLabel || !title) {
        QProxyStyle::drawControl(element, option, painter, widget);
        return;
    }
    // Not by SE_HeaderLabel: the styles ask themselves for that, not the proxy.
    QStyleOptionHeaderV2 padded = *title;
    const int missing = paddingOf(widget) - pixelMetric(PM_HeaderMargin, option, widget);
    if (option->direction == Qt::RightToLeft)
        padded.rect.adjust(0, 0, -missing, 0);
    else
        padded.rect.adjust(missing, 0, 0, 0);
    QProxyStyle::drawControl(element, &padded, painter, widget);
}

} // namespace treewarden
