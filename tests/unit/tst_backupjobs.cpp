// SPDX-License-Identifier: GPL-3.0-or-later
// Backups as jobs on a host in memory: what is left of one that ends well, is cancelled, fails or is interrupted.
#include "model/backup/catalogue.h"
#include "model/backup/manifest.h"
#include "model/backup/verify.h"
#include "model/domain/nbdvolume.h"
#include "tests/unit/jobworld.h"

using namespace treewarden;
using namespace treewarden::test;

namespace {

const auto target = u"/backups"_s;
const auto chain = u"/backups/web/chain-0001"_s;

struct BackupWorld : World
{
    BackupWorld()
    {
        fake->setState(machine, DomainState::Running);
        fake->addFolder(target);
    }

    Surroundings surroundings() const
    {
        Surroundings known{now, true};
        known.backupTarget
            = std::make_shared<const BackupTarget>(readTarget(*host->stores.front(), target, machine, u"web"_s));
        return known;
    }
    Proposal proposal(const BackupIntent &backup) const { return propose({machine, backup}, read(), surroundings()); }
    std::optional<ConfirmedPlan> confirmed(const BackupIntent &backup = {target}) const
    {
        const auto plan = std::make_shared<const Plan>(proposal(backup).plan);
        const auto yes = ConfirmedPlan::confirm(plan, {});
        return yes ? std::optional(*yes) : std::nullopt;
    }
    Task backUp(const BackupIntent &backup = {target})
    {
        const auto plan = confirmed(backup);
        return plan ? World::run(orderOf(*plan, surroundings())) : Task();
    }
    // The job ends the program when it has come to that point, as far as the journal and the host can tell.
    void killedAt(const QString &point, int n)
    {
        struct Killed
        {
        };
        Runner::Options killing = options;
        killing.passed = [&n, point](const QString &passed) {
            if (passed == point && n-- == 0)
                throw Killed();
        };
        const auto plan = confirmed();
        try {
            (void)Runner(*host, journal, killing).run(orderOf(*plan, surroundings()));
        } catch (const Killed &) {
        }
    }
    QStringList checkpoints() const
    {
        QStringList names;
        const auto domain = read()->domain(machine);
        for (const Checkpoint &checkpoint : *domain->checkpoints)
            names += checkpoint.name;
        return names;
    }
    QStringList backups() const
    {
        QStringList found;
        for (const QString &file : fake->files()) {
            if (file.startsWith(target))
                found += file.mid(chain.size() + 1);
        }
        return found;
    }
    BackupManifest manifest() const
    {
        const BackupChain read = readChain(*host->stores.front(), chain);
        return read.manifest.isKnown() ? *read.manifest : BackupManifest();
    }
};

QStringList levelsOf(const BackupManifest &manifest)
{
    QStringList levels;
    for (const BackupPoint &point : manifest.points)
        levels += backupLevelName(point.level);
    return levels;
}

bool has(const Plan &plan, const QString &id, const QString &argument = {})
{
    return std::any_of(plan.findings.begin(), plan.findings.end(), [&](const Finding &finding) {
        return finding.id == id && (argument.isEmpty() || finding.arguments.value(0) == argument);
    });
}

} // namespace

class TestBackupJobs : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void fullThenIncrements()
    {
        BackupWorld world;
        const Task full = world.backUp();
        QVERIFY2(full.outcome == Outcome::Succeeded, describe(full).constData());
        QCOMPARE(full.way, u"full"_s);
        world.write("second");
        const Task second = world.backUp();
        QVERIFY2(second.outcome == Outcome::Succeeded, describe(second).constData());
        QCOMPARE(second.way, u"incremental"_s);
        QCOMPARE(world.backups(),
            (QStringList{u"0000-checkpoint.xml"_s, u"0000-domain.xml"_s, u"0000-full-vda.qcow2"_s,
                u"0001-checkpoint.xml"_s, u"0001-domain.xml"_s, u"0001-inc-vda.qcow2"_s, u"manifest.json"_s}));
        const BackupManifest manifest = world.manifest();
        QCOMPARE(levelsOf(manifest), (QStringList{u"full"_s, u"incremental"_s}));
        QCOMPARE(manifest.domainName, u"web"_s);
        const BackupPoint &last = manifest.points.back();
        QCOMPARE(last.disks.front().backing, u"0000-full-vda.qcow2"_s);
        QCOMPARE(world.fake->backing(chain + u"/0001-inc-vda.qcow2"_s), chain + u"/0000-full-vda.qcow2"_s);
        QCOMPARE(last.checkpoint, world.checkpoints().back());
        QCOMPARE(world.fake->shows(chain + u"/0000-full-vda.qcow2"_s), QByteArray("first"));
        QCOMPARE(world.fake->shows(chain + u"/0001-inc-vda.qcow2"_s), QByteArray("second"));
        const auto checked = verifyChain(*world.host->stores.front(), *world.host->editor, chain);
        QVERIFY(checked && checked->isWhole());
    }

    // A file of the chain that is not what was written is found, whatever it is.
    void verifyFindsWhatChanged()
    {
        BackupWorld world;
        QVERIFY(world.backUp().outcome == Outcome::Succeeded);
        QVERIFY(world.backUp().outcome == Outcome::Succeeded);
        const BackupManifest manifest = world.manifest();
        for (const BackupPoint &point : manifest.points) {
            for (const BackupFile *file : point.files()) {
                for (const bool isGone : {true, false}) {
                    BackupWorld other(world);
                    const QString path = chain + u'/' + file->name;
                    if (isGone)
                        other.fake->removeImage(path);
                    else
                        other.fake->addImage(path, QByteArray(qsizetype(file->size), 'x'), 0);
                    const auto checked = verifyChain(*other.host->stores.front(), *other.host->editor, chain);
                    QVERIFY(checked);
                    QVERIFY2(!checked->isWhole(), qPrintable(file->name));
                    // Nothing rests on what is not there.
                    const Proposal next = other.proposal({target});
                    QCOMPARE(next.plan.way, isGone ? u"full"_s : u"incremental"_s);
                }
            }
        }
    }

    void nothingIsLeft_data()
    {
        QTest::addColumn<QString>("call"); // that goes wrong
        for (const char *call : {"makeFolder", "createImage", "writeFile", "beginBackup", "settle", "replaceFile"})
            QTest::newRow(call) << QString::fromLatin1(call);
    }
    void nothingIsLeft()
    {
        QFETCH(const QString, call);
        for (const auto kind : {FakeHost::Fault::Kind::Fail, FakeHost::Fault::Kind::FailAfterwards}) {
            BackupWorld world;
            QVERIFY(world.backUp().outcome == Outcome::Succeeded);
            const QStringList files = world.backups();
            const QStringList checkpoints = world.checkpoints();
            world.fake->setFault(call, {kind});
            const Task task = world.backUp();
            if (task.outcome == Outcome::Succeeded) // it was done, and nobody minds
                continue;
            QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
            QVERIFY2(!task.whyNotPutBack, describe(task).constData());
            QCOMPARE(world.backups(), files);
            QCOMPARE(world.checkpoints(), checkpoints);
            // And it goes on from there.
            const Task next = world.backUp();
            QVERIFY2(next.outcome == Outcome::Succeeded, describe(next).constData());
            QCOMPARE(next.way, u"incremental"_s);
        }
    }

    void cancelled()
    {
        BackupWorld world;
        world.fake->setBlockJobLooks(1'000'000);
        const auto plan = world.confirmed();
        QVERIFY(plan);
        Runner runner(*world.host, world.journal, world.options);
        bool hasProgress = false;
        runner.setChanged([&](const Task &task) {
            if (!task.isCancelling && task.step == 1 && task.done.isKnown() && task.total.isKnown()) {
                hasProgress = true;
                runner.cancel();
            }
        });
        const Task task = runner.run(orderOf(*plan, world.surroundings()));
        QVERIFY(hasProgress);
        QVERIFY2(task.outcome == Outcome::Cancelled, describe(task).constData());
        QVERIFY2(!task.whyNotPutBack, describe(task).constData());
        QCOMPARE(world.backups(), QStringList());
        QCOMPARE(world.checkpoints(), QStringList());
    }

    // QEMU's copy failed: libvirt's success code was for the beginning alone.
    void failsInTheMiddle()
    {
        BackupWorld world;
        world.fake->setBlockJobLooks(1'000'000);
        const auto plan = world.confirmed();
        Runner runner(*world.host, world.journal, world.options);
        runner.setChanged([&](const Task &task) {
            if (task.step == 1 && task.done.isKnown())
                world.fake->failBackup(machine, u"No space left on device"_s);
        });
        const Task task = runner.run(orderOf(*plan, world.surroundings()));
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(task.error.detail, u"No space left on device"_s);
        QCOMPARE(world.backups(), QStringList());
        QCOMPARE(world.checkpoints(), QStringList());
    }

    void interrupted_data()
    {
        QTest::addColumn<QString>("point");
        QTest::addColumn<int>("n");
        for (const char *point : {"step-begun", "step-ran", "step-done"}) {
            for (int n = 0; n < 3; ++n)
                QTest::addRow("%s %d", point, n) << QString::fromLatin1(point) << n;
        }
    }
    // A program that was killed leaves an entry; putting it back removes the files and the checkpoint.
    void interrupted()
    {
        QFETCH(const QString, point);
        QFETCH(const int, n);
        BackupWorld world;
        world.killedAt(point, n);
        const auto found = findInterrupted(*world.journal, *world.host);
        QVERIFY(found);
        QCOMPARE(found->size(), size_t(1));
        QCOMPARE(found->front().isComplete, n == 2 && point != "step-begun"_L1);
        if (point == "step-begun"_L1 && n == 0)
            return; // nothing was done
        QVERIFY2(found->front().canPutBack, qPrintable(found->front().whyNot.subject));
        const auto undone = world.undo(found->front().entry.entry);
        QVERIFY(undone);
        QVERIFY2(undone->outcome == Outcome::Succeeded, describe(*undone).constData());
        QCOMPARE(world.backups(), QStringList());
        QCOMPARE(world.checkpoints(), QStringList());
        QVERIFY(findInterrupted(*world.journal, *world.host)->empty());
    }

    void undone()
    {
        BackupWorld world;
        QVERIFY(world.backUp().outcome == Outcome::Succeeded);
        const QString first = world.lastJob;
        const QStringList files = world.backups();
        QVERIFY(world.backUp().outcome == Outcome::Succeeded);
        const QString second = world.lastJob;
        // The second one rests on it.
        const Plan tooEarly = proposeUndo(*world.journal, *world.host, world.read(), first);
        QCOMPARE(tooEarly.verdict, Verdict::Block);
        QVERIFY(has(tooEarly, u"backup-needed"_s));
        const Plan plan = proposeUndo(*world.journal, *world.host, world.read(), second);
        QCOMPARE(plan.verdict, Verdict::Confirm);
        QVERIFY(has(plan, u"backup-removed"_s));
        QVERIFY(!plan.losses.empty());
        const auto undone = world.undo(second);
        QVERIFY(undone && undone->outcome == Outcome::Succeeded);
        QCOMPARE(world.backups(), files);
        QCOMPARE(world.checkpoints().size(), 1);
        const auto all = world.undo(first);
        QVERIFY2(all && all->outcome == Outcome::Succeeded, all ? describe(*all).constData() : "no order");
        QCOMPARE(world.backups(), QStringList());
        QCOMPARE(world.checkpoints(), QStringList());
    }

    // A name is used again: what is put back late leaves the checkpoint of another backup alone.
    void anothersCheckpointStays()
    {
        BackupWorld world;
        world.killedAt(u"step-begun"_s, 1);
        QCOMPARE(world.checkpoints(), QStringList());
        const Task other = world.backUp();
        QVERIFY2(other.outcome == Outcome::Succeeded, describe(other).constData());
        const QStringList checkpoints = world.checkpoints();
        QCOMPARE(checkpoints.size(), 1);
        const auto found = findInterrupted(*world.journal, *world.host);
        QVERIFY(found && found->size() == 1);
        const auto undone = world.undo(found->front().entry.entry);
        QVERIFY2(undone && undone->outcome == Outcome::Succeeded, undone ? describe(*undone).constData() : "no order");
        QCOMPARE(world.checkpoints(), checkpoints);
        QVERIFY(world.fake->has(target + u"/web/chain-0002/manifest.json"_s));
        QVERIFY(world.fake->files().filter(u".part"_s).isEmpty());
        QCOMPARE(world.proposal({target}).plan.way, u"incremental"_s);
    }

    void whyItIsFull()
    {
        BackupWorld world;
        QVERIFY(has(world.proposal({target}).plan, u"backup-is-full"_s, u"none"_s));
        const BackupIntent increment{target, BackupIntent::Level::Incremental};
        QVERIFY(has(world.proposal(increment).plan, u"chain-not-whole"_s, u"none"_s));
        QCOMPARE(world.proposal(increment).plan.verdict, Verdict::Block);
        QCOMPARE(world.proposal(increment).alternatives.size(), size_t(1));
        QVERIFY(world.backUp().outcome == Outcome::Succeeded);
        QVERIFY(has(world.proposal({target}).plan, u"backup-is-incremental"_s, u"1"_s));
        {
            BackupWorld other(world);
            other.fake->setCheckpoints(machine, {});
            QVERIFY(has(other.proposal({target}).plan, u"backup-is-full"_s, u"checkpoint"_s));
        }
        {
            BackupWorld other(world);
            other.fake->addImage(chain + u"/manifest.json"_s, "{", 1);
            QVERIFY(has(other.proposal({target}).plan, u"backup-is-full"_s, u"manifest"_s));
        }
        {
            // Another machine's definition: its disk is not what the last point was taken of.
            BackupWorld other(world);
            other.fake->addImage(folder + u"b.qcow2"_s, qcow2Bytes({}), MiB);
            other.fake->setDefinition(machine, domainXml(u"b.qcow2"_s).toUtf8());
            QVERIFY(has(other.proposal({target}).plan, u"backup-is-full"_s, u"moved"_s));
        }
        {
            BackupWorld other(world);
            other.fake->addImage(chain + u"/0001-inc-vda.qcow2.part"_s, "", 0);
            const Proposal proposal = other.proposal({target});
            QVERIFY(has(proposal.plan, u"backup-unfinished"_s, u"1"_s));
            QCOMPARE(proposal.plan.way, u"incremental"_s);
            const Task task = other.backUp();
            QVERIFY2(task.outcome == Outcome::Succeeded, describe(task).constData());
            QVERIFY(other.backups().contains(u"0002-inc-vda.qcow2"_s)); // nothing was written over
            QVERIFY(other.backups().contains(u"0001-inc-vda.qcow2.part"_s));
        }
    }

    void namesOfBitmaps()
    {
        const QString stem = u"treewarden-bitmap"_s;
        QVERIFY(isBitmapName(newBitmapName(stem), stem));
        for (const QString &name : {QString(), stem, u"treewarden-backup-0003"_s, QString(newBitmapName(stem) + u'0'),
                 QString(newBitmapName(u"x"_s)), QString(newBitmapName(stem) + u'\n')})
            QVERIFY2(!isBitmapName(name, stem), qPrintable(name));
        QCOMPARE(backupNumberOf(u"0003-inc-vda.qcow2"_s), 3);
        QCOMPARE(backupNumberOf(u"2147483647-x"_s), -1);
    }

    void nothingToCopy()
    {
        BackupWorld world;
        QVERIFY(world.backUp().outcome == Outcome::Succeeded);
        world.fake->addImage(chain + u"/manifest.json"_s, "{", 1);
        QVERIFY(has(world.proposal({target, {}, {u"vdz"_s}}).plan, u"no-such-disk"_s));
        world.fake->setState(machine, DomainState::ShutOff);
        world.fake->removeImage(folder + u"a.qcow2"_s);
        QCOMPARE(world.proposal({target, BackupIntent::Level::Top}).plan.verdict, Verdict::Block);
    }

    void refused()
    {
        BackupWorld world;
        world.fake->setState(machine, DomainState::ShutOff);
        QVERIFY(has(world.proposal({target}).plan, u"machine-off"_s));
        QCOMPARE(world.proposal({target}).plan.verdict, Verdict::Block);
        world.fake->setState(machine, DomainState::Running);
        QCOMPARE(world.proposal({target}).plan.verdict, Verdict::Warn);
        QVERIFY(has(world.proposal({target, {}, {u"sda"_s}}).plan, u"no-such-disk"_s));
        world.fake->setFree(MiB);
        QVERIFY(has(world.proposal({target}).plan, u"no-space"_s));
        QVERIFY(has(
            propose({machine, BackupIntent{target}}, world.read(), {now, true}).plan, u"backup-target-unreadable"_s));
        Surroundings known{now, true};
        known.backupTarget = std::make_shared<const BackupTarget>(
            readTarget(*world.host->stores.front(), u"/nowhere"_s, machine, u"web"_s));
        QVERIFY(
            has(propose({machine, BackupIntent{u"/nowhere"_s}}, world.read(), known).plan, u"backup-target-missing"_s));
        const QString file = folder + u"a.qcow2"_s;
        known.backupTarget
            = std::make_shared<const BackupTarget>(readTarget(*world.host->stores.front(), file, machine, u"web"_s));
        QVERIFY(has(propose({machine, BackupIntent{file}}, world.read(), known).plan, u"backup-target-no-folder"_s));
        known.canEditFiles = false;
        known.backupTarget = world.surroundings().backupTarget;
        QVERIFY(has(propose({machine, BackupIntent{target}}, world.read(), known).plan, u"files-out-of-reach"_s));
    }

    void volumes()
    {
        const auto tcp = nbdVolume(u"nbd://backup.example:10810/vda"_s);
        QVERIFY(tcp);
        QCOMPARE(tcp->host, u"backup.example"_s);
        QCOMPARE(tcp->port, 10810);
        QCOMPARE(tcp->name, u"vda"_s);
        const auto local = nbdVolume(u"nbd+unix:///one%20disk?socket=/run/a.sock"_s);
        QVERIFY(local);
        QCOMPARE(local->socket, u"/run/a.sock"_s);
        QCOMPARE(local->name, u"one disk"_s);
        for (const char *wrong :
            {"nbd:///vda", "nbd+unix:///vda", "nbd+unix:///vda?socket=a", "http://a/b", "/a", "nbd://me@a/b"})
            QVERIFY2(!nbdVolume(QString::fromLatin1(wrong)), wrong);
        // One chain, of which a full backup is a new beginning; what was begun and not ended is none to go on from.
        BackupWorld world;
        const QString url = u"nbd://backup.example/vda"_s;
        const auto planned = [&world, &url](const BackupIntent &backup) {
            Surroundings known{now, true};
            known.backupTarget
                = std::make_shared<const BackupTarget>(readVolumeTarget(*world.host->stores.front(), url, u"/kept"_s));
            return propose({machine, backup}, world.read(), known).plan;
        };
        const Plan first = planned({url});
        QCOMPARE(first.verdict, Verdict::Confirm);
        QVERIFY(has(first, u"volume-overwritten"_s) && has(first, u"backup-by-qmp"_s, u"volume"_s));
        QCOMPARE(first.steps.size(), 3U);
        const StepDisk &disk = first.steps[1].step.disks.front();
        QVERIFY(disk.isVolume());
        QCOMPARE(disk.base, url);
        QCOMPARE(disk.path, u"/kept/0000-full-vda.qcow2"_s);
        BackupIntent compressed{url};
        compressed.compress = true;
        QVERIFY(has(planned(compressed), u"volume-takes-all"_s));
        BackupManifest manifest;
        manifest.domain = machine;
        manifest.domainName = u"web"_s;
        BackupPoint point;
        point.number = 3;
        point.bitmap = u"treewarden-bitmap-1"_s;
        point.disks.push_back({u"vda"_s, {}, {}, MiB, folder + u"a.qcow2"_s, url});
        manifest.points.push_back(point);
        manifest.isUnfinished = true;
        const auto again = readManifest(writeManifest(manifest));
        QVERIFY(again && *again == manifest);
        QVERIFY(world.host->editor->replaceFile(u"/kept/manifest.json"_s, folder, writeManifest(manifest)));
        const Plan next = planned({url});
        QVERIFY(has(next, u"backup-is-full"_s, u"unfinished"_s));
        QCOMPARE(next.steps[1].step.disks.front().path, u"/kept/0004-full-vda.qcow2"_s);
    }

    void engineIsChosen()
    {
        using Level = BackupIntent::Level;
        using Engine = BackupIntent::Engine;
        BackupWorld world;
        const auto copying = [&world](const BackupIntent &backup) {
            const Plan plan = world.proposal(backup).plan;
            return plan.steps.size() == 3 ? plan.steps[1].step : Step();
        };
        QVERIFY(copying({target}).kind == StepKind::BackUp);
        BackupIntent compressed{target};
        compressed.compress = true;
        compressed.speed = 3 * MiB;
        const Step byQmp = copying(compressed);
        QVERIFY(byQmp.kind == StepKind::BackUpByQmp);
        QVERIFY(byQmp.has(Step::Compress) && byQmp.has(Step::OwnBitmap) && !byQmp.name.isEmpty());
        QCOMPARE(byQmp.speed, 3 * MiB);
        const auto again = stepFromJson(toJson(byQmp));
        QVERIFY(again && *again == byQmp);
        QVERIFY(has(world.proposal(compressed).plan, u"backup-by-qmp"_s, u"compress"_s));
        BackupIntent slow{target};
        slow.speed = MiB;
        QVERIFY(has(world.proposal(slow).plan, u"backup-by-qmp"_s, u"speed"_s));
        const Step top = copying({target, Level::Top});
        QVERIFY(top.kind == StepKind::BackUpByQmp && top.has(Step::TopOnly));
        QVERIFY(top.name.isEmpty() && top.text.isEmpty()); // nothing follows it
        BackupIntent wanted{target};
        wanted.engine = Engine::Qmp;
        QVERIFY(copying(wanted).kind == StepKind::BackUpByQmp);
        compressed.engine = Engine::Libvirt;
        const Proposal refused = world.proposal(compressed);
        QVERIFY(has(refused.plan, u"engine-cannot"_s, u"compress"_s));
        QCOMPARE(refused.plan.verdict, Verdict::Block);
        QCOMPARE(refused.alternatives.size(), 1U);
        QCOMPARE(refused.alternatives.front().way, u"other-engine"_s);
        // QEMU may not open what libvirt does not know of.
        for (const char *model : {"apparmor", "selinux"}) {
            BackupWorld confined;
            QByteArray xml = confined.fake->definition(machine);
            const QByteArray label = "<seclabel type='dynamic' model='" + QByteArray(model) + "'/></domain>";
            confined.fake->setDefinition(machine, xml.replace("</domain>", label));
            const Plan blocked = confined.proposal(wanted).plan;
            QVERIFY(has(blocked, u"qmp-confined"_s));
            QCOMPARE(blocked.verdict, Verdict::Block);
            QVERIFY(confined.proposal({target}).plan.verdict != Verdict::Block);
        }
    }

    // A point with a bitmap of its own is one that libvirt cannot go on from, and a bitmap of another name is none.
    void chainOfQmp()
    {
        BackupWorld world;
        QVERIFY(world.backUp().outcome == Outcome::Succeeded);
        BackupManifest manifest = world.manifest();
        manifest.points.back().checkpoint.clear();
        manifest.points.back().bitmap = u"treewarden-bitmap-1"_s;
        const auto read = readManifest(writeManifest(manifest));
        QVERIFY(read && *read == manifest);
        QVERIFY(world.host->editor->replaceFile(chain + u"/manifest.json"_s, chain, writeManifest(manifest)));
        QVERIFY(has(world.proposal({target}).plan, u"backup-is-full"_s, u"bitmap"_s));
        manifest.points.back().level = BackupLevel::Top;
        QVERIFY(world.host->editor->replaceFile(chain + u"/manifest.json"_s, chain, writeManifest(manifest)));
        QVERIFY(has(world.proposal({target}).plan, u"backup-is-full"_s, u"none"_s)); // nothing rests on a layer
    }

    // What somebody else added to the chain since it was planned is not written over.
    void stale()
    {
        BackupWorld world;
        const auto plan = world.confirmed();
        const Surroundings then = world.surroundings();
        QVERIFY(world.backUp().outcome == Outcome::Succeeded);
        const QStringList files = world.backups();
        const Task task = world.World::run(orderOf(*plan, then));
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(task.error.subject, u"stale-plan"_s);
        QCOMPARE(world.backups(), files);
        QCOMPARE(world.checkpoints().size(), 1);
    }

    // Nor is what somebody has begun there meanwhile removed when the job is put back.
    void anothersFilesStay()
    {
        BackupWorld world;
        const auto plan = world.confirmed();
        const Surroundings then = world.surroundings();
        const QString file = chain + u"/0000-domain.xml.part"_s;
        world.fake->addImage(file, "<domain/>", 0);
        const Task task = world.World::run(orderOf(*plan, then)); // as if it came after the last look
        QVERIFY2(task.outcome == Outcome::Failed, describe(task).constData());
        QCOMPARE(task.error.subject, u"stale-plan"_s);
        QCOMPARE(world.backups(), QStringList{u"0000-domain.xml.part"_s});
    }

    void guestGoesOn_data()
    {
        QTest::addColumn<QString>("call"); // that fails; empty: none
        QTest::newRow("well") << QString();
        QTest::newRow("no backup") << u"beginBackup"_s;
        QTest::newRow("first thaw") << u"thawGuest"_s;
    }
    void guestGoesOn()
    {
        QFETCH(const QString, call);
        BackupWorld world;
        QByteArray xml = world.fake->definition(machine);
        const QByteArray channel = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' "
                                   "state='connected'/></channel></devices>";
        world.fake->setDefinition(machine, xml.replace("</devices>", channel));
        BackupIntent quiesced{target};
        quiesced.quiesce = true;
        if (!call.isEmpty())
            world.fake->setFault(call, {});
        const Task task = world.backUp(quiesced);
        QVERIFY(task.outcome.has_value());
        QCOMPARE(task.outcome == Outcome::Succeeded, call != "beginBackup"_L1);
        QVERIFY(world.fake->changes().contains(u"freezeGuest"_s));
        QVERIFY(!world.fake->isHeld(machine));
        QVERIFY(call != "beginBackup"_L1 || world.checkpoints().isEmpty());
        if (task.outcome == Outcome::Succeeded)
            QVERIFY(world.manifest().points.front().quiesced);
    }

    void manifestIsReadStrictly_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::newRow("way out") << QByteArray("0000-full-vda.qcow2") << QByteArray("../secret");
        QTest::newRow("version") << QByteArray("\"version\": 1") << QByteArray("\"version\": 2");
        QTest::newRow("level") << QByteArray("\"full\"") << QByteArray("\"top\"");
        QTest::newRow("order") << QByteArray("\"number\": 1") << QByteArray("\"number\": 0");
        QTest::newRow("backing") << QByteArray("\"backing\": \"0000") << QByteArray("\"backing\": \"0009");
        QTest::newRow("size") << QByteArray("\"size\": ") << QByteArray("\"size\": -");
        QTest::newRow("cut off") << QByteArray("\n}\n") << QByteArray();
    }
    void manifestIsReadStrictly()
    {
        QFETCH(const QByteArray, from);
        QFETCH(const QByteArray, to);
        BackupWorld world;
        QVERIFY(world.backUp().outcome == Outcome::Succeeded);
        QVERIFY(world.backUp().outcome == Outcome::Succeeded);
        QByteArray json = writeManifest(world.manifest());
        QCOMPARE(*readManifest(json), world.manifest());
        QVERIFY(json.contains(from));
        const auto read = readManifest(json.replace(from, to));
        QVERIFY(!read);
        QVERIFY(!read.error().detail.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestBackupJobs)
#include "tst_backupjobs.moc"
