// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProxyStyle>

class QTreeView;

namespace treewarden {

// The application's style with room before the text of cells and of their column titles, so that neither touches the
// edge of the window and both begin on one line.
class PaddedStyle : public QProxyStyle
{
    Q_OBJECT

public:
    // For the view and its header; the view owns it. To be called once the view has the header that it keeps.
    static void applyTo(QTreeView *view);

    int pixelMetric(PixelMetric metric, const QStyleOption *option, const QWidget *widget) const override;
    void drawControl(
        ControlElement element, const QStyleOption *option, QPainter *painter, const QWidget *widget) const override;

private:
    using QProxyStyle::QProxyStyle;
};

} // namespace treewarden
