// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/announce.h"

#include <QAccessible>
#include <QWidget>

#include <utility>

namespace treewarden {

namespace {

std::function<void(const QString &)> &listener()
{
    static std::function<void(const QString &)> instance;
    return instance;
}

} // namespace

void setAnnouncementListener(std::function<void(const QString &)> hears)
{
    listener() = std::move(hears);
}

void announce(QWidget *on, const QString &text)
{
    if (text.isEmpty())
        return;
    if (listener())
        listener()(text);
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
    QAccessibleAnnouncementEvent event(on, text);
#else
    // Carries no words before Qt 6.8: the reader takes the name and the description.
    on->setAccessibleDescription(text);
    QAccessibleEvent event(on, QAccessible::Alert);
#endif
    QAccessible::updateAccessibility(&event);
}

} // namespace treewarden
