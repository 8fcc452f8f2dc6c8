// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace treewarden {

// What the window shows while it has no connection: the two ways to begin.
class StartPage : public QWidget
{
    Q_OBJECT

public:
    explicit StartPage(QWidget *parent = nullptr);

Q_SIGNALS:
    void connectionChosen(const QString &uri);
};

} // namespace treewarden
