// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tonelabel.h"

#include "model/base/visible.h"

#include <QEvent>

namespace treewarden {

ToneLabel::ToneLabel(const QString &text, QWidget *parent, std::optional<ColorRole> tone)
    : QLabel(parent)
    , m_tone(tone)
{
    setTextFormat(Qt::PlainText);
    setWordWrap(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    setMinimumWidth(0);
    say(text);
    takeTone();
}

void ToneLabel::say(const QString &text)
{
    const QString shown = visible(text); // names of the host are in it
    setText(shown);
    setAccessibleName(shown);
}

void ToneLabel::setTone(std::optional<ColorRole> tone)
{
    m_tone = tone;
    takeTone();
}

void ToneLabel::setBold(qreal size)
{
    QFont bold = font();
    bold.setBold(true);
    if (bold.pointSizeF() > 0)
        bold.setPointSizeF(bold.pointSizeF() * size);
    setFont(bold);
}

QSize ToneLabel::sizeHint() const
{
    return wordWrap() ? QSize(0, fontMetrics().height()) : QLabel::sizeHint();
}

QSize ToneLabel::minimumSizeHint() const
{
    return sizeHint();
}

void ToneLabel::changeEvent(QEvent *event)
{
    QLabel::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && !m_changing)
        takeTone();
}

void ToneLabel::showEvent(QShowEvent *event)
{
    takeTone();
    QLabel::showEvent(event);
}

void ToneLabel::takeTone()
{
    m_changing = true;
    if (m_tone) {
        QPalette toned = parentWidget() ? parentWidget()->palette() : QPalette();
        toned.setColor(QPalette::WindowText, color(*m_tone, toned));
        setPalette(toned);
    } else {
        setPalette({});
    }
    m_changing = false;
}

} // namespace treewarden
