// SPDX-License-Identifier: GPL-3.0-or-later
// Backups of a machine whose guest keeps writing, by the command line: what each point shows when qemu-img restores it,
// and what is left of one that did not come to its end.
#include "model/sandbox/guest.h"
#include "tests/live/cliprocess.h"
#include "tests/live/jobmachine.h"
#include "tests/support/sandboxfixture.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QDirIterator>

#include <sys/prctl.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

// MiB, nearly all of it data. A copy of the large one takes long enough to be met in its middle, also from memory
// alone.
constexpr int Size = 128;
constexpr int LargeSize = 1536; // MiB: a copy by libvirt is to be met in its middle

} // namespace

class tst_Backup : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<JobMachine> m_machine;

    static QString engine()
    {
        QFETCH_GLOBAL(QString, engine);
        return engine;
    }
    static bool isByQmp() { return engine() == "qmp"_L1; }
    QString folder() const { return m_machine->daemon.path(u"backups"_s); }
    QString chain(int number = 1) const { return folder() + u"/one/chain-000%1"_s.arg(number); }
    QByteArray virsh(const QStringList &arguments) const { return m_machine->daemon.virsh(arguments); }
    QStringList words(const QStringList &arguments) const
    {
        return QStringList{u"--connect"_s, m_machine->daemon.uri()} + arguments;
    }
    ProcessResult cli(const QStringList &arguments) const { return run(Cli, words(arguments)); }
    QStringList backupWords(const QStringList &more = {}) const
    {
        return QStringList{u"run"_s, u"one"_s, u"backup"_s, folder(), u"--json"_s, u"--engine"_s, engine()} + more;
    }
    QStringList files() const
    {
        QStringList found;
        QDirIterator it(folder(), QDir::Files, QDirIterator::Subdirectories);
        while (it.hasNext())
            found += it.next().mid(folder().size() + 1);
        return sorted(found);
    }
    QByteArray checkpoints() const { return virsh({u"checkpoint-list"_s, u"one"_s, u"--name"_s}).trimmed(); }
    // Of the machine's disks, as QEMU has them.
    QStringList bitmaps() const
    {
        const QJsonObject reply
            = object(virsh({u"qemu-monitor-command"_s, u"one"_s, u"{\"execute\":\"query-named-block-nodes\"}"_s}));
        QStringList names;
        for (const QJsonValue &node : reply["return"_L1].toArray())
            names += pluck(node["dirty-bitmaps"_L1], "name"_L1);
        return sorted(names);
    }
    // What records since a backup.
    QByteArray marks() const { return isByQmp() ? bitmaps().join(u' ').toUtf8() : checkpoints(); }
    bool isUnderWay() const
    {
        if (!isByQmp())
            return virsh({u"domjobinfo"_s, u"one"_s}).contains("Backup");
        return virsh({u"qemu-monitor-command"_s, u"one"_s, u"{\"execute\":\"query-jobs\"}"_s})
            .contains("treewarden-vda");
    }
    // Nothing of ours is left in QEMU.
    bool isClean() const
    {
        const QByteArray nodes
            = virsh({u"qemu-monitor-command"_s, u"one"_s, u"{\"execute\":\"query-named-block-nodes\"}"_s});
        return !isUnderWay() && !nodes.isEmpty() && !nodes.contains("\"treewarden-vda");
    }
    QJsonObject plan(const QStringList &more = {}) const { return planOf(folder(), more); }
    QJsonObject planOf(const QString &where, const QStringList &more = {}) const
    {
        const QStringList words{u"--json"_s, u"plan"_s, u"one"_s, u"backup"_s, where, u"--engine"_s, engine()};
        return object(cli(words + more).output);
    }
    static bool has(const QJsonObject &plan, const QString &id)
    {
        return pluck(plan["findings"_L1], "id"_L1).contains(id);
    }

    // What the image shows, by qemu-img alone.
    QByteArray contents(const QString &image) const
    {
        const QString raw = m_machine->daemon.path(u"contents.raw"_s);
        const auto converted = run(u"qemu-img"_s,
            {u"convert"_s, u"-U"_s, u"-f"_s, u"qcow2"_s, u"-O"_s, u"raw"_s, u"-S"_s, u"4k"_s, image, raw});
        if (converted.exitCode != 0)
            qWarning("%s", converted.error.constData());
        const QByteArray shown = converted.exitCode == 0 ? rawContents(raw) : QByteArray();
        QFile::remove(raw);
        return shown;
    }
    static QByteArray rawContents(const QString &path)
    {
        QFile file(path);
        QCryptographicHash sum(QCryptographicHash::Sha1);
        return file.open(QIODevice::ReadOnly) && sum.addData(&file) ? sum.result().toHex() : QByteArray();
    }
    QString disk() const
    {
        return QString::fromUtf8(virsh({u"domblklist"_s, u"one"_s})).simplified().section(u' ', 1, 1);
    }
    // Stands still for the moment at which it is copied; what it shows then.
    QByteArray suspended() const
    {
        virsh({u"suspend"_s, u"one"_s});
        return contents(disk());
    }
    void resume() const { virsh({u"resume"_s, u"one"_s}); }
    void letWrite() const { QTest::qWait(1200); } // seven writes or so

    // Of the job that QEMU has, in bytes a second; 0: as fast as it can. On 11.3 virsh blockjob leaves it as it is.
    bool setSpeed(Hypervisor &hypervisor, Bytes speed) const
    {
        const auto reply = hypervisor.qmp(m_machine->id(), "{\"execute\":\"query-block-jobs\"}");
        const QString device = object(reply.value_or(QByteArray()))["return"_L1][0]["device"_L1].toString();
        const auto command = u"{\"execute\":\"block-job-set-speed\",\"arguments\":{\"device\":\"%1\",\"speed\":%2}}"_s;
        return !device.isEmpty() && hypervisor.qmp(m_machine->id(), command.arg(device).arg(speed).toUtf8());
    }

    // Begins one that would take minutes, and comes back in its middle. libvirt's knows no speed: QEMU is asked again
    // and again whether there is a job to slow down.
    bool beginSlowly(QProcess &job, const QStringList &more = {}) const
    {
        if (isByQmp()) {
            job.start(Cli, words(backupWords(QStringList{u"--speed"_s, QString::number(MiB)} + more)));
            return QTest::qWaitFor([&] { return isUnderWay() || job.state() == QProcess::NotRunning; }, 60'000)
                && isUnderWay();
        }
        const auto hypervisor = m_machine->host().hypervisor;
        if (!hypervisor)
            return false;
        job.start(Cli, words(backupWords(more)));
        while (job.state() != QProcess::NotRunning) {
            if (setSpeed(*hypervisor, MiB))
                return isUnderWay();
            job.waitForFinished(2);
        }
        return false;
    }

private Q_SLOTS:
    void initTestCase_data()
    {
        QTest::addColumn<QString>("engine");
        QTest::newRow("libvirt") << u"libvirt"_s;
        QTest::newRow("qmp") << u"qmp"_s;
    }

    void initTestCase()
    {
        // Nobody here gathers QEMU's processes while libvirt waits for their end.
        prctl(PR_SET_CHILD_SUBREAPER, 0);
        m_machine = std::make_unique<JobMachine>();
        QVERIFY(m_machine->daemon.start());
        // The journal is the test's own.
        qputenv("XDG_STATE_HOME", QFile::encodeName(m_machine->stateHome()));
    }
    void cleanupTestCase() { m_machine.reset(); }

    // A guest that writes, and a folder for backups with nothing in it.
    void init()
    {
        virsh({u"destroy"_s, u"one"_s});
        const QStringList whole{u"acrossASnapshot"_s, u"fullAfterARevert"_s, u"whatQemuAloneCan"_s,
            u"volumeIsBroughtUpToDate"_s}; // none that is met in its middle
        const bool isWhole = isByQmp() || whole.contains(QString::fromLatin1(QTest::currentTestFunction()));
        const int size = isWhole ? Size : LargeSize;
        QVERIFY(m_machine->renew(size));
        const QString image = m_machine->path(u"one.qcow2"_s);
        QFile sector(m_machine->daemon.path(u"sector"_s));
        QVERIFY(sector.open(QIODevice::WriteOnly));
        QCOMPARE(sector.write(bootSector()), 512);
        sector.close();
        QCOMPARE(run(u"qemu-io"_s,
                     {u"-f"_s, u"qcow2"_s, u"-c"_s, u"write -s %1 0 512"_s.arg(sector.fileName()), u"-c"_s,
                         u"write -P 7 32M %1M"_s.arg(size - 64), image})
                     .exitCode,
            0);
        QFile xml(m_machine->daemon.path(u"acpi.xml"_s));
        QVERIFY(xml.open(QIODevice::WriteOnly));
        xml.write(virsh({u"dumpxml"_s, u"--inactive"_s, u"one"_s})
                      .replace("<devices>", "<features><acpi/></features><devices>"));
        xml.close();
        QCOMPARE(run(u"virsh"_s, m_machine->virsh({u"define"_s, xml.fileName()})).exitCode, 0);
        QDir(folder()).removeRecursively();
        QVERIFY(QDir().mkpath(folder()));
        chmod(qPrintable(folder()), 0755);
        virsh({u"start"_s, u"one"_s});
        const auto written = [&image] { return QFileInfo(image).fileTime(QFile::FileModificationTime); };
        const QDateTime before = written();
        QTRY_VERIFY_WITH_TIMEOUT(written() > before, JobMachine::Patience); // the guest writes
        letWrite();
    }

    void everyPointIsRestored()
    {
        QList<QByteArray> shown;
        // The full one while the guest goes on: it writes in the middle of the copy.
        shown += suspended();
        QProcess full;
        QVERIFY(beginSlowly(full));
        resume();
        letWrite();
        QVERIFY(isUnderWay());
        QVERIFY(setSpeed(*m_machine->host().hypervisor, 0));
        QVERIFY(full.waitForFinished(JobMachine::Patience));
        QVERIFY2(full.exitCode() == 0, full.readAllStandardError().constData());
        QVERIFY(isClean());
        bool hasProgress = false;
        for (const QByteArray &line : full.readAllStandardOutput().split('\n')) {
            const QJsonObject told = object(line);
            hasProgress = hasProgress
                || (told["event"_L1] == "progress"_L1 && told["phase"_L1].toString().startsWith("back-up"_L1)
                    && told["done"_L1].toInteger() > 0 && told["done"_L1].toInteger() < told["total"_L1].toInteger());
        }
        QVERIFY(hasProgress);
        for (int i = 1; i <= 2; ++i) {
            letWrite();
            QVERIFY(has(plan(), u"backup-is-incremental"_s));
            shown += suspended();
            const ProcessResult increment = cli(backupWords());
            QVERIFY2(increment.exitCode == 0, increment.error.constData());
            QVERIFY(isClean());
            resume();
        }
        QCOMPARE(QSet<QByteArray>(shown.begin(), shown.end()).size(), 3); // else it says nothing
        const QStringList images{u"0000-full-vda.qcow2"_s, u"0001-inc-vda.qcow2"_s, u"0002-inc-vda.qcow2"_s};
        for (int i = 0; i < images.size(); ++i) {
            const QString image = chain() + u'/' + images[i];
            QCOMPARE(contents(image), shown[i]);
            const QJsonObject info = object(run(u"qemu-img"_s, {u"info"_s, u"--output=json"_s, image}).output);
            QCOMPARE(info["backing-filename"_L1].toString(), i == 0 ? QString() : images[i - 1]);
            QVERIFY(i == 0 || QFileInfo(image).size() < 16 * 1024 * 1024); // what changed, and no more
        }
        // Elsewhere it is the same chain.
        QVERIFY(QDir().rename(chain(), folder() + u"/moved"_s));
        QCOMPARE(contents(folder() + u"/moved/"_s + images[2]), shown[2]);
        const ProcessResult verified = cli({u"verify"_s, folder() + u"/moved"_s, u"--json"_s});
        QCOMPARE(verified.exitCode, 0);
        QCOMPARE(object(verified.output)["points"_L1].toArray().size(), 3);
        QVERIFY(files().filter(u".part"_s).isEmpty());
        QFile image(folder() + u"/moved/"_s + images[1]);
        QVERIFY(image.open(QIODevice::ReadWrite) && image.seek(image.size() - 1) && image.putChar('x'));
        image.close();
        QCOMPARE(cli({u"verify"_s, folder() + u"/moved"_s}).exitCode, 4);
    }

    // libvirt goes on with the bitmap in the overlay; the increment is of both layers.
    void acrossASnapshot()
    {
        QCOMPARE(cli(backupWords()).exitCode, 0);
        letWrite();
        const ProcessResult snapshot
            = cli({u"run"_s, u"one"_s, u"create"_s, u"s"_s, u"--kind"_s, u"external"_s, u"--disk-only"_s});
        QVERIFY2(snapshot.exitCode == 0, snapshot.error.constData());
        letWrite();
        QVERIFY(disk() != m_machine->path(u"one.qcow2"_s));
        const QByteArray shown = suspended();
        QVERIFY2(has(plan(), u"backup-is-incremental"_s), cli({u"plan"_s, u"one"_s, u"backup"_s, folder()}).output);
        const ProcessResult increment = cli(backupWords());
        QVERIFY2(increment.exitCode == 0, increment.error.constData());
        QCOMPARE(contents(chain() + u"/0001-inc-vda.qcow2"_s), shown);
        resume();
    }

    void cancelledLeavesNothing()
    {
        QCOMPARE(cli(backupWords()).exitCode, 0);
        const QStringList before = files();
        const QByteArray known = marks();
        const QStringList recording = bitmaps();
        QVERIFY(!known.isEmpty() && recording.size() == 1);
        QProcess job;
        QVERIFY(beginSlowly(job, {u"--level"_s, u"full"_s}));
        QVERIFY(files().size() > before.size());
        // Nobody begins another one meanwhile.
        const QJsonObject second = plan();
        QCOMPARE(second["verdict"_L1].toString(), u"block"_s);
        QVERIFY(has(second, isByQmp() ? u"foreign-job-running"_s : u"block-job-running"_s));
        QCOMPARE(cli(backupWords()).exitCode, 3);
        ::kill(pid_t(job.processId()), SIGINT);
        QVERIFY(job.waitForFinished(JobMachine::Patience));
        QCOMPARE(job.exitCode(), 6);
        QCOMPARE(files(), before);
        QCOMPARE(marks(), known);
        QCOMPARE(bitmaps(), recording);
        QVERIFY(!QDir(chain(2)).exists());
        QVERIFY(isClean());
        // What earlier points need is still recorded.
        letWrite();
        const QByteArray shown = suspended();
        const ProcessResult increment = cli(backupWords());
        QVERIFY2(increment.exitCode == 0, increment.error.constData());
        QCOMPARE(contents(chain() + u"/0001-inc-vda.qcow2"_s), shown);
        resume();
    }

    void killedIsPutBack()
    {
        QProcess job;
        QVERIFY(beginSlowly(job));
        job.kill();
        QVERIFY(job.waitForFinished(JobMachine::Patience));
        QVERIFY(isUnderWay()); // it goes on by itself
        QVERIFY(!marks().isEmpty());
        const QJsonObject entry = object(cli({u"--json"_s, u"history"_s}).output)["entries"_L1][0].toObject();
        QVERIFY(entry["outcome"_L1].isNull());
        QCOMPARE(entry["intent"_L1][0].toString(), u"backup"_s);
        // An unfinished file is no backup.
        QCOMPARE(files().filter(u".part"_s).size(), files().size());
        QCOMPARE(cli({u"verify"_s, chain()}).exitCode, 4);
        const ProcessResult undone = cli({u"undo"_s, entry["entry"_L1].toString()});
        QVERIFY2(undone.exitCode == 0, undone.error.constData());
        QCOMPARE(files(), QStringList());
        QCOMPARE(checkpoints(), QByteArray());
        QCOMPARE(bitmaps(), QStringList());
        QVERIFY(isClean());
        QCOMPARE(cli(backupWords()).exitCode, 0);
    }

    void endsWithTheMachine()
    {
        QProcess job;
        QVERIFY(beginSlowly(job));
        virsh({u"destroy"_s, u"one"_s});
        QVERIFY(job.waitForFinished(JobMachine::Patience));
        const QByteArray said = job.readAllStandardOutput() + job.readAllStandardError();
        QVERIFY2(job.exitCode() == 4, said.constData());
        QCOMPARE(files(), QStringList());
        QCOMPARE(checkpoints(), QByteArray());
        virsh({u"start"_s, u"one"_s});
        QVERIFY(has(plan(), u"backup-is-full"_s));
        QCOMPARE(cli(backupWords()).exitCode, 0);
    }

    // By the command line, of whichever engine's job; and a look at it.
    void standsStillAndGoesOn()
    {
        QProcess job;
        QVERIFY(beginSlowly(job));
        const auto jobs = [this] {
            return object(cli({u"--json"_s, u"jobs"_s, u"one"_s}).output)["jobs"_L1].toArray();
        };
        QJsonArray all = jobs();
        QCOMPARE(all.size(), 1);
        const QString id = all[0]["id"_L1].toString();
        QCOMPARE(all[0]["owner"_L1].toString(), isByQmp() ? u"treewarden"_s : u"libvirt"_s);
        QCOMPARE(all[0]["disk"_L1].toString(), u"vda"_s);
        QCOMPARE(all[0]["speed"_L1].toInteger(), qint64(MiB));
        QCOMPARE(cli({u"job-pause"_s, u"one"_s, id}).exitCode, 0);
        QTRY_COMPARE_WITH_TIMEOUT(jobs()[0]["status"_L1].toString(), u"paused"_s, JobMachine::Patience);
        // What the guest writes over is copied first, also by a job that stands still.
        virsh({u"suspend"_s, u"one"_s});
        QTest::qWait(1000); // what was under way comes to its end
        const qint64 done = jobs()[0]["done"_L1].toInteger();
        QTest::qWait(1500);
        QCOMPARE(jobs()[0]["done"_L1].toInteger(), done);
        resume();
        QCOMPARE(cli({u"job-speed"_s, u"one"_s, id, u"0"_s}).exitCode, 0);
        QCOMPARE(cli({u"job-resume"_s, u"one"_s, id}).exitCode, 0);
        QVERIFY(job.waitForFinished(JobMachine::Patience));
        QVERIFY2(job.exitCode() == 0, job.readAllStandardError().constData());
        QCOMPARE(jobs().size(), 0);
        QCOMPARE(cli({u"job-pause"_s, u"one"_s, id}).exitCode, 4);
        QCOMPARE(cli({u"job-speed"_s, u"one"_s, id, u"fast"_s}).exitCode, 2);
    }

    // Ended by somebody else it is no backup.
    void endedFromOutside()
    {
        QProcess job;
        QVERIFY(beginSlowly(job));
        const QString id = object(cli({u"--json"_s, u"jobs"_s, u"one"_s}).output)["jobs"_L1][0]["id"_L1].toString();
        QCOMPARE(cli({u"job-cancel"_s, u"one"_s, id}).exitCode, 0);
        QVERIFY(job.waitForFinished(JobMachine::Patience));
        QCOMPARE(job.exitCode(), 4);
        QCOMPARE(files(), QStringList());
        QCOMPARE(checkpoints(), QByteArray());
        QCOMPARE(bitmaps(), QStringList());
        QVERIFY(isClean());
    }

    // Compressed, at a chosen speed, and of one layer: asked of libvirt's engine that is refused.
    void whatQemuAloneCan()
    {
        QStringList compressed{u"--level"_s, u"full"_s, u"--compress"_s, u"--speed"_s, QString::number(1024 * MiB)};
        if (!isByQmp()) {
            for (const QStringList &words : {compressed, QStringList{u"--level"_s, u"top"_s}}) {
                const QJsonObject planned = plan(words);
                QCOMPARE(planned["verdict"_L1].toString(), u"block"_s);
                QVERIFY(has(planned, u"engine-cannot"_s));
                QCOMPARE(planned["alternatives"_L1].toArray().size(), 1); // let it be chosen
            }
            return;
        }
        QByteArray shown = suspended();
        ProcessResult made = cli(backupWords(compressed));
        QVERIFY2(made.exitCode == 0, made.error.constData());
        resume();
        const QString full = chain() + u"/0000-full-vda.qcow2"_s;
        QCOMPARE(contents(full), shown);
        QVERIFY2(QFileInfo(full).size() < Size * qint64(MiB) / 4, qPrintable(QString::number(QFileInfo(full).size())));
        const QString base = disk();
        const ProcessResult snapshot
            = cli({u"run"_s, u"one"_s, u"create"_s, u"s"_s, u"--kind"_s, u"external"_s, u"--disk-only"_s});
        QVERIFY2(snapshot.exitCode == 0, snapshot.error.constData());
        letWrite();
        shown = suspended();
        made = cli(backupWords({u"--level"_s, u"top"_s}));
        QVERIFY2(made.exitCode == 0, made.error.constData());
        const QString top = chain(2) + u"/0000-top-vda.qcow2"_s;
        QVERIFY(QFileInfo(top).size() < 16 * qint64(MiB));
        QCOMPARE(
            object(run(u"qemu-img"_s, {u"info"_s, u"--output=json"_s, top}).output)["backing-filename"_L1].toString(),
            base);
        QCOMPARE(contents(top), shown);
        QCOMPARE(cli({u"verify"_s, chain(2)}).exitCode, 0);
        // It stands beside the chain, which goes on.
        QVERIFY(has(plan(), u"backup-is-incremental"_s));
        made = cli(backupWords());
        QVERIFY2(made.exitCode == 0, made.error.constData());
        QCOMPARE(contents(chain() + u"/0001-inc-vda.qcow2"_s), shown);
        resume();
        QVERIFY(isClean());
    }

    // A server's volume is brought from point to point in place. What was begun and not ended is marked, and no point.
    void volumeIsBroughtUpToDate()
    {
        if (!isByQmp()) {
            const QJsonObject planned = planOf(u"nbd://localhost/vda"_s);
            QVERIFY(has(planned, u"engine-cannot"_s));
            return;
        }
        const QString volume = m_machine->daemon.path(u"volume.raw"_s);
        const QString socket = m_machine->daemon.path(u"nbd.sock"_s);
        QFile::remove(volume);
        QCOMPARE(run(u"qemu-img"_s, {u"create"_s, u"-q"_s, volume, u"%1M"_s.arg(Size)}).exitCode, 0);
        QProcess server;
        const auto serve = [&] {
            server.start(u"qemu-nbd"_s,
                {u"-f"_s, u"raw"_s, u"-t"_s, u"-x"_s, u"vda"_s, u"-k"_s, socket, u"--detect-zeroes=off"_s, volume});
            return QTest::qWaitFor([&] { return QFile::exists(socket); }, JobMachine::Patience)
                && chmod(qPrintable(socket), 0777) == 0;
        };
        QVERIFY(serve());
        const QString url = u"nbd+unix:///vda?socket="_s + socket;
        const QStringList words{u"run"_s, u"one"_s, u"backup"_s, url};
        QCOMPARE(cli(words).exitCode, 5); // what it holds is lost
        QByteArray shown = suspended();
        ProcessResult made = cli(words + QStringList{u"--acknowledge"_s, u"volume-overwritten"_s});
        QVERIFY2(made.exitCode == 0, made.error.constData());
        QCOMPARE(rawContents(volume), shown);
        resume();
        letWrite();
        shown = suspended();
        QVERIFY(rawContents(volume) != shown);
        QVERIFY(has(planOf(url), u"backup-is-incremental"_s));
        made = cli(words);
        QVERIFY2(made.exitCode == 0, made.error.constData());
        QCOMPARE(rawContents(volume), shown);
        QVERIFY(isClean());
        // The server goes in the middle.
        QProcess slow;
        slow.start(Cli,
            QStringList{u"--connect"_s, m_machine->daemon.uri()} + words
                + QStringList{u"--level"_s, u"full"_s, u"--speed"_s, QString::number(MiB), u"--acknowledge"_s,
                    u"volume-overwritten"_s});
        QTRY_VERIFY_WITH_TIMEOUT(isUnderWay(), JobMachine::Patience);
        server.kill();
        QVERIFY(server.waitForFinished(JobMachine::Patience));
        resume(); // QEMU may hold the guest's writes to what is not copied yet until it gives up
        QVERIFY(slow.waitForFinished(JobMachine::Patience));
        QVERIFY2(slow.exitCode() == 4, slow.readAllStandardError().constData());
        QVERIFY(isClean());
        QVERIFY(has(planOf(url), u"backup-is-full"_s));
        QCOMPARE(planOf(url, {u"--level"_s, u"incremental"_s})["verdict"_L1].toString(), u"block"_s);
        QFile::remove(socket);
        QVERIFY(serve());
        shown = suspended();
        made = cli(words + QStringList{u"--acknowledge"_s, u"volume-overwritten"_s});
        QVERIFY2(made.exitCode == 0, made.error.constData());
        QCOMPARE(rawContents(volume), shown);
        QVERIFY(has(planOf(url), u"backup-is-incremental"_s));
        resume();
        server.kill();
        server.waitForFinished(JobMachine::Patience);
    }

    // After a way back a bitmap does not know what became of the disk.
    void fullAfterARevert()
    {
        QCOMPARE(
            cli({u"run"_s, u"one"_s, u"create"_s, u"s"_s, u"--kind"_s, u"external"_s, u"--disk-only"_s}).exitCode, 0);
        letWrite();
        QCOMPARE(cli(backupWords()).exitCode, 0);
        QStringList revert{u"run"_s, u"one"_s, u"revert"_s, u"s"_s, u"--start"_s};
        for (const char *yes : {"current-state-lost", "memory-lost", "bitmaps-lost"})
            revert << u"--acknowledge"_s << QString::fromLatin1(yes);
        ProcessResult reverted = cli(revert);
        if (reverted.exitCode == 3)
            reverted = cli(revert + QStringList{u"--alternative"_s, u"0"_s});
        const auto entries = m_machine->journal()->read();
        QVERIFY2(reverted.exitCode == 0,
            qPrintable(
                QString::fromUtf8(reverted.error) + (entries ? entries->entries.back().error.detail : QString())));
        const QJsonObject planned = plan();
        QVERIFY2(has(planned, u"backup-is-full"_s), QJsonDocument(planned).toJson().constData());
        QCOMPARE(plan({u"--level"_s, u"incremental"_s})["verdict"_L1].toString(), u"block"_s);
        const QByteArray shown = suspended();
        const ProcessResult full = cli(backupWords());
        QVERIFY2(full.exitCode == 0, full.error.constData());
        QCOMPARE(contents(chain(2) + u"/0000-full-vda.qcow2"_s), shown);
        resume();
    }
};

TREEWARDEN_LIVE_MAIN(tst_Backup)
#include "tst_backup.moc"
