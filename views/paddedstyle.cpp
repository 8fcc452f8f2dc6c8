// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paddedstyle.h"

#include <QApplication>
#include <QHeaderView>
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

QRect PaddedStyle::subElementRect(SubElement element, const QStyleOption *option, const QWidget *widget) const
{
    QRect rect = QProxyStyle::subElementRect(element, option, widget);
    if (element != SE_HeaderLabel || !option)
        return rect;
    const int padding = paddingOf(widget);
    if (option->direction == Qt::RightToLeft)
        rect.setRight(std::min(rect.right(), option->rect.right() - padding));
    else
        rect.setLeft(std::max(rect.left(), option->rect.left() + padding));
    return rect;
}

} // namespace treewarden
