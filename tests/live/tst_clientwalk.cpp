// SPDX-License-Identifier: GPL-3.0-or-later
// The walk of an ordinary user of the system's daemon: what that user's plans do, root reads back.
#include "tests/support/process.h"
#include "tests/walk/runner.h"
#include "tests/walk/walk.h"

#include <QCoreApplication>
#include <QTest>

#include <cstdio>

#include <unistd.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

class tst_ClientWalk : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<WalkHost> m_host;
    WalkFigures m_figures;

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();

    void cannotReadTheImages();
    void walk_data();
    void walk();
};

void tst_ClientWalk::initTestCase()
{
    m_host = std::make_unique<WalkHost>(WalkHost::Client::Stranger);
    const auto started = m_host->start();
    QVERIFY2(started, started ? "" : qPrintable(started.error().subject + u": "_s + started.error().detail));
}

void tst_ClientWalk::cleanupTestCase()
{
    m_host.reset();
    QCOMPARE(geteuid(), 0U);
    for (const QString &line : m_figures.table().split(u'\n', Qt::SkipEmptyParts))
        qInfo("%s", qUtf8Printable(line));
}

// What this test rests on.
void tst_ClientWalk::cannotReadTheImages()
{
    QCOMPARE(geteuid(), SystemDaemon::Nobody);
    QCOMPARE(getuid(), SystemDaemon::Nobody);
    const QString image = m_host->makeFolder(u"w"_s) + u"/secret.qcow2"_s;
    QCOMPARE(m_host->tool(u"qemu-img"_s, {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, image, u"1M"_s}).exitCode, 0);
    m_host->give(image);
    QVERIFY(QFile::exists(image));
    QFile file(image);
    QVERIFY(!file.open(QIODevice::ReadOnly));
    QVERIFY(!QFile::remove(image));
    QVERIFY(!m_host->surroundings().canEditFiles);
    QCOMPARE(m_host->tool(u"rm"_s, {image}).exitCode, 0);
}

void tst_ClientWalk::walk_data()
{
    QTest::addColumn<int>("seed");
    for (int seed = 1; seed <= 4; ++seed)
        QTest::addRow("seed %d", seed) << seed;
}

void tst_ClientWalk::walk()
{
    QFETCH(const int, seed);
    constexpr int Operations = 8;
    Walk walk(*m_host, quint64(seed), WalkMode::Obey, jobRunner(*m_host));
    const auto gone = walk.go(Operations);
    m_figures.add(walk.figures());
    const WalkFigures &figures = walk.figures();
    QVERIFY2(gone && figures.isGood(), qPrintable(figures.reports.join(u'\n')));
    QCOMPARE(figures.operations, Operations);
    QVERIFY(figures.images > 0);
    QVERIFY(figures.ran > 0); // a walk that did nothing says nothing
}

int main(int argc, char **argv)
{
    if (const auto exitCode = runAsRoot(argc, argv))
        return *exitCode;
    // No subreaper as in liveMain(): QEMU that the daemon ended would stay a zombie of this process, and libvirt waits
    // for it to be gone.
    const QCoreApplication application(argc, argv);
    for (const QString &tool : {u"libvirtd"_s, u"virsh"_s, u"qemu-img"_s, u"qemu-io"_s, u"qemu-system-x86_64"_s}) {
        if (const QByteArray missing = missingTool(tool); !missing.isEmpty()) {
            std::fprintf(stderr, "FAIL! : %s\n", missing.constData());
            return 1;
        }
    }
    tst_ClientWalk test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_clientwalk.moc"
