// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/qcow2oracle.h"

#include "tests/support/qcow2readings.h"

#include <QTest>

namespace treewarden {

namespace {

void none(const QStringList &differences)
{
    QVERIFY2(differences.isEmpty(), qPrintable(differences.join(u'\n')));
}

} // namespace

void compareWithQemuImg(const QString &path)
{
    none(differencesOf(path));
}

int compareImagesBelow(const QString &folder)
{
    const ReadImages read = readImagesBelow(folder);
    none(read.differences);
    return read.count;
}

} // namespace treewarden
