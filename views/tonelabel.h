// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/colors.h"

#include <QLabel>

#include <optional>

namespace treewarden {

// Plain text that wraps, can be selected, and reads aloud as it stands; in the colour of its role in whatever palette
// is in force. None: the palette's own text.
class ToneLabel : public QLabel
{
    Q_OBJECT

public:
    explicit ToneLabel(const QString &text, QWidget *parent = nullptr, std::optional<ColorRole> tone = std::nullopt);

    void say(const QString &text);
    void setTone(std::optional<ColorRole> tone);
    void setBold(qreal size = 1); // `size`: times that of the surrounding text

    // A wrapped text takes the width it is given: a long word must not make a dialog wider than its window.
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void changeEvent(QEvent *event) override;
    void showEvent(QShowEvent *event) override;

private:
    void takeTone();

    std::optional<ColorRole> m_tone;
    bool m_changing = false;
};

} // namespace treewarden
