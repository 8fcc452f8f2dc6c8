// SPDX-License-Identifier: GPL-3.0-or-later
// The program itself, from its command line to the pictures that it leaves: it starts, opens a host, shows it and ends.
#include "tests/support/privatedaemon.h"
#include "tests/support/sandboxfixture.h"

#include <QDir>
#include <QHash>
#include <QImage>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <sys/prctl.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

const QString Program = QStringLiteral(TREEWARDEN_BIN "/treewarden");
constexpr int Patience = 60'000;

struct Colours
{
    qsizetype count = 0;
    double mostCommon = 0; // its share
    double lightness = 0; // of the average, from 0 to 1
};

Colours coloursOf(const QImage &picture)
{
    QHash<QRgb, qint64> found;
    double sum = 0;
    qint64 pixels = 0;
    for (int y = 0; y < picture.height(); y += 2) {
        for (int x = 0; x < picture.width(); x += 2) {
            const QRgb colour = picture.pixel(x, y);
            ++found[colour];
            sum += qGray(colour) / 255.0;
            ++pixels;
        }
    }
    qint64 most = 0;
    for (const qint64 count : std::as_const(found))
        most = std::max(most, count);
    return {found.size(), double(most) / double(pixels), sum / double(pixels)};
}

} // namespace

class tst_Pictures : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<PrivateDaemon> m_daemon;
    QTemporaryDir m_folder;

    struct Ended
    {
        int exit = -1;
        QStringList paths; // what it printed
        QByteArray errors;
    };
    // The program as a user without a display has it, and none of the user's own settings.
    Ended take(const QString &uri, const QString &folder, int scale = 1) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
        environment.insert(u"QT_SCALE_FACTOR"_s, QString::number(scale));
        for (const char *kind : {"CONFIG", "STATE", "DATA", "CACHE"})
            environment.insert(u"XDG_%1_HOME"_s.arg(QString::fromLatin1(kind)), m_folder.filePath(u"xdg"_s));
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(Program, {u"--connect"_s, uri, u"--screenshots"_s, folder});
        Ended ended;
        if (!process.waitForFinished(Patience)) {
            process.kill();
            process.waitForFinished();
        } else if (process.exitStatus() == QProcess::NormalExit) {
            ended.exit = process.exitCode();
        }
        ended.paths = QString::fromUtf8(process.readAllStandardOutput()).split(u'\n', Qt::SkipEmptyParts);
        ended.errors = process.readAllStandardError();
        return ended;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY2(QFile::exists(Program), "treewarden is not built");
        prctl(PR_SET_CHILD_SUBREAPER, 0); // as in live/connection
        m_daemon = std::make_unique<PrivateDaemon>();
        QVERIFY(m_daemon->start());
        QVERIFY(m_daemon->define(u"one"_s) && m_daemon->define(u"two"_s));
        m_daemon->virsh({u"snapshot-create-as"_s, u"one"_s, u"installed"_s});
        m_daemon->virsh({u"snapshot-create-as"_s, u"one"_s, u"updated"_s, u"--disk-only"_s});
        QCOMPARE(
            m_daemon->virsh({u"snapshot-list"_s, u"one"_s, u"--name"_s}).simplified(), QByteArray("installed updated"));
    }
    void cleanupTestCase() { m_daemon.reset(); }

    void shows_data()
    {
        QTest::addColumn<int>("scale");
        QTest::newRow("100 %") << 1;
        QTest::newRow("200 %") << 2;
    }
    void shows()
    {
        QFETCH(const int, scale);
        const QString folder = m_folder.filePath(u"at %1"_s.arg(scale)); // made by the program
        const Ended ended = take(m_daemon->uri(), folder, scale);
        QVERIFY2(ended.exit == 0, ended.errors.constData());

        QStringList found;
        QHash<QString, Colours> colours;
        for (const QFileInfo &file : QDir(folder).entryInfoList(QDir::Files)) {
            QVERIFY2(ended.paths.contains(file.filePath()), qPrintable(file.filePath()));
            found += file.completeBaseName();
            const QImage picture(file.filePath());
            QCOMPARE(picture.size(), QSize(1280, 800) * scale);
            const Colours seen = coloursOf(picture);
            // Text alone has that many shades; a window that was never painted has one colour.
            QVERIFY2(seen.count > 20, qPrintable(u"%1: %2 colours"_s.arg(file.fileName()).arg(seen.count)));
            QVERIFY2(seen.mostCommon < 0.97, qPrintable(u"%1: %2"_s.arg(file.fileName()).arg(seen.mostCommon)));
            colours.insert(found.last(), seen);
        }
        QCOMPARE(qsizetype(ended.paths.size()), found.size());
        QCOMPARE(found,
            (QStringList{u"empty-host"_s, u"failed-connection"_s, u"machine-one"_s, u"machine-two"_s, u"main-dark"_s,
                u"main-light"_s, u"snapshot-one"_s, u"start-page"_s}));
        QVERIFY2(
            colours[u"main-dark"_s].lightness < 0.4, qPrintable(QString::number(colours[u"main-dark"_s].lightness)));
        for (const QString &name : std::as_const(found)) {
            if (name != "main-dark"_L1)
                QVERIFY2(
                    colours[name].lightness > 0.7, qPrintable(name + u' ' + QString::number(colours[name].lightness)));
        }
        // What is drawn differs with what is shown.
        const auto pictureOf = [&](const QString &name) { return QImage(QDir(folder).filePath(name + u".png"_s)); };
        QVERIFY(pictureOf(u"machine-one"_s) != pictureOf(u"machine-two"_s));
        QVERIFY(pictureOf(u"empty-host"_s) != pictureOf(u"failed-connection"_s));
    }

    void saysThatItCouldNotOpenTheHost()
    {
        const QString folder = m_folder.filePath(u"nothing"_s);
        const Ended ended = take(u"qemu+unix:///session?socket=/tmp/treewarden-no-such-socket"_s, folder);
        QCOMPARE(ended.exit, 1);
        QCOMPARE(ended.paths, QStringList());
        QVERIFY2(ended.errors.contains("treewarden-no-such-socket"), ended.errors.constData());
    }
    void saysThatItCouldNotWrite()
    {
        // A file in the place of the folder, so that root cannot either.
        QFile file(m_folder.filePath(u"a file"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        const Ended ended = take(m_daemon->uri(), file.fileName() + u"/pictures"_s);
        QCOMPARE(ended.exit, 1);
        QVERIFY2(ended.errors.contains("a file/pictures"), ended.errors.constData());
    }
};

TREEWARDEN_LIVE_MAIN(tst_Pictures)
#include "tst_pictures.moc"
