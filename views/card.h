// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/colors.h"

#include <QFrame>

namespace treewarden {

// A rounded frame on the palette's base, with a hairline in the colour of what it says.
class Card : public QFrame
{
    Q_OBJECT

public:
    explicit Card(ColorRole line = ColorRole::Line, QWidget *parent = nullptr);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    ColorRole m_line;
};

} // namespace treewarden
