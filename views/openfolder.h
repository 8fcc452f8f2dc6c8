// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QWidget;

namespace treewarden {

// In the program that the desktop has for folders; says so at the mouse where there is none.
void openFolder(const QString &folder, QWidget *from);

} // namespace treewarden
