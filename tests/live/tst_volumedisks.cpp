// SPDX-License-Identifier: GPL-3.0-or-later
// A machine whose disk is defined as a volume of a storage pool, off and running.
#include "model/guard/assessment.h"
#include "tests/live/jobmachine.h"
#include "tests/support/sandboxfixture.h"

#include <QTest>

#include <sys/prctl.h>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

class tst_VolumeDisks : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<JobMachine> m_machine;
    const ImageLocation m_volume{SourceKind::Volume, u"images/one.qcow2"_s};

    QByteArray virsh(const QStringList &arguments) const { return m_machine->daemon.virsh(arguments); }
    const Image *file(const Inventory &inventory, const QString &name) const
    {
        return inventory.images->at({SourceKind::File, m_machine->path(name)});
    }
    QStringList leftOver(const Inventory &inventory) const
    {
        QStringList paths;
        for (const Orphan &orphan : assess(inventory).orphansOf(m_machine->id()))
            paths += orphan.path.section(u'/', -1) + u' ' + orphan.name;
        paths.sort();
        return paths;
    }
    static bool overlay(const QString &path, const QString &base)
    {
        const QStringList arguments{
            u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, u"-F"_s, u"qcow2"_s, u"-b"_s, base, path};
        return run(u"qemu-img"_s, arguments).exitCode == 0;
    }

private Q_SLOTS:
    void initTestCase()
    {
        // Nobody here gathers QEMU's processes while a test waits for libvirt, which waits for their end.
        prctl(PR_SET_CHILD_SUBREAPER, 0);
        m_machine = std::make_unique<JobMachine>();
        QVERIFY(m_machine->daemon.start());
        QVERIFY(m_machine->connect());
        (void)virsh({u"pool-create-as"_s, u"images"_s, u"dir"_s, u"--target"_s, m_machine->path({}).chopped(1)});
    }
    void cleanupTestCase()
    {
        m_machine.reset();
        QVERIFY(waitForWorkers(std::chrono::seconds(10)));
    }

    void init()
    {
        QVERIFY(m_machine->renew());
        QByteArray xml = virsh({u"dumpxml"_s, u"one"_s, u"--inactive"_s});
        const QByteArray source = "<source file='" + m_machine->path(u"one.qcow2"_s).toUtf8() + "'/>";
        QVERIFY2(xml.contains(source), xml.constData());
        xml.replace("<disk type='file'", "<disk type='volume'")
            .replace(source, "<source pool='images' volume='one.qcow2'/>");
        QFile definition(m_machine->daemon.path(u"volume.xml"_s));
        QVERIFY(definition.open(QIODevice::WriteOnly | QIODevice::Truncate));
        QCOMPARE(definition.write(xml), xml.size());
        definition.close();
        (void)virsh({u"define"_s, definition.fileName()});
        (void)virsh({u"pool-refresh"_s, u"images"_s});
    }

    void offAndRunning()
    {
        const QString disk = m_machine->path(u"one.qcow2"_s);
        QVERIFY(overlay(m_machine->path(u"stray.qcow2"_s), disk));
        (void)virsh({u"snapshot-create-as"_s, u"one"_s, u"cold"_s});
        auto inventory = m_machine->read();
        QCOMPARE(inventory->domain(m_machine->id())->definition->disks[0].source.location, m_volume);
        const Image *image = inventory->images->at(m_volume);
        QVERIFY(image);
        QCOMPARE(image, file(*inventory, u"one.qcow2"_s));
        QCOMPARE(image->location.name, disk);
        QCOMPARE(image->pool, u"images"_s);
        QVERIFY(image->facts.isKnown());
        QVERIFY(assess(*inventory).mayRelyOnAnything.isEmpty());
        QVERIFY(assess(*inventory).claims.isTagClaimed(image->id, u"cold"_s));
        QCOMPARE(leftOver(*inventory), QStringList{u"stray.qcow2 stray.qcow2"_s});

        // libvirt goes on naming the volume while it runs; QEMU has the file.
        (void)virsh({u"start"_s, u"one"_s});
        QVERIFY(virsh({u"dumpxml"_s, u"one"_s}).contains("pool='images' volume='one.qcow2'"));
        (void)virsh({u"snapshot-create-as"_s, u"one"_s, u"hot"_s});
        inventory = m_machine->read();
        image = inventory->images->at(m_volume);
        QVERIFY(image && image->facts.isKnown());
        QCOMPARE(image, file(*inventory, u"one.qcow2"_s));
        QCOMPARE(image->facts->tags.size(), size_t(2)); // as QEMU says
        QCOMPARE(leftOver(*inventory), QStringList{u"stray.qcow2 stray.qcow2"_s});
        QVERIFY(assess(*inventory).mayRelyOnAnything.isEmpty());

        // An overlay of libvirt's is a file, over a volume.
        (void)virsh({u"snapshot-create-as"_s, u"one"_s, u"overlay"_s, u"--disk-only"_s, u"--diskspec"_s,
            u"vda,file="_s + m_machine->path(u"one.overlay"_s)});
        inventory = m_machine->read();
        const Image *top = file(*inventory, u"one.overlay"_s);
        QVERIFY(top);
        const auto chain = inventory->images->chain(top->id);
        QCOMPARE(chain.end, ImageGraph::Chain::End::Complete);
        QCOMPARE(chain.layers, (std::vector<ImageId>{top->id, inventory->images->at(m_volume)->id}));
        QVERIFY(assess(*inventory).claims.isTagClaimed(inventory->images->at(m_volume)->id, u"cold"_s));
        QCOMPARE(leftOver(*inventory), QStringList{u"stray.qcow2 stray.qcow2"_s});
    }

    // What Treewarden offers for it, it can do.
    void internalSnapshotsGoBack()
    {
        const QString disk = m_machine->path(u"one.qcow2"_s);
        (void)m_machine->read();
        const Task taken = m_machine->execute(CreateIntent{.name = u"A"_s, .kind = CreateIntent::Kind::Internal});
        QVERIFY2(taken.outcome == Outcome::Succeeded, qPrintable(taken.error.subject + u' ' + taken.error.detail));
        QVERIFY(JobMachine::put(disk, 2));
        QCOMPARE(m_machine->execute(RevertIntent{.snapshot = u"A"_s}, u"libvirt"_s).outcome, Outcome::Succeeded);
        QCOMPARE(m_machine->holds(disk), 1);
        const Task deleted = m_machine->execute(DeleteIntent{u"A"_s}, u"libvirt"_s);
        QCOMPARE(deleted.outcome, Outcome::Succeeded);
        QVERIFY(file(*m_machine->read(), u"one.qcow2"_s)->facts->tags.empty());
    }

    void whatIsNotThereIsUnknown()
    {
        QVERIFY(overlay(m_machine->path(u"stray.qcow2"_s), m_machine->path(u"one.qcow2"_s)));
        (void)virsh({u"pool-destroy"_s, u"images"_s});
        const auto inventory = m_machine->read();
        const Image *image = inventory->images->at(m_volume);
        QVERIFY(image);
        QVERIFY(image->facts.isUnknown());
        QVERIFY2(!image->facts.why().detail.isEmpty(), qPrintable(image->facts.why().detail));
        QVERIFY(!assess(*inventory).mayRelyOnAnything.isEmpty());
        QVERIFY(leftOver(*inventory).isEmpty());
        (void)virsh({u"pool-create-as"_s, u"images"_s, u"dir"_s, u"--target"_s, m_machine->path({}).chopped(1)});
        QVERIFY(m_machine->read()->images->at(m_volume)->facts.isKnown());
    }
};

TREEWARDEN_LIVE_MAIN(tst_VolumeDisks)
#include "tst_volumedisks.moc"
