// SPDX-License-Identifier: GPL-3.0-or-later
// The rules of the house that no compiler knows: which folder may include which, what may not stand in model/, the
// licence line. The second test plants violations, so that the rules are known to bite.
#include <QDir>
#include <QDirIterator>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;

namespace {

// What the sources of a folder may include besides their own folder. The deepest folder named here decides, and a
// folder of the list allows the folders below it only where they are not named themselves.
const QMap<QString, QStringList> &arrows()
{
    static const QStringList values = {u"model/base"_s, u"model/domain"_s};
    static const QStringList readers = values + QStringList{u"model/xml"_s, u"model/qmp"_s, u"model/qcow2"_s};
    static const QStringList shown = values
        + QStringList{u"model/guard"_s, u"model/plan"_s, u"model/job"_s, u"model/backend"_s, u"model/connection"_s,
            u"model/item"_s, u"model/backup"_s};
    static const QStringList window = shown + QStringList{u"views/text"_s};
    static const QMap<QString, QStringList> table = {
        {u"model/base"_s, {}},
        {u"model/domain"_s, {u"model/base"_s}},
        {u"model/xml"_s, values},
        {u"model/qmp"_s, values},
        {u"model/qcow2"_s, values},
        {u"model/guard"_s, values},
        {u"model/plan"_s, values + QStringList{u"model/guard"_s}},
        {u"model/backend"_s, values},
        {u"model/backend/libvirt"_s, readers + QStringList{u"model/backend"_s}},
        {u"model/backend/localfiles"_s, readers + QStringList{u"model/backend"_s}},
        {u"model/backup"_s, values + QStringList{u"model/qcow2"_s, u"model/backend"_s}},
        {u"model/inventory"_s, readers + QStringList{u"model/backend"_s, u"model/guard"_s}},
        {u"model/job"_s,
            values
                + QStringList{u"model/xml"_s, u"model/qmp"_s, u"model/guard"_s, u"model/plan"_s, u"model/backend"_s,
                    u"model/backup"_s, u"model/inventory"_s}},
        {u"model/connection"_s,
            readers
                + QStringList{u"model/backend"_s, u"model/guard"_s, u"model/plan"_s, u"model/inventory"_s,
                    u"model/job"_s}},
        {u"model/item"_s, values + QStringList{u"model/guard"_s, u"model/plan"_s, u"model/connection"_s}},
        {u"model/sandbox"_s, readers + QStringList{u"model/backend"_s}},
        {u"views/text"_s, shown},
        {u"views"_s, window + QStringList{u"model/xml"_s}}, // the difference of two definitions
        // The one place that wires the parts together.
        {u"app"_s,
            window
                + QStringList{u"model/xml"_s, u"model/qmp"_s, u"model/qcow2"_s, u"model/backend/libvirt"_s,
                    u"model/backend/localfiles"_s, u"model/inventory"_s, u"model/sandbox"_s, u"views"_s}},
    };
    return table;
}

// The folder of the table that a path lies in; empty when it lies in none.
QString layerOf(const QString &path)
{
    for (QString folder = path; folder.contains(u'/');) {
        folder.truncate(folder.lastIndexOf(u'/'));
        if (arrows().contains(folder))
            return folder;
    }
    return {};
}

// The line without its comment and with empty string literals.
QString code(QString line)
{
    static const QRegularExpression literal(uR"re("(\\.|[^"\\])*")re"_s);
    static const QRegularExpression comment(u"//.*"_s);
    return line.replace(literal, u"\"\""_s).remove(comment);
}

QStringList linesOf(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QString::fromUtf8(file.readAll()).split(u'\n');
}

// The rules for one line of a C++ file; `path` is relative to the root.
QStringList broken(const QString &path, const QString &line)
{
    static const QRegularExpression include(uR"re(^\s*#\s*include\s*(["<])([^">]+)[">])re"_s);
    static const QRegularExpression widgets(uR"(\bQ(Widget|Color|Icon|Pixmap|Painter|Font|Palette)\b)"_s);
    static const QRegularExpression sentences(uR"(\b(tr|translate|QT_TR_NOOP|QT_TRANSLATE_NOOP)\s*\()"_s);
    static const QRegularExpression libvirt(uR"(\b(vir[A-Z]\w*\s*\(|VIR_[A-Z]))"_s);

    QStringList found;
    const QString layer = layerOf(path);
    const bool inModel = path.startsWith(u"model/");
    const bool inLibvirt = layer == "model/backend/libvirt"_L1;
    const auto match = include.match(line);
    if (match.hasMatch()) {
        const QString target = match.captured(2);
        const QString wanted = layerOf(target);
        if (target.startsWith(u"libvirt/") && !inLibvirt)
            found += u"libvirt's headers belong to model/backend/libvirt"_s;
        if (match.captured(1) == u'"' && !layer.isEmpty()) {
            if (!target.contains(u'/'))
                found += u"include paths start at the root: \"%1\""_s.arg(target);
            else if (wanted != layer && !arrows().value(layer).contains(wanted))
                found += u"%1 may not include \"%2\""_s.arg(layer, target);
        }
    }
    const QString text = match.hasMatch() ? line : code(line);
    if (inModel && widgets.match(text).hasMatch())
        found += u"model/ knows no widgets, colours and icons"_s;
    if (layer == "views/text"_L1 && widgets.match(text).hasMatch())
        found += u"views/text is the command line's too, which has no widgets"_s;
    if (inModel && sentences.match(code(line)).hasMatch())
        found += u"model/ has no sentences for users"_s;
    if (!inLibvirt && !layer.isEmpty() && libvirt.match(code(line)).hasMatch())
        found += u"libvirt's calls belong to model/backend/libvirt"_s;
    return found;
}

// Every violation below `root` as "path:line: what".
QStringList violations(const QString &root)
{
    static const QRegularExpression source(u"(\\.(cpp|h|cmake)|/CMakeLists\\.txt)$"_s);
    QStringList found;
    for (const QString &top : {u"model"_s, u"views"_s, u"app"_s, u"tests"_s, u"cmake"_s, u"scripts"_s, u".ci"_s}) {
        QDirIterator it(root + u'/' + top, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (it.hasNext()) {
            const QString path = QDir(root).relativeFilePath(it.next());
            const bool script = top == "scripts"_L1 || top == ".ci"_L1;
            if (!script && !source.match(path).hasMatch())
                continue;
            const QStringList lines = linesOf(it.filePath());
            const qsizetype licence = lines.value(0).startsWith(u"#!") ? 1 : 0;
            if (!lines.value(licence).contains(u"SPDX-License-Identifier: GPL-3.0-or-later"))
                found += u"%1:%2: no licence line"_s.arg(path).arg(licence + 1);
            if (!path.endsWith(u".cpp") && !path.endsWith(u".h"))
                continue;
            if (path.startsWith(u"model/") && layerOf(path).isEmpty())
                found += u"%1:1: this folder is not in the table of tests/layering"_s.arg(path);
            for (qsizetype i = 0; i < lines.size(); ++i) {
                for (const QString &what : broken(path, lines[i]))
                    found += u"%1:%2: %3"_s.arg(path).arg(i + 1).arg(what);
            }
        }
    }
    found.sort();
    return found;
}

const auto spdx = "// SPDX-License-Identifier: GPL-3.0-or-later\n"_ba;

} // namespace

class TestLayering : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void houseIsInOrder()
    {
        const QString root = QDir::cleanPath(QStringLiteral(TREEWARDEN_TEST_DATA "/../.."));
        QVERIFY(QFile::exists(root + u"/model/base/result.h"_s));
        const QStringList found = violations(root);
        QVERIFY2(found.isEmpty(), qPrintable(u'\n' + found.join(u'\n')));
    }

    void plantedViolationIsFound_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("expected"); // empty: nothing to find

        QTest::newRow("allowed") << u"views/a.cpp"_s
                                 << spdx + "#include \"model/item/a.h\"\n#include <QWidget>\nvoid f() { tr(\"A\"); }\n"
                                 << QString();
        QTest::newRow("own folder") << u"views/text/a.cpp"_s << spdx + "#include \"views/text/a.h\"\n" << QString();
        QTest::newRow("interface") << u"model/backend/libvirt/a.cpp"_s
                                   << spdx + "#include \"model/backend/hypervisor.h\"\n#include <libvirt/libvirt.h>\n"
                                   << QString();
        QTest::newRow("upwards") << u"model/domain/a.h"_s << spdx + "\n#include \"model/guard/claims.h\"\n"
                                 << u"model/domain/a.h:3: model/domain may not include \"model/guard/claims.h\""_s;
        QTest::newRow("views to a backend") << u"views/a.cpp"_s << spdx + "#include \"model/backend/libvirt/a.h\"\n"
                                            << u"views/a.cpp:2: views may not include \"model/backend/libvirt/a.h\""_s;
        QTest::newRow("model to views") << u"model/item/a.cpp"_s << spdx + "#include \"views/colors.h\"\n"
                                        << u"model/item/a.cpp:2: model/item may not include \"views/colors.h\""_s;
        QTest::newRow("relative") << u"model/base/a.h"_s << spdx + "#include \"b.h\"\n"
                                  << u"model/base/a.h:2: include paths start at the root: \"b.h\""_s;
        QTest::newRow("libvirt header") << u"app/a.cpp"_s << spdx + "#include <libvirt/libvirt.h>\n"
                                        << u"app/a.cpp:2: libvirt's headers belong to model/backend/libvirt"_s;
        QTest::newRow("libvirt call") << u"model/inventory/a.cpp"_s << spdx + "int n = virDomainGetID(d);\n"
                                      << u"model/inventory/a.cpp:2: libvirt's calls belong to model/backend/libvirt"_s;
        QTest::newRow("libvirt in a comment") << u"model/base/a.h"_s << spdx + "// virDomainGetID() says\n"
                                              << QString();
        QTest::newRow("widget") << u"model/item/a.h"_s << spdx + "#include <QWidget>\n"
                                << u"model/item/a.h:2: model/ knows no widgets, colours and icons"_s;
        QTest::newRow("widget in a sentence")
            << u"views/text/a.cpp"_s << spdx + "#include <QWidget>\n"
            << u"views/text/a.cpp:2: views/text is the command line's too, which has no widgets"_s;
        QTest::newRow("sentence to a view") << u"views/text/a.cpp"_s << spdx + "#include \"views/card.h\"\n"
                                            << u"views/text/a.cpp:2: views/text may not include \"views/card.h\""_s;
        QTest::newRow("colour") << u"model/item/a.h"_s << spdx + "QColor c;\n"
                                << u"model/item/a.h:2: model/ knows no widgets, colours and icons"_s;
        QTest::newRow("sentence") << u"model/item/a.cpp"_s << spdx + "auto s = tr(\"Hello\");\n"
                                  << u"model/item/a.cpp:2: model/ has no sentences for users"_s;
        QTest::newRow("unknown folder") << u"model/new/a.cpp"_s << spdx
                                        << u"model/new/a.cpp:1: this folder is not in the table of tests/layering"_s;
        QTest::newRow("licence") << u"tests/unit/a.cpp"_s << "int i;\n"_ba << u"tests/unit/a.cpp:1: no licence line"_s;
        QTest::newRow("licence of a script")
            << u"scripts/a"_s << "#!/bin/sh\ntrue\n"_ba << u"scripts/a:2: no licence line"_s;
    }

    void plantedViolationIsFound()
    {
        QFETCH(QString, path);
        QFETCH(QByteArray, text);
        QFETCH(QString, expected);
        QTemporaryDir root;
        QVERIFY(QDir(root.path()).mkpath(QFileInfo(path).path()));
        QFile file(root.filePath(path));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
        file.close();
        QCOMPARE(violations(root.path()).join(u'\n'), expected);
    }
};

QTEST_GUILESS_MAIN(TestLayering)
#include "tst_layering.moc"
