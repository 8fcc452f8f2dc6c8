// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>

class QWidget;

namespace treewarden {

// Has a screen reader say what appeared or changed on `on`, which need not have the focus. Empty: nothing.
void announce(QWidget *on, const QString &text);

// Hears all that is announced; for tests, whose window system has no screen reader to ask. None by default.
void setAnnouncementListener(std::function<void(const QString &text)> listener);

} // namespace treewarden
