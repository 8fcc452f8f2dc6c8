// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/finding.h"

#include <QPalette>
#include <QWidget>

class QPainter;

namespace treewarden {

// The shield of a verdict, in the square in the middle of `rect`. Told apart by shape as well as by colour: a hollow
// one with a tick (fine), a hollow one with a dot (fine, with a remark), a filled one with an exclamation mark
// (something is lost), a filled one with a cross (refused).
void paintShield(QPainter &painter, Verdict verdict, const QRectF &rect, const QPalette &palette);

// The same as a widget, as high as so many lines of its font. Says its verdict aloud.
class ShieldMark : public QWidget
{
    Q_OBJECT

public:
    ShieldMark(Verdict verdict, qreal lines, QWidget *parent = nullptr);

    void setVerdict(Verdict verdict);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Verdict m_verdict;
};

} // namespace treewarden
