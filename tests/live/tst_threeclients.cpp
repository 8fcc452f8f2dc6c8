// SPDX-License-Identifier: GPL-3.0-or-later
// One sandbox, and at the same time the window, the command line and virsh on it; and its reset by a program's option.
#include "model/sandbox/machines.h"
#include "tests/live/cliprocess.h"
#include "tests/support/process.h"
#include "tests/support/sandboxfixture.h"

#include <QDir>
#include <QElapsedTimer>
#include <QImageReader>
#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

class tst_ThreeClients : public QObject
{
    Q_OBJECT

private:
    static constexpr int Patience = 180'000;

    std::unique_ptr<SandboxFixture> m_sandbox;
    QTemporaryDir m_folder;

    // The window, as far as one can have it without a display, with none of the user's settings.
    std::unique_ptr<QProcess> window(const QStringList &arguments) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
        for (const char *kind : {"CONFIG", "STATE", "DATA", "CACHE"})
            environment.insert(u"XDG_%1_HOME"_s.arg(QString::fromLatin1(kind)), m_folder.filePath(u"xdg"_s));
        auto process = std::make_unique<QProcess>();
        process->setProcessEnvironment(environment);
        process->setProcessChannelMode(QProcess::MergedChannels);
        process->start(QStringLiteral(TREEWARDEN_BIN "/treewarden"), arguments);
        return process;
    }
    static ProcessResult cli(const QStringList &arguments)
    {
        return run(Cli, QStringList{u"--connect"_s, u"sandbox"_s} + arguments);
    }
    static QStringList snapshots(const QString &machine)
    {
        const ProcessResult said = cli({u"--json"_s, u"tree"_s, machine});
        return sorted(pluck(object(said.output)["snapshots"_L1], "name"_L1));
    }
    QStringList virshSnapshots(const QString &machine) const
    {
        return sorted(m_sandbox->virshLines({u"snapshot-list"_s, machine, u"--name"_s}));
    }

private Q_SLOTS:
    void init() { m_sandbox = std::make_unique<SandboxFixture>(); }
    void cleanup()
    {
        QVERIFY(m_sandbox->end());
        m_sandbox.reset();
    }

    // From nothing: who comes first makes it, the others wait for it.
    void atTheSameTime()
    {
        const QString pictures = m_folder.filePath(u"pictures"_s);
        const auto program = window({u"--sandbox"_s, u"--screenshots"_s, pictures});
        QVERIFY(program->waitForStarted());
        const ProcessResult first = cli({u"--json"_s, u"list"_s});
        QVERIFY2(first.exitCode == 0, first.error.constData());
        QCOMPARE(sorted(pluck(object(first.output)["domains"_L1], "name"_L1)), sorted(exampleMachines()));

        int rounds = 0;
        QElapsedTimer time;
        time.start();
        while (!program->waitForFinished(1) && time.elapsed() < Patience) {
            const QString name = u"round-%1"_s.arg(++rounds);
            m_sandbox->virsh({u"snapshot-create-as"_s, u"internal-branch"_s, name});
            const QStringList now = snapshots(u"internal-branch"_s);
            QVERIFY2(now.contains(name), qPrintable(now.join(u' ')));
            const ProcessResult deleted
                = cli({u"run"_s, u"internal-branch"_s, u"delete"_s, name, u"--acknowledge"_s, u"snapshot-lost"_s});
            QVERIFY2(deleted.exitCode == 0, QByteArray(deleted.output + deleted.error).constData());
            QVERIFY(!virshSnapshots(u"internal-branch"_s).contains(name));
        }
        const QByteArray said = program->readAll();
        QVERIFY2(program->state() == QProcess::NotRunning && program->exitCode() == 0, said.constData());
        QVERIFY(rounds > 1); // it did not end before the others had begun
        const QFileInfoList taken = QDir(pictures).entryInfoList({u"*.png"_s}, QDir::Files);
        QVERIFY(taken.size() > 1);
        for (const QFileInfo &picture : taken)
            QVERIFY2(QImageReader(picture.filePath()).size().width() >= 320, qPrintable(picture.filePath()));
        QCOMPARE(snapshots(u"internal-branch"_s), virshSnapshots(u"internal-branch"_s));
    }

    // What the user did to the examples is gone, and what links lead to is not.
    void resetByItsOption()
    {
        QVERIFY(cli({u"list"_s}).exitCode == 0);
        const QStringList examples = virshSnapshots(u"internal-branch"_s);
        QVERIFY(!examples.isEmpty());
        m_sandbox->virsh({u"snapshot-create-as"_s, u"internal-branch"_s, u"mine"_s});
        m_sandbox->virsh({u"undefine"_s, u"issue-811"_s, u"--snapshots-metadata"_s});
        const QString outside = m_folder.filePath(u"outside"_s);
        QVERIFY(QDir().mkpath(outside));
        QFile precious(outside + u"/precious"_s);
        QVERIFY(precious.open(QIODevice::WriteOnly) && precious.write("precious") == 8);
        precious.close();
        QVERIFY(QFile::link(outside, m_sandbox->paths().images() + u"/to-outside"_s));
        QVERIFY(QFile::link(precious.fileName(), m_sandbox->paths().root + u"/to-precious"_s));

        const ProcessResult reset = run(Cli, {u"--reset-sandbox"_s, u"--connect"_s, u"sandbox"_s, u"list"_s});
        QVERIFY2(reset.exitCode == 0, reset.error.constData());
        QCOMPARE(sorted(m_sandbox->virshLines({u"list"_s, u"--all"_s, u"--name"_s})), sorted(exampleMachines()));
        QCOMPARE(virshSnapshots(u"internal-branch"_s), examples);
        QVERIFY(!QFileInfo(m_sandbox->paths().images() + u"/to-outside"_s).isSymLink());
        QVERIFY(precious.open(QIODevice::ReadOnly));
        QCOMPARE(precious.readAll(), QByteArray("precious"));
    }
};

TREEWARDEN_LIVE_MAIN(tst_ThreeClients)
#include "tst_threeclients.moc"
