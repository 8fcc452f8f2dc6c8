// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/mainwindow.h"

#include <QString>

namespace treewarden {

// Walks through the main views on real machines and saves a picture of each as PNG in `directory`; prints their paths.
// Gives the exit code: 0, or 1 when a view did not settle in time or a picture could not be written.
int takeScreenshots(MainWindow &window, Connections &connections, const QString &uri, const QString &directory);

} // namespace treewarden
