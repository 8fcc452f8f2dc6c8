// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/base/visible.h"

#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

class TestVisible : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void spellsOutWhatIsHidden_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("shown");
        for (const QString &same : {u""_s, u"web-01"_s, u"a <b> & \"c\""_s, u"מכונה"_s, u"two\nlines\tand a tab"_s,
                 u"e\u0301 and \U0001F468\u200d\U0001F469"_s})
            QTest::addRow("as it is: %s", qPrintable(same.left(8))) << same << same;
        QTest::newRow("override") << u"invoice\u202egpj.exe"_s << u"invoice<U+202E>gpj.exe"_s;
        QTest::newRow("isolates") << u"\u2066a\u2069"_s << u"<U+2066>a<U+2069>"_s;
        QTest::newRow("marks") << u"\u200ea\u200f\u061c"_s << u"<U+200E>a<U+200F><U+061C>"_s;
        QTest::newRow("escape") << u"\x1b[2Ja"_s << u"<U+001B>[2Ja"_s;
        QTest::newRow("C1") << u"a\u009bb"_s << u"a<U+009B>b"_s;
        QTest::newRow("carriage return") << u"a\rb"_s << u"a<U+000D>b"_s;
        QTest::newRow("line separator") << u"a\u2028b"_s << u"a<U+2028>b"_s;
    }
    void spellsOutWhatIsHidden()
    {
        QFETCH(const QString, text);
        QFETCH(const QString, shown);
        QCOMPARE(visible(text), shown);
        QCOMPARE(visible(shown), shown);
        QCOMPARE(visible(QStringList{text, u"x"_s}), (QStringList{shown, u"x"_s}));
    }
};

QTEST_GUILESS_MAIN(TestVisible)
#include "tst_visible.moc"
