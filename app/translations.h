// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QCoreApplication;

namespace treewarden {

// Qt's sentences and ours in the user's language where there is a translation; English has the plural forms.
void installTranslations(QCoreApplication &app);

} // namespace treewarden
