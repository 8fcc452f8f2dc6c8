// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>

class QWidget;

namespace treewarden {

// A question in a box of the window that `parent` is in: Cancel is the default, and only the verb does it. Plain text.
struct Question
{
    QString title;
    QString text;
    QString more;
    QString verb;
};
void ask(QWidget *parent, const Question &question, std::function<void()> yes);

} // namespace treewarden
