// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

namespace treewarden {

// Whether a character is not seen itself and makes what is seen something else: it turns the direction of writing, or
// tells a terminal what to do. Line breaks and tabs are none.
inline bool isHiddenControl(QChar character)
{
    const char16_t code = character.unicode();
    return (code < 0x20 && code != u'\n' && code != u'\t') || (code >= 0x7f && code < 0xa0) || code == 0x061c
        || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

// A name or path of the host as a reader can trust it: hidden controls are spelled out, as "<U+202E>".
inline QString visible(const QString &text)
{
    QString shown;
    qsizetype copied = 0;
    for (qsizetype index = 0; index < text.size(); ++index) {
        if (!isHiddenControl(text[index]))
            continue;
        shown += QStringView(text).mid(copied, index - copied);
        shown += QStringLiteral("<U+%1>").arg(QString::number(text[index].unicode(), 16).toUpper(), 4, u'0');
        copied = index + 1;
    }
    if (copied == 0)
        return text;
    shown += QStringView(text).mid(copied);
    return shown;
}

inline QStringList visible(QStringList texts)
{
    for (QString &text : texts)
        text = visible(text);
    return texts;
}

} // namespace treewarden
