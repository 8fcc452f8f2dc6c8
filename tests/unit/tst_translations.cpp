// SPDX-License-Identifier: GPL-3.0-or-later
// English is in the sources; what is translated are its plural forms. Held here: every sentence with a number has them,
// they are right as far as that can be seen, and the programs load them.
#include "app/cli/clitext.h"
#include "app/translations.h"
#include "tests/support/process.h"
#include "views/text/machinetext.h"

#include <QCoreApplication>
#include <QFile>
#include <QLocale>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

const QString Root = QStringLiteral(TREEWARDEN_TEST_DATA "/../..");
const QString English = Root + u"/translations/treewarden_en.ts"_s;

struct Message
{
    QString context;
    QString source;
    QString comment;
    QStringList forms;
    bool isFinished = true;

    QString name() const { return context + u": "_s + source + (comment.isEmpty() ? QString() : u" / "_s + comment); }
};

std::vector<Message> messagesOf(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(path));
    QXmlStreamReader xml(&file);
    std::vector<Message> messages;
    QString context;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement)
            continue;
        if (xml.name() == "name"_L1)
            context = xml.readElementText();
        else if (xml.name() == "message"_L1)
            messages.push_back({context, {}, {}, {}});
        else if (xml.name() == "source"_L1)
            messages.back().source = xml.readElementText();
        else if (xml.name() == "comment"_L1)
            messages.back().comment = xml.readElementText();
        else if (xml.name() == "translation"_L1)
            messages.back().isFinished = xml.attributes().value("type"_L1).isEmpty();
        else if (xml.name() == "numerusform"_L1)
            messages.back().forms += xml.readElementText();
    }
    if (xml.hasError())
        qFatal("%s: %s", qPrintable(path), qPrintable(xml.errorString()));
    return messages;
}

QStringList namesOf(const std::vector<Message> &messages)
{
    QStringList names;
    for (const Message &message : messages)
        names += message.name();
    names.sort();
    return names;
}

// %n, %1, %L1, ... in the order of their names.
QStringList placesOf(const QString &text)
{
    static const QRegularExpression place(u"%L?[n1-9]"_s);
    QStringList places;
    for (auto match = place.globalMatch(text); match.hasNext();)
        places += match.next().captured();
    places.sort();
    return places;
}

} // namespace

class TestTranslations : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        // Whatever the user speaks: there is no other translation yet, and the plural forms are needed all the same.
        QLocale::setDefault(QLocale(QLocale::German, QLocale::Germany));
        installTranslations(*qApp);
    }

    void sources_data()
    {
        QTest::addColumn<QString>("context");
        QTest::addColumn<QString>("source");
        QTest::addColumn<QString>("comment");
        QTest::addColumn<QStringList>("forms");
        QTest::addColumn<bool>("isFinished");
        for (const Message &message : messagesOf(English)) {
            QTest::newRow(qPrintable(message.name()))
                << message.context << message.source << message.comment << message.forms << message.isFinished;
        }
    }
    void sources()
    {
        QFETCH(const QString, context);
        QFETCH(const QString, source);
        QFETCH(const QString, comment);
        QFETCH(const QStringList, forms);
        QFETCH(const bool, isFinished);
        QVERIFY2(isFinished, "its plural forms are missing in translations/treewarden_en.ts");
        QCOMPARE(forms.size(), 2);
        QVERIFY2(source.contains(u"%n"_s) || forms[0] != forms[1], "it has no number and no two forms");
        const QStringList places = placesOf(source);
        for (const QString &form : forms) {
            QVERIFY(!form.trimmed().isEmpty());
            QVERIFY2(!form.contains(u"(s)"_s), qPrintable(form));
            QCOMPARE(placesOf(form), places);
        }
        // By the programs' own way, with the compiled file.
        const auto said = [&](int n) {
            return QCoreApplication::translate(
                context.toUtf8().constData(), source.toUtf8().constData(), comment.toUtf8().constData(), n);
        };
        QCOMPARE(said(1), QString(forms[0]).replace(u"%n"_s, u"1"_s));
        for (const int n : {0, 2, 21})
            QCOMPARE(said(n), QString(forms[1]).replace(u"%n"_s, QString::number(n)));
    }
    void sentences()
    {
        QCOMPARE(cli::CliText::claims(1), u"1 other"_s);
        QCOMPARE(cli::CliText::claims(2), u"2 others"_s);
        QCOMPARE(cli::CliText::noSuchAlternative(3, 1), u"there is no alternative 3: there is 1, counted from 0"_s);
        QCOMPARE(cli::CliText::noSuchAlternative(3, 2), u"there is no alternative 3: there are 2, counted from 0"_s);
    }

    // As the target update_translations does it, but into a copy.
    void nothingIsLeftToUpdate()
    {
        QTemporaryDir folder;
        const QString copy = folder.filePath(u"treewarden_en.ts"_s);
        QVERIFY(QFile::copy(English, copy));
        const ProcessResult result = run(QStringLiteral(TREEWARDEN_LUPDATE),
            {u"-silent"_s, u"-recursive"_s, Root + u"/views"_s, Root + u"/app"_s, u"-I"_s, Root, u"-extensions"_s,
                u"cpp,h"_s, u"-locations"_s, u"none"_s, u"-no-obsolete"_s, u"-pluralonly"_s, u"-source-language"_s,
                u"en"_s, u"-target-language"_s, u"en"_s, u"-ts"_s, copy});
        QVERIFY2(result.exitCode == 0, result.error.constData());
        const QStringList wanted = namesOf(messagesOf(copy));
        const QStringList found = namesOf(messagesOf(English));
        QVERIFY(!wanted.isEmpty());
        QStringList differences;
        for (const QString &name : wanted) {
            if (!found.contains(name))
                differences += u"missing: "_s + name;
        }
        for (const QString &name : found) {
            if (!wanted.contains(name))
                differences += u"not in the sources: "_s + name;
        }
        QVERIFY2(differences.isEmpty(),
            qPrintable(
                u"build the target update_translations and fill in its plural forms:\n"_s + differences.join(u'\n')));
    }
};

QTEST_GUILESS_MAIN(TestTranslations)
#include "tst_translations.moc"
