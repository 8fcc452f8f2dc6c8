// SPDX-License-Identifier: GPL-3.0-or-later
// The firmware's variables (NVRAM) through snapshots, on real libvirt and QEMU. The loader is a file of zeros, which a
// machine can run, if to no end: it is the file of the variables that counts.
#include "model/backend/localfiles/localeditor.h"
#include "model/domain/nvramcopy.h"
#include "model/guard/libvirtbehaviour.h"
#include "tests/live/jobmachine.h"
#include "tests/support/sandboxfixture.h"

#include <sys/prctl.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

using Kind = CreateIntent::Kind;
using Memory = CreateIntent::Memory;

class tst_Firmware : public QObject
{
    Q_OBJECT

private:
    static constexpr int Size = 128 << 10;
    std::unique_ptr<JobMachine> m_machine;

    QString nvram() const { return m_machine->daemon.path(u"nvram/one_VARS.fd"_s); }
    QString copyOf(const QString &snapshot) const { return nvramCopyPath(Nvram{nvram(), {}}, snapshot); }
    static bool fill(const QString &path, int value)
    {
        // In place, as a machine writes.
        QFile file(path);
        if (!file.open(QIODevice::ReadWrite) || file.write(QByteArray(Size, char(value))) != Size)
            return false;
        file.close();
        return chmod(qPrintable(path), 0666) == 0;
    }
    // The value that a file is full of; -1: it is not there, or holds anything else.
    static int holds(const QString &path)
    {
        QFile file(path);
        const QByteArray bytes = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        return bytes.size() == Size && bytes.count(bytes.front()) == Size ? bytes.front() : -1;
    }
    bool make(const QString &name, Kind kind)
    {
        const Task task = m_machine->execute(CreateIntent{name, {}, kind});
        if (task.outcome != Outcome::Succeeded)
            qWarning("%s", describe(task).constData());
        return task.outcome == Outcome::Succeeded;
    }
    // Older libvirts take no internal snapshot of a machine with UEFI; then that is said before.
    bool takesInternal() { return LibvirtBehaviour(m_machine->read()->host).takesInternalOffWithUefi(); }
    void isRefused(const QString &name)
    {
        QStringList findings;
        QVERIFY(!m_machine->confirm(CreateIntent{name, {}, Kind::Internal}, u"libvirt"_s, &findings));
        QVERIFY2(findings.contains(u"libvirt:nvram-forbids-internal"_s), qPrintable(findings.join(u' ')));
        QVERIFY(run(u"virsh"_s, m_machine->virsh({u"snapshot-create-as"_s, JobMachine::one(), name})).exitCode != 0);
    }
    QStringList folder() const
    {
        return QDir(m_machine->daemon.path(u"nvram"_s)).entryList(QDir::Files | QDir::Hidden, QDir::Name);
    }

private Q_SLOTS:
    void initTestCase()
    {
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
    void init()
    {
        const QString one = JobMachine::one();
        (void)run(u"virsh"_s, m_machine->virsh({u"destroy"_s, one}));
        (void)run(u"virsh"_s,
            m_machine->virsh({u"undefine"_s, one, u"--snapshots-metadata"_s, u"--managed-save"_s, u"--keep-nvram"_s}));
        QVERIFY(m_machine->renew());
        const QString place = m_machine->daemon.path(u"nvram"_s);
        QDir(place).removeRecursively();
        QVERIFY(QDir().mkpath(place));
        QVERIFY(chmod(qPrintable(place), 0777) == 0);
        QVERIFY(fill(nvram(), 1));
        const QString loader = m_machine->daemon.path(u"loader.fd"_s);
        QVERIFY(fill(loader, 0));
        QByteArray xml = m_machine->daemon.virsh({u"dumpxml"_s, one});
        xml.replace("</type>",
            QByteArray("</type><loader readonly='yes' type='pflash'>" + loader.toUtf8() + "</loader><nvram>"
                + nvram().toUtf8() + "</nvram>"));
        if (!xml.contains("<acpi/>"))
            xml.replace("</os>", "</os><features><acpi/></features>");
        QFile file(m_machine->daemon.path(u"firmware.xml"_s));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(xml) == xml.size());
        file.close();
        const auto defined = run(u"virsh"_s, m_machine->virsh({u"define"_s, file.fileName()}));
        QVERIFY2(defined.exitCode == 0, defined.error.constData());
    }

    void revertBringsThemBack_data()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("external") << int(Kind::External);
        QTest::newRow("internal") << int(Kind::Internal);
    }
    void revertBringsThemBack()
    {
        QFETCH(int, kind);
        if (Kind(kind) == Kind::Internal && !takesInternal()) {
            isRefused(u"before"_s);
            return;
        }
        QVERIFY(make(u"before"_s, Kind(kind)));
        QCOMPARE(holds(copyOf(u"before"_s)), 1);
        QCOMPARE(folder().size(), 2);
        QVERIFY(fill(nvram(), 2) && m_machine->write(2));
        QVERIFY(make(u"later"_s, Kind(kind)));
        QVERIFY(fill(nvram(), 3) && m_machine->write(3));

        const Task task = m_machine->execute(RevertIntent{u"before"_s});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QCOMPARE(holds(nvram()), 1);
        QCOMPARE(m_machine->states().value(u"now"_s), 1);
        QCOMPARE(holds(copyOf(u"before"_s)), 1);
        QCOMPARE(holds(copyOf(u"later"_s)), 2);

        const JournalEntry entry = m_machine->entry(task.entry);
        if (toHistory(entry, m_machine->host()).undo != HistoryEntry::Undo::No) {
            const Task undone = m_machine->undo(task.entry);
            QVERIFY2(undone.outcome == Outcome::Succeeded, describe(undone).constData());
            QCOMPARE(holds(nvram()), 3);
            QCOMPARE(m_machine->states().value(u"now"_s), 3);
            QCOMPARE(folder().size(), 3);
        } else {
            QCOMPARE(Kind(kind), Kind::Internal); // what it wrote over nobody else has
        }
    }

    void creationIsUndone()
    {
        const Task task = m_machine->execute(CreateIntent{u"before"_s, {}, Kind::External});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QCOMPARE(holds(copyOf(u"before"_s)), 1);
        const Task undone = m_machine->undo(task.entry);
        QVERIFY2(undone.outcome == Outcome::Succeeded, describe(undone).constData());
        QCOMPARE(folder(), QStringList{u"one_VARS.fd"_s});
        QCOMPARE(holds(nvram()), 1);
    }

    void theCopyGoesWithItsSnapshot_data() { revertBringsThemBack_data(); }
    void theCopyGoesWithItsSnapshot()
    {
        QFETCH(int, kind);
        if (Kind(kind) == Kind::Internal && !takesInternal()) {
            isRefused(u"before"_s);
            return;
        }
        QVERIFY(make(u"before"_s, Kind(kind)));
        const Task task = m_machine->execute(DeleteIntent{u"before"_s});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QCOMPARE(folder(), QStringList{u"one_VARS.fd"_s});
        QCOMPARE(holds(nvram()), 1);
    }

    void aForgottenSnapshotLeavesItsCopy()
    {
        QVERIFY(make(u"before"_s, Kind::External));
        const Task task = m_machine->execute(DeleteIntent{u"before"_s, DeleteIntent::Scope::One, true});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QCOMPARE(holds(copyOf(u"before"_s)), 1);
        const auto orphans = assess(*m_machine->read()).orphansOf(m_machine->id());
        QVERIFY(std::any_of(orphans.begin(), orphans.end(), [&](const Orphan &orphan) {
            return orphan.kind == OrphanKind::Nvram && orphan.path == copyOf(u"before"_s);
        }));
        // Another one of its name must not get what is not its own.
        QStringList findings;
        QVERIFY(!m_machine->confirm(CreateIntent{u"before"_s, {}, Kind::External}, {}, &findings));
        QVERIFY2(findings.contains(u"libvirt:target-exists"_s), qPrintable(findings.join(u' ')));
        const Task undone = m_machine->undo(task.entry);
        QVERIFY2(undone.outcome == Outcome::Succeeded, describe(undone).constData());
        QVERIFY(assess(*m_machine->read()).orphansOf(m_machine->id()).empty());
    }

    void renamingMovesTheCopy()
    {
        QVERIFY(make(u"before"_s, Kind::External));
        const Task task = m_machine->execute(RenameIntent{u"before"_s, u"after it"_s});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QCOMPARE(folder().size(), 2);
        QCOMPARE(holds(copyOf(u"after it"_s)), 1);
        const Task undone = m_machine->undo(task.entry);
        QVERIFY2(undone.outcome == Outcome::Succeeded, describe(undone).constData());
        QCOMPARE(folder().size(), 2);
        QCOMPARE(holds(copyOf(u"before"_s)), 1);
    }

    // A file of another size than any NVRAM has is not read into memory, and none is written over.
    void onlySmallFilesAreCopiedInUse()
    {
        LocalEditor editor;
        const QString large = m_machine->daemon.path(u"nvram/large"_s);
        QFile file(large);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.resize((64 << 20) + 1));
        const auto refused = editor.copyInUse(copyOf(u"x"_s), large);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Unsupported);
        QVERIFY(!QFile::exists(copyOf(u"x"_s)));
        QVERIFY(editor.copyInUse(copyOf(u"x"_s), nvram()));
        QCOMPARE(holds(copyOf(u"x"_s)), 1);
        QVERIFY(fill(nvram(), 2));
        const auto again = editor.copyInUse(copyOf(u"x"_s), nvram());
        QVERIFY(!again);
        QCOMPARE(again.error().code, ErrorCode::Busy);
        QCOMPARE(holds(copyOf(u"x"_s)), 1);
    }

    // QEMU has the file open: what it holds is copied all the same, and put back while the machine is off.
    void aRunningMachine()
    {
        const Task started = m_machine->execute(PowerIntent{PowerIntent::To::Start});
        QVERIFY2(started.outcome == Outcome::Succeeded, describe(started).constData());
        const Task taken = m_machine->execute(CreateIntent{u"before"_s, {}, Kind::External, Memory::Keep});
        QVERIFY2(taken.outcome == Outcome::Succeeded, describe(taken).constData());
        QCOMPARE(holds(copyOf(u"before"_s)), 1);
        QVERIFY(m_machine->execute(PowerIntent{PowerIntent::To::ForceOff}).outcome == Outcome::Succeeded);
        QVERIFY(fill(nvram(), 2));
        const Task task = m_machine->execute(RevertIntent{u"before"_s});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QVERIFY(isActive(m_machine->power()));
        QCOMPARE(holds(nvram()), 1);
    }

    // It is forced off before its NVRAM is put back; what it had in memory is all that undoing cannot bring back.
    void aRunningMachineIsRevertedForMostPart()
    {
        QVERIFY(make(u"before"_s, Kind::External));
        QVERIFY(fill(nvram(), 2));
        const Task started = m_machine->execute(PowerIntent{PowerIntent::To::Start});
        QVERIFY2(started.outcome == Outcome::Succeeded, describe(started).constData());
        const Task task = m_machine->execute(RevertIntent{u"before"_s});
        QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
        QVERIFY(!isActive(m_machine->power()));
        QCOMPARE(holds(nvram()), 1);
        QCOMPARE(toHistory(m_machine->entry(task.entry), m_machine->host()).undo, HistoryEntry::Undo::Partly);
        const Task undone = m_machine->undo(task.entry);
        QVERIFY2(undone.outcome == Outcome::Succeeded, describe(undone).constData());
        QCOMPARE(holds(nvram()), 2);
        QCOMPARE(folder().size(), 2);
    }
};

TREEWARDEN_LIVE_MAIN(tst_Firmware)
#include "tst_firmware.moc"
