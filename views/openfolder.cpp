// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/openfolder.h"

#include "views/text/filetext.h"

#include <QCursor>
#include <QDesktopServices>
#include <QToolTip>
#include <QUrl>
#include <QWidget>

namespace treewarden {

void openFolder(const QString &folder, QWidget *from)
{
    if (!QDesktopServices::openUrl(QUrl::fromLocalFile(folder)))
        QToolTip::showText(QCursor::pos(), FileText::folderNotOpened(folder), from);
}

} // namespace treewarden
