// SPDX-License-Identifier: GPL-3.0-or-later
// A machine that QEMU paused because the file system of its disk is full.
#include "model/guard/assessment.h"
#include "model/sandbox/guest.h"
#include "tests/live/jobmachine.h"
#include "tests/support/ownmounts.h"
#include "tests/support/sandboxfixture.h"

#include <QFileInfo>

#include <sys/prctl.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class tst_PausedMachine : public QObject
{
    Q_OBJECT

private:
    static constexpr auto Id = "paused-by-io-error"_L1;

    std::unique_ptr<JobMachine> m_machine;
    std::optional<SmallDisk> m_disk;

    std::shared_ptr<const Domain> machine() const
    {
        return m_machine->connection().inventory()->domain(m_machine->id());
    }
    bool isPaused() const
    {
        return machine() && machine()->state == DomainState::Paused && machine()->pausedBy == PausedBy::IoError;
    }
    qint64 taken() const
    {
        struct stat facts = {};
        return stat(qPrintable(m_machine->path(u"one.qcow2"_s)), &facts) == 0 ? qint64(facts.st_blocks) * 512 : -1;
    }
    QStringList findings(const Intent::What &what)
    {
        QStringList found;
        (void)m_machine->confirm(what, {}, &found);
        return found;
    }

private Q_SLOTS:
    void initTestCase()
    {
        // Nobody here gathers QEMU's processes while a test waits for libvirt, which waits for their end.
        prctl(PR_SET_CHILD_SUBREAPER, 0);
        m_machine = std::make_unique<JobMachine>();
        QVERIFY(m_machine->daemon.start());
        QVERIFY(m_machine->renew()); // an image that is there when all others went with the mount
        QVERIFY(m_disk.emplace(m_machine->path({}), "24m").isMounted());
        QVERIFY(m_machine->connect());
    }
    void cleanupTestCase()
    {
        (void)m_machine->daemon.virsh({u"destroy"_s, u"one"_s});
        if (m_disk)
            QVERIFY(compareImagesBelow(m_machine->path({})) > 0);
        m_disk.reset();
        m_machine.reset();
        QVERIFY(waitForWorkers(10s));
    }

    void saysSoAndLosesNothing()
    {
        QVERIFY(m_machine->renew(16));
        const QString disk = m_machine->path(u"one.qcow2"_s);
        QFile sector(m_machine->daemon.path(u"sector"_s));
        QVERIFY(sector.open(QIODevice::WriteOnly));
        QCOMPARE(sector.write(bootSector()), 512);
        sector.close();
        QCOMPARE(run(u"qemu-io"_s, {u"-f"_s, u"qcow2"_s, u"-c"_s, u"write -s %1 0 512"_s.arg(sector.fileName()), disk})
                     .exitCode,
            0);
        // Without ACPI the guest takes its power button for pressed.
        QFile xml(m_machine->daemon.path(u"acpi.xml"_s));
        QVERIFY(xml.open(QIODevice::WriteOnly));
        xml.write(m_machine->daemon.virsh({u"dumpxml"_s, u"--inactive"_s, u"one"_s})
                      .replace("<devices>", "<features><acpi/></features><devices>"));
        xml.close();
        QCOMPARE(run(u"virsh"_s, m_machine->virsh({u"define"_s, xml.fileName()})).exitCode, 0);
        const Task first = m_machine->execute(CreateIntent{u"i1"_s, {}, CreateIntent::Kind::Internal});
        QVERIFY2(first.outcome == Outcome::Succeeded, describe(first).constData());
        const qint64 before = taken();
        const Task start = m_machine->execute(PowerIntent{PowerIntent::To::Start});
        QVERIFY2(start.outcome == Outcome::Succeeded, describe(start).constData());
        QTRY_VERIFY_WITH_TIMEOUT(taken() > before, JobMachine::Patience); // the guest writes

        QFile ballast(m_machine->path(u"ballast"_s));
        QVERIFY(ballast.open(QIODevice::WriteOnly | QIODevice::Unbuffered));
        const QByteArray piece(4096, 'x');
        while (ballast.write(piece) > 0) { }
        QTRY_VERIFY_WITH_TIMEOUT(isPaused(), JobMachine::Patience); // seen by itself
        const auto problems = assess(*m_machine->read()).problemsOf(m_machine->id());
        QCOMPARE(std::count_if(problems.begin(), problems.end(), [](const Problem &each) { return each.id == Id; }), 1);

        const CreateIntent create{u"e2"_s, {}, CreateIntent::Kind::External, CreateIntent::Memory::Drop};
        const QStringList found = findings(create);
        QVERIFY2(found.filter(Id).size() == 1, qPrintable(found.join(u' ')));

        QVERIFY(ballast.remove());
        const Task task = m_machine->execute(create);
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QVERIFY(isPaused()); // as it was: nobody asked to let it go on
        const qint64 frozen = taken();
        const Task resume = m_machine->execute(PowerIntent{PowerIntent::To::Resume});
        QVERIFY2(resume.outcome == Outcome::Succeeded, describe(resume).constData());
        // The request that had failed is done once more, now on the overlay.
        const QString overlay = m_machine->disk();
        QVERIFY(overlay != disk);
        const qint64 small = QFileInfo(overlay).size();
        QTRY_VERIFY_WITH_TIMEOUT(QFileInfo(overlay).size() > small, JobMachine::Patience);
        QCOMPARE(taken(), frozen);
        QCOMPARE(machine()->state, DomainState::Running);

        const Task off = m_machine->execute(PowerIntent{PowerIntent::To::ForceOff});
        QVERIFY2(off.outcome == Outcome::Succeeded, describe(off).constData());
        const QMap<QString, int> all{{u"now"_s, 1}, {u"i1"_s, 1}, {u"e2"_s, 1}};
        QCOMPARE(m_machine->states(), all);
        QCOMPARE(m_machine->broken(), QByteArray());
    }
};

TREEWARDEN_LIVE_MAIN(tst_PausedMachine, Mounts::Own)
#include "tst_pausedmachine.moc"
