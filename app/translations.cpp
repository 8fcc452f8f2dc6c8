// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/translations.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QTranslator>

namespace treewarden {

void installTranslations(QCoreApplication &app)
{
    auto *ofQt = new QTranslator(&app);
    if (ofQt->load(QLocale(), QStringLiteral("qtbase"), QStringLiteral("_"),
            QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        app.installTranslator(ofQt);
    auto *english = new QTranslator(&app);
    if (english->load(QStringLiteral(":/i18n/treewarden_en.qm")))
        app.installTranslator(english);
    auto *own = new QTranslator(&app);
    if (QLocale().language() != QLocale::English
        && own->load(QLocale(), QStringLiteral("treewarden"), QStringLiteral("_"), QStringLiteral(":/i18n")))
        app.installTranslator(own);
}

} // namespace treewarden
