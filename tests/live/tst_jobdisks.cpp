// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs beside a guest that writes, and on a disk that goes by another name than its file's.
#include "tests/live/jobmachine.h"
#include "tests/support/sandboxfixture.h"

#include <QFileInfo>

#include <sys/prctl.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Kind = CreateIntent::Kind;

} // namespace

class tst_JobDisks : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<JobMachine> m_machine;

    void prepare(const QStringList &tree)
    {
        int value = 1;
        for (const QString &word : tree) {
            if (word == "on"_L1) {
                QVERIFY(m_machine->execute(PowerIntent{PowerIntent::To::Start}).outcome == Outcome::Succeeded);
                continue;
            }
            const Task task
                = m_machine->execute(CreateIntent{word, {}, word.startsWith(u'e') ? Kind::External : Kind::Internal});
            QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
            QVERIFY(m_machine->write(++value));
        }
    }
    // By the machine's own QEMU.
    bool writeAsGuest(int value)
    {
        for (const QString &command : {u"write -P %1 1M 64k"_s.arg(value), u"flush"_s}) {
            const auto done = run(u"virsh"_s,
                m_machine->virsh({u"qemu-monitor-command"_s, u"one"_s, u"--hmp"_s,
                    u"qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend \"%1\""_s.arg(command)}));
            // The monitor says something where it is an error.
            if (done.exitCode != 0 || !done.output.trimmed().isEmpty())
                return false;
        }
        return true;
    }

private Q_SLOTS:
    void initTestCase()
    {
        // Nobody here gathers QEMU's processes while a test waits for libvirt, which waits for their end.
        prctl(PR_SET_CHILD_SUBREAPER, 0);
        m_machine = std::make_unique<JobMachine>();
        QVERIFY(m_machine->daemon.start());
        QVERIFY(m_machine->connect());
    }
    void cleanupTestCase()
    {
        m_machine.reset();
        QVERIFY(waitForWorkers(10s));
    }
    void init() { QVERIFY(m_machine->renew()); }

    // What libvirt calls the file may be one name of it, and what the images below say another.
    void diskIsALink_data()
    {
        QTest::addColumn<QStringList>("tree");
        for (const QString &snapshot : {u"i1"_s, u"e1"_s}) {
            QTest::addRow("on %s, off", qPrintable(snapshot)) << QStringList{snapshot, u"e2"_s};
            QTest::addRow("on %s, running", qPrintable(snapshot)) << QStringList{snapshot, u"e2"_s, u"on"_s};
        }
    }

    void diskIsALink()
    {
        QFETCH(QStringList, tree);
        const QString link = m_machine->path(u"link.qcow2"_s);
        QVERIFY(QFile::link(m_machine->path(u"one.qcow2"_s), link));
        QFile xml(m_machine->daemon.path(u"linked.xml"_s));
        QVERIFY(xml.open(QIODevice::WriteOnly | QIODevice::Truncate));
        xml.write(m_machine->daemon.virsh({u"dumpxml"_s, u"--inactive"_s, u"one"_s})
                      .replace(m_machine->path(u"one.qcow2"_s).toUtf8(), link.toUtf8()));
        xml.close();
        QCOMPARE(run(u"virsh"_s, m_machine->virsh({u"define"_s, xml.fileName()})).exitCode, 0);
        QCOMPARE(m_machine->disk(), link);
        prepare(tree);
        if (QTest::currentTestFailed())
            return;
        const auto before = m_machine->states();
        QStringList findings;
        const auto plan = m_machine->confirm(DeleteIntent{u"e2"_s}, {}, &findings);
        QVERIFY2(plan, qPrintable(findings.join(u' ')));
        const Task task = m_machine->execute(*plan);
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        auto after = m_machine->states();
        QCOMPARE(after.value(u"now"_s), before.value(u"now"_s));
        QVERIFY(!after.contains(u"e2"_s));
        QCOMPARE(after.value(tree.front(), -1), before.value(tree.front()));
        (void)run(u"virsh"_s, m_machine->virsh({u"destroy"_s, u"one"_s}));
        QCOMPARE(m_machine->broken(), QByteArray());
        QVERIFY(QFileInfo(link).isSymLink());
        // And it can still be worked on.
        const Task back = m_machine->execute(RevertIntent{tree.front()});
        QVERIFY2(back.outcome == Outcome::Succeeded, describe(back).constData());
        QCOMPARE(m_machine->states().value(u"now"_s), before.value(tree.front()));
    }

    // The guest, or whoever writes for it here, goes on until its present is kept.
    void whatIsWrittenWhileATagIsExtractedIsKept()
    {
        prepare({u"i1"_s, u"e2"_s, u"on"_s});
        if (QTest::currentTestFailed())
            return;
        const auto plan
            = m_machine->confirm(RevertIntent{u"i1"_s, RevertIntent::Then::AsItWas, u"before"_s}, u"extract"_s);
        if (!plan) { // this libvirt does it by itself
            QVERIFY(m_machine->confirm(RevertIntent{u"i1"_s}, u"libvirt"_s));
            return;
        }
        const auto before = m_machine->states();
        bool isWritten = false;
        int moment = 0;
        const Runner::Options options{250ms, 30s, [&](const QString &point) {
                                          // Once the first step, which is the extraction, has run.
                                          if (point == "step-ran"_L1 && moment++ == 0)
                                              isWritten = writeAsGuest(9);
                                      }};
        Runner runner(m_machine->host(), m_machine->journal(), options);
        const Task task = runner.run(orderOf(*plan, m_machine->connection().surroundings()));
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QVERIFY(isWritten);
        const auto after = m_machine->states();
        QCOMPARE(after.value(u"now"_s), before.value(u"i1"_s));
        QCOMPARE(after.value(u"before"_s), 9);
        QCOMPARE(after.value(u"e2"_s), before.value(u"e2"_s));
        (void)run(u"virsh"_s, m_machine->virsh({u"destroy"_s, u"one"_s}));
        QCOMPARE(m_machine->broken(), QByteArray());
        const Task back = m_machine->execute(RevertIntent{u"before"_s});
        QVERIFY2(back.outcome == Outcome::Succeeded, describe(back).constData());
    }
};

TREEWARDEN_LIVE_MAIN(tst_JobDisks)
#include "tst_jobdisks.moc"
