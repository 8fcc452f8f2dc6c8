// SPDX-License-Identifier: GPL-3.0-or-later
// What forbids an operation, or is worth knowing, whatever it does to contents.
#include "model/plan/conditions.h"
#include "tests/support/plantexts.h"

#include <QTest>

using namespace treewarden;
using namespace treewarden::test;
using namespace Qt::StringLiterals;

namespace {

const DomainId machine(u"m"_s);

// "severity id@subject(argument,...)" a line, in the order in which they were found.
QString textOf(const conditions::Findings &findings)
{
    QStringList lines;
    for (const Finding &finding : findings) {
        QString line = verdictName(finding.severity) + u' ' + finding.id + u'@' + finding.subject;
        if (!finding.arguments.isEmpty())
            line += u'(' + finding.arguments.join(u',') + u')';
        lines += line.remove(u"/images/"_s);
    }
    return lines.join(u'\n');
}

conditions::Creation creationOf(const QString &words)
{
    conditions::Creation creation;
    creation.name = u"S"_s;
    creation.isExternal = words.contains(u"external"_s);
    creation.keepsMemory = words.contains(u"memory"_s);
    creation.isQuiesced = words.contains(u"quiesced"_s);
    if (creation.isExternal && !words.contains(u"nowhere"_s)) {
        creation.disks = {{u"vda"_s, path(words.contains(u"comma"_s) ? u"a,b/d.S"_s : u"d.S"_s)}};
        if (words.contains(u"two"_s))
            creation.disks.push_back({u"vdb"_s, path(u"e.S"_s)});
    }
    return creation;
}

} // namespace

class TestConditions : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void machineItself_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("expected");

        QTest::newRow("off") << u"image d\nmachine m\ndisk vda d"_s << QString();
        QTest::newRow("running") << u"image d\nmachine m running\ndisk vda d"_s << QString();
        QTest::newRow("libvirt's job") << u"image d\nmachine m running\ndisk vda d\njob vda commit"_s
                                       << u"block block-job-running@vda(commit,job0)"_s;
        QTest::newRow("another's job") << u"image d\nmachine m running\ndisk vda d\njob vda backup foreign"_s
                                       << u"block foreign-job-running@vda(backup,job0)"_s;
        QTest::newRow("a mirror that only the definition tells of")
            << u"image d\nimage e\nmachine m running\ndisk vda d mirror=e"_s
            << u"block block-job-running@vda(mirror,)"_s;
        QTest::newRow("a job is named once")
            << u"image d\nimage e\nmachine m running\ndisk vda d mirror=e\njob vda mirror"_s
            << u"block block-job-running@vda(mirror,job0)"_s;
        QTest::newRow("jobs not known") << u"image d\nmachine m running\ndisk vda d\njob unknown"_s
                                        << u"warn jobs-unknown@m"_s;
        QTest::newRow("suspended") << u"image d\nmachine m suspended\ndisk vda d"_s
                                   << u"block machine-not-ready@m(suspended)"_s;
        QTest::newRow("crashed") << u"image d\nmachine m crashed\ndisk vda d"_s
                                 << u"block machine-not-ready@m(crashed)"_s;
        QTest::newRow("about to end") << u"image d\nmachine m ending\ndisk vda d"_s
                                      << u"block machine-not-ready@m(shutting-down)"_s;
    }

    void machineItself()
    {
        QFETCH(QString, host);
        QFETCH(QString, expected);
        QCOMPARE(textOf(conditions::ofMachine(draftOf(host), machine)), expected);
    }

    // A job ends with its machine, so that what comes after a shut down is free of it.
    void jobsOfWhatWasShutDown()
    {
        Draft draft = draftOf(u"image d\nmachine m running\ndisk vda d\njob vda commit"_s);
        draft.stop(machine, true);
        QCOMPARE(textOf(conditions::ofMachine(draft, machine)), QString());
    }

    void filesThatOnlyLibvirtFinds()
    {
        const Step onFiles{.kind = StepKind::CommitOffline, .path = u"/pool/top"_s, .base = u"/pool/base"_s};
        QCOMPARE(textOf(conditions::ofStep(onFiles)), QString());
        const Step onVolumes{
            .kind = StepKind::PointDisks, .base = u"rbd://host/a"_s, .disks = {{u"vda"_s, u"pool/v"_s}}};
        QCOMPARE(textOf(conditions::ofStep(onVolumes)),
            u"block file-by-name-only@rbd://host/a\nblock file-by-name-only@pool/v"_s);
        QCOMPARE(textOf(conditions::ofStep({.kind = StepKind::RevertToSnapshot, .name = u"S"_s})), QString());
    }

    void savedState()
    {
        QCOMPARE(textOf(conditions::ofSavedState(draftOf(u"image d\nmachine m managedsave\ndisk vda d"_s), machine)),
            u"block managed-save@m"_s);
        QCOMPARE(textOf(conditions::ofSavedState(draftOf(u"image d\nmachine m\ndisk vda d"_s), machine)), QString());
    }

    void names_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("becomesTag");
        QTest::addColumn<QString>("expected");

        QTest::newRow("plain") << u"before upgrade"_s << true << QString();
        QTest::newRow("umlaut") << u"Übung €"_s << true << QString();
        QTest::newRow("empty") << QString() << true << u"block bad-name@(empty)"_s;
        QTest::newRow("slash") << u"a/b"_s << false << u"block bad-name@a/b(slash)"_s;
        QTest::newRow("dot") << u".a"_s << false << u"block bad-name@.a(dot)"_s;
        QTest::newRow("dot inside") << u"v1.2"_s << false << QString();
        QTest::newRow("newline") << u"a\nb"_s << false << u"block bad-name@a\nb(control)"_s;
        QTest::newRow("not a character") << QString(u"a"_s + QChar(0xffff)) << false
                                         << QString(u"block bad-name@a"_s + QChar(0xffff) + u"(control)"_s);
        QTest::newRow("half a character") << QString(u"a"_s + QChar(0xd800)) << false
                                          << QString(u"block bad-name@a"_s + QChar(0xd800) + u"(control)"_s);
        QTest::newRow("as long as can be") << QString(247, u'a') << true << QString();
        QTest::newRow("too long") << QString(248, u'a') << true
                                  << QString(u"block bad-name@"_s + QString(248, u'a') + u"(too-long)"_s);
        QTest::newRow("too many bytes") << QString(124, u'ü') << true
                                        << QString(u"block bad-name@"_s + QString(124, u'ü') + u"(too-long)"_s);
        QTest::newRow("an id of a tag") << u"3"_s << true << u"block bad-name@3(number)"_s;
        QTest::newRow("a number that is no tag") << u"3"_s << false << QString();
        QTest::newRow("libvirt's own names") << u"1732660000"_s << true << QString();
        QTest::newRow("taken") << u"S1"_s << true << u"block name-taken@S1"_s;
    }

    void names()
    {
        QFETCH(QString, name);
        QFETCH(bool, becomesTag);
        QFETCH(QString, expected);
        const Draft draft = draftOf(u"image d tags=S1\nmachine m\ndisk vda d\ninternal S1 vda=d"_s);
        QCOMPARE(textOf(conditions::ofName(draft, machine, name, becomesTag)), expected);
    }

    void creation_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("expected");

        const QString off = u"libvirt 12.8.0\nimage d\nmachine m\ndisk vda d\n"_s;
        const QString on = u"libvirt 12.8.0\nimage d\nmachine m running\ndisk vda d\nhas memory=600\n"_s;
        const QString pauses = u"warn pauses-machine@m(629145600,3)"_s;
        QTest::newRow("internal, off") << off << u"internal"_s << QString();
        QTest::newRow("external, off") << off << u"external"_s << QString();
        QTest::newRow("internal, on") << on << u"internal memory"_s << pauses;
        QTest::newRow("external with memory, on") << on << u"external memory"_s << pauses;
        QTest::newRow("disk only, on") << on << u"external"_s << u"warn crash-consistent@S"_s;

        // Disks
        QTest::newRow("no disk") << u"machine m"_s << u"internal"_s << u"block nothing-to-keep@m"_s;
        QTest::newRow("a CD alone") << u"image c raw\nmachine m\ndisk sda c raw cdrom"_s << u"internal"_s
                                    << u"block nothing-to-keep@m"_s;
        QTest::newRow("raw") << u"image d raw\nmachine m\ndisk vda d raw"_s << u"internal"_s
                             << u"block format-without-tags@vda"_s;
        QTest::newRow("raw, external") << u"libvirt 12.8.0\nimage d raw\nmachine m\ndisk vda d raw"_s << u"external"_s
                                       << QString();
        QTest::newRow("one of two is raw") << u"image d\nimage e raw\nmachine m\ndisk vda d\ndisk vdb e raw"_s
                                           << u"internal"_s << u"block format-without-tags@vdb"_s;
        QTest::newRow("a raw one that is read only")
            << u"image d\nimage e raw\nmachine m\ndisk vda d\ndisk vdb e raw readonly"_s << u"internal"_s << QString();
        QTest::newRow("data file") << u"image d data=x\nmachine m\ndisk vda d"_s << u"internal"_s
                                   << u"block data-file@vda"_s;
        QTest::newRow("data file, external") << u"libvirt 10.9.0\nimage d data=x\nmachine m\ndisk vda d"_s
                                             << u"external"_s << u"warn data-file@vda\nwarn overlay-readable@d.S"_s;
        QTest::newRow("data file, external, understood")
            << u"libvirt 11.10.0\nimage d data=x\nmachine m\ndisk vda d"_s << u"external"_s << QString();
        QTest::newRow("network") << u"machine m\ndisk vda d network"_s << u"internal"_s
                                 << u"block disk-without-snapshots@vda(network)"_s;
        QTest::newRow("network, external") << u"libvirt 12.8.0\nmachine m\ndisk vda d network"_s << u"external"_s
                                           << u"block disk-without-snapshots@vda(network)"_s;
        QTest::newRow("volume, external") << u"libvirt 12.8.0\nimage d\nmachine m\ndisk vda d volume"_s << u"external"_s
                                          << u"block disk-without-snapshots@vda(volume)"_s;
        QTest::newRow("volume") << u"image d\nmachine m\ndisk vda d volume"_s << u"internal"_s << QString();
        QTest::newRow("folder") << u"machine m\ndisk vda d dir"_s << u"internal"_s
                                << u"block disk-without-snapshots@vda(directory)"_s;
        QTest::newRow("NVMe") << u"machine m\ndisk vda d nvme"_s << u"internal"_s
                              << u"block disk-without-snapshots@vda(other)"_s;
        QTest::newRow("LUN") << u"image d\nimage l raw\nmachine m\ndisk vda d\ndisk sda l raw lun block"_s
                             << u"internal"_s << u"block disk-without-snapshots@sda(lun)"_s;
        QTest::newRow("LUN, external")
            << u"libvirt 12.8.0\nimage d\nimage l raw\nmachine m\ndisk vda d\ndisk sda l raw lun block"_s
            << u"external"_s << u"warn disk-left-out@sda(lun)"_s;
        QTest::newRow("transient") << u"image d\nimage e\nmachine m\ndisk vda d\ndisk vdb e transient"_s
                                   << u"internal"_s << u"block disk-without-snapshots@vdb(transient)"_s;
        QTest::newRow("transient, external")
            << u"libvirt 12.8.0\nimage d\nimage e\nmachine m\ndisk vda d\ndisk vdb e transient"_s << u"external"_s
            << u"warn disk-left-out@vdb(transient)"_s;
        QTest::newRow("encrypted, off") << u"image d\nmachine m\ndisk vda d encrypted"_s << u"internal"_s
                                        << u"block encrypted-disk@vda"_s;
        QTest::newRow("encrypted, on, external")
            << u"libvirt 12.8.0\nimage d\nmachine m running\ndisk vda d encrypted"_s << u"external"_s
            << u"warn encrypted-disk@vda\nwarn crash-consistent@S"_s;
        QTest::newRow("encrypted, on") << u"image d\nmachine m paused\ndisk vda d encrypted"_s << u"internal"_s
                                       << QString();
        QTest::newRow("gone") << u"machine m\ndisk vda d"_s << u"internal"_s << u"block file-missing@d"_s;
        QTest::newRow("base gone") << u"image b absent\nimage d on=b\nmachine m\ndisk vda d"_s << u"internal"_s
                                   << u"block file-missing@b"_s;
        QTest::newRow("corrupt base") << u"image b corrupt\nimage d on=b\nmachine m\ndisk vda d"_s << u"internal"_s
                                      << u"block image-corrupt@b"_s;
        QTest::newRow("format of the base not recorded")
            << u"libvirt 12.8.0\nimage b\nimage d on=b noformat\nmachine m\ndisk vda d"_s << u"external"_s
            << u"block backing-format-missing@d"_s;
        QTest::newRow("tag of this name")
            << u"image d tags=S\nmachine m\ndisk vda d"_s << u"internal"_s << u"block tag-exists@S"_s;
        QTest::newRow("tag of this name, external")
            << u"libvirt 12.8.0\nimage d tags=S\nmachine m\ndisk vda d"_s << u"external"_s << QString();
        QTest::newRow("no place") << u"libvirt 12.8.0\nimage d\nmachine m\ndisk vda d block"_s << u"external nowhere"_s
                                  << u"block no-place-for-overlay@vda"_s;

        QTest::newRow("a comma in the folder, off") << u"libvirt 12.8.0\nimage a,b/d\nmachine m\ndisk vda a,b/d"_s
                                                    << u"external comma"_s << u"block comma-in-path@a,b/d.S"_s;
        QTest::newRow("a comma in the folder, on")
            << u"libvirt 12.8.0\nimage a,b/d\nmachine m running\ndisk vda a,b/d"_s << u"external comma"_s
            << u"warn crash-consistent@S"_s;
        QTest::newRow("a comma in the folder, internal")
            << u"libvirt 12.8.0\nimage a,b/d\nmachine m\ndisk vda a,b/d"_s << u"internal"_s << QString();

        // Chains and tables
        QString deep = u"libvirt 10.9.0\nimage d0\n"_s;
        for (int i = 1; i < 24; ++i)
            deep += u"image d%1 on=d%2\n"_s.arg(i).arg(i - 1);
        QTest::newRow("25 layers") << QString(deep + u"machine m\ndisk vda d23"_s) << u"external"_s
                                   << u"block chain-too-deep@vda(25,24)\nwarn overlay-readable@d.S"_s;
        QTest::newRow("15 layers") << QString(deep + u"machine m\ndisk vda d13"_s) << u"external"_s
                                   << u"warn chain-deep@vda(15)\nwarn overlay-readable@d.S"_s;
        QTest::newRow("14 layers") << QString(deep + u"machine m\ndisk vda d12"_s) << u"external"_s
                                   << u"warn overlay-readable@d.S"_s;
        deep.replace(u"10.9"_s, u"12.8"_s);
        QTest::newRow("25 layers, later")
            << QString(deep + u"machine m\ndisk vda d23"_s) << u"external"_s << u"warn chain-deep@vda(25)"_s;
        QStringList tags;
        for (int i = 0; i < 250; ++i)
            tags += u"T%1"_s.arg(i);
        QTest::newRow("250 tags") << u"image d tags=%1\nmachine m\ndisk vda d"_s.arg(tags.join(u',')) << u"internal"_s
                                  << u"warn many-tags@d(250)"_s;
        QTest::newRow("bitmaps") << u"image d bitmaps=B\nmachine m\ndisk vda d"_s << u"internal"_s
                                 << u"warn bitmaps-forbid-revert-later@S(d)"_s;
        QTest::newRow("bitmaps, external, off") << u"libvirt 12.8.0\nimage d bitmaps=B\nmachine m\ndisk vda d"_s
                                                << u"external"_s << u"warn bitmaps-not-carried@vda(d)"_s;
        QTest::newRow("bitmaps, external, on") << u"libvirt 12.8.0\nimage d bitmaps=B\nmachine m running\ndisk vda d"_s
                                               << u"external"_s << u"warn crash-consistent@S"_s;
        QTest::newRow("checkpoint, external, off")
            << u"libvirt 12.8.0\nimage d bitmaps=B\nmachine m\ndisk vda d\ncheckpoint C vda=B"_s << u"external"_s
            << u"warn bitmaps-not-carried@vda(d)\nblock checkpoints-forbid-offline@m"_s;
        QTest::newRow("checkpoint, external, off, 10.7")
            << u"libvirt 10.7.0\nimage d bitmaps=B\nmachine m\ndisk vda d\ncheckpoint C vda=B"_s << u"external"_s
            << u"warn bitmaps-not-carried@vda(d)\nwarn overlay-readable@d.S"_s;

        // Firmware and devices
        const QString efi = u"libvirt %1\nimage d\nmachine m%2\ndisk vda d\nnvram n%3\nhas efi"_s;
        QTest::newRow("raw NVRAM, on") << efi.arg(u"9.0.0"_s, u" paused"_s, QString()) << u"internal memory"_s
                                       << u"block nvram-forbids-internal@m(raw)"_s;
        QTest::newRow("NVRAM, off, 9.0") << efi.arg(u"9.0.0"_s, QString(), QString()) << u"internal"_s
                                         << u"block nvram-forbids-internal@m(raw)"_s;
        QTest::newRow("raw NVRAM, off") << efi.arg(u"9.3.0"_s, QString(), QString()) << u"internal"_s
                                        << u"warn firmware-not-included@m"_s;
        QTest::newRow("qcow2 NVRAM, on, 10.8") << efi.arg(u"10.8.0"_s, u" paused"_s, u" qcow2"_s)
                                               << u"internal memory"_s << u"block nvram-forbids-internal@m(qcow2)"_s;
        QTest::newRow("qcow2 NVRAM, on, 10.9") << efi.arg(u"10.9.0"_s, u" paused"_s, u" qcow2"_s)
                                               << u"internal memory"_s << u"block nvram-forbids-internal@m(qcow2)"_s;
        QTest::newRow("qcow2 NVRAM, on, 10.10")
            << efi.arg(u"10.10.0"_s, u" paused"_s, u" qcow2"_s) << u"internal memory"_s << QString();
        QTest::newRow("NVRAM, off, 9.2") << efi.arg(u"9.2.0"_s, QString(), QString()) << u"internal"_s
                                         << u"block nvram-forbids-internal@m(raw)"_s;
        QTest::newRow("NVRAM, external") << efi.arg(u"12.8.0"_s, QString(), u" qcow2"_s) << u"external"_s
                                         << u"warn firmware-not-included@m"_s;
        QTest::newRow("TPM, off") << QString(off + u"has tpm"_s) << u"internal"_s << u"warn tpm-not-included@m"_s;
        QTest::newRow("TPM, on") << QString(on + u"has tpm"_s) << u"internal memory"_s << pauses;
        QTest::newRow("TPM, on, external")
            << QString(on + u"has tpm"_s) << u"external memory"_s << QString(u"warn tpm-not-included@m\n"_s + pauses);
        QTest::newRow("host device") << QString(on + u"has hostdev"_s) << u"internal memory"_s
                                     << QString(u"block host-devices-forbid-memory@m(1)\n"_s + pauses);
        QTest::newRow("host device, disk only")
            << QString(on + u"has hostdev"_s) << u"external"_s << u"warn crash-consistent@S"_s;
        QTest::newRow("host device, off") << QString(off + u"has hostdev"_s) << u"internal"_s << QString();

        // The guest
        const QString agent = u"libvirt 12.8.0\nimage d\nmachine m %1 agent\ndisk vda d"_s;
        QTest::newRow("quiesced") << agent.arg(u"running"_s) << u"external quiesced"_s << QString();
        QTest::newRow("quiesced, paused")
            << agent.arg(u"paused"_s) << u"external quiesced"_s << u"block no-guest-agent@m"_s;
        QTest::newRow("quiesced without agent") << on << u"external quiesced"_s << u"block no-guest-agent@m"_s;
        QTest::newRow("quiesced with memory") << agent.arg(u"running"_s) << u"external memory quiesced"_s
                                              << u"warn pauses-machine@m(0,1)\nblock quiesce-with-memory@S"_s;
        QTest::newRow("paused, external with memory") << u"libvirt 12.8.0\nimage d\nmachine m paused\ndisk vda d"_s
                                                      << u"external memory"_s << u"warn paused-memory@S"_s;
        QTest::newRow("paused since its memory was saved")
            << u"libvirt 12.8.0\nimage d\nmachine m paused saved\ndisk vda d"_s << u"external memory"_s
            << u"warn paused-memory@S\nblock memory-saved-already@m"_s;
        QTest::newRow("paused since its memory was saved, disk only")
            << u"libvirt 12.8.0\nimage d\nmachine m paused saved\ndisk vda d"_s << u"external"_s
            << u"warn crash-consistent@S"_s;
        QTest::newRow("transient") << u"image d\nmachine m transient paused\ndisk vda d"_s << u"internal memory"_s
                                   << u"warn transient-machine@m"_s;

        // What libvirt will not be able to do later
        QTest::newRow("external on 9.0") << u"libvirt 9.0.0\nimage d\nmachine m paused\ndisk vda d"_s << u"external"_s
                                         << u"warn crash-consistent@S\nwarn libvirt-cannot-revert@S(external)"_s;
        QTest::newRow("disk only on 10.7")
            << u"libvirt 10.7.0\nimage d\nmachine m paused\ndisk vda d"_s << u"external"_s
            << u"warn crash-consistent@S\nwarn libvirt-cannot-revert@S(disk-only)"_s;
        QTest::newRow("disk only on 11.3") << u"libvirt 11.3.0\nimage d\nmachine m paused\ndisk vda d"_s
                                           << u"external"_s << u"warn crash-consistent@S"_s;
        QTest::newRow("readable overlay, mended by Debian")
            << u"libvirt 11.3.0\ndistribution debian 13\nimage d\nmachine m\ndisk vda d"_s << u"external"_s
            << QString();
        QTest::newRow("may fill") << u"libvirt 12.8.0\nfree 100\nimage d size=1000\nmachine m\ndisk vda d"_s
                                  << u"external"_s << u"warn overlay-may-fill@(1048576000,104857600)"_s;
        QTest::newRow("may not fill") << u"libvirt 12.8.0\nfree 200\nimage d size=1000\nmachine m\ndisk vda d"_s
                                      << u"external"_s << QString();
        QTest::newRow("may fill together")
            << u"libvirt 12.8.0\nfree 200\nimage d size=1000\nimage e size=1000\nmachine m\ndisk vda d\ndisk vdb e"_s
            << u"external two"_s << u"warn overlay-may-fill@(2097152000,209715200)"_s;
    }

    void creation()
    {
        QFETCH(QString, host);
        QFETCH(QString, what);
        QFETCH(QString, expected);
        QString found = textOf(conditions::ofCreation(draftOf(host), machine, creationOf(what)));
        QCOMPARE(found.replace(u"overlay-may-fill@/images"_s, u"overlay-may-fill@"_s), expected);
    }

    void reversion_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("expected");

        QTest::newRow("internal") << u"image d tags=S\nmachine m\ndisk vda d\ninternal S vda=d"_s << QString();
        QTest::newRow("external") << u"image d\nimage d.S on=d\nmachine m\ndisk vda d.S\nexternal S vda=d>d.S"_s
                                  << QString();
        QTest::newRow("no definition") << u"image d tags=S\nmachine m\ndisk vda d\ninternal S nodefinition vda=d"_s
                                       << u"block definition-missing@S"_s;
        QTest::newRow("twice") << u"image d tags=S,S\nmachine m\ndisk vda d\ninternal S vda=d"_s
                               << u"block tag-ambiguous@S(d)"_s;
        QTest::newRow("another's id") << u"image d tags=A,2,B\nmachine m\ndisk vda d\ninternal 2 vda=d"_s << QString();
        QTest::newRow("id of another") << u"image d tags=3,A,B\nmachine m\ndisk vda d\ninternal 3 vda=d"_s
                                       << u"block tag-ambiguous@3(d)"_s;
        QTest::newRow("older than the snapshot")
            << u"image d tags=S@400\nmachine m\ndisk vda d\ninternal S vda=d"_s << u"block tag-mismatch@S(d)"_s;
        QTest::newRow("memory took its time")
            << u"image d tags=S@900\nmachine m\ndisk vda d\ninternal S vda=d"_s << QString();
        QTest::newRow("apart") << u"image d tags=S@500\nimage e tags=S@900\nmachine m\ndisk vda d\ndisk vdb e\n"
                                  "internal S vda=d vdb=e"_s
                               << u"block tag-mismatch@S(e)"_s;
        QTest::newRow("transient") << u"image d tags=S\nmachine m transient running\ndisk vda d\ninternal S vda=d"_s
                                   << u"block transient-machine@m"_s;
        QTest::newRow("transient, with memory")
            << u"image d tags=S:1\nmachine m transient running\ndisk vda d\ninternal S memory vda=d"_s << QString();
        QTest::newRow("grown since") << u"image d size=32 tags=S~16\nmachine m\ndisk vda d\ninternal S vda=d"_s
                                     << u"warn size-changes@vda(33554432,16777216)"_s;
        QTest::newRow("overlay grown since")
            << u"image d size=16\nimage d.S on=d size=32\nmachine m\ndisk vda d.S\nexternal S vda=d>d.S"_s
            << u"warn size-changes@vda(33554432,16777216)"_s;
        const QString frozen
            = u"image b%1\nimage d%2 on=b\nimage d.S on=d\nmachine m\ndisk vda d.S\nexternal S vda=d>d.S"_s;
        QTest::newRow("frozen file changed")
            << frozen.arg(QString(), u" changed=m/S,d.S"_s) << u"confirm frozen-file-changed@S(vda,d)"_s;
        QTest::newRow("frozen file touched")
            << frozen.arg(QString(), u" touched=m/S"_s) << u"warn frozen-file-changed@S(vda,d)"_s;
        QTest::newRow("what lies below it changed")
            << frozen.arg(u" changed=d"_s, QString()) << u"confirm frozen-file-changed@S(vda,b)"_s;
        QTest::newRow("changed under another's snapshot")
            << frozen.arg(u" changed=e"_s, u" changed=n/S,m/T"_s) << QString();
        QTest::newRow("disk added") << u"image d tags=S\nimage e\nmachine m\ndisk vda d\ninternal S vda=d\ndisk vdb e"_s
                                    << u"warn disk-detached@vdb"_s;
        QTest::newRow("disk left out")
            << u"image d tags=S\nimage e\nmachine m\ndisk vda d\ndisk vdb e\ninternal S vda=d"_s
            << u"warn disk-not-reverted@vdb"_s;
        QTest::newRow("more memory since")
            << u"image d tags=S\nmachine m\ndisk vda d\nhas memory=100\ninternal S vda=d\nhas memory=200 cpus=2 tpm"_s
            << u"warn definition-changes@m(memory,cpus,tpm)"_s;
        QTest::newRow("raw NVRAM") << u"image d tags=S\nmachine m\ndisk vda d\nnvram n\ninternal S vda=d"_s
                                   << u"warn firmware-not-reverted@m"_s;
        const QString inside
            = u"libvirt 12.8.0\nimage d tags=S\nimage n%1\nmachine m\ndisk vda d\nnvram n qcow2\ninternal S vda=d"_s;
        QTest::newRow("qcow2 NVRAM") << inside.arg(u" tags=S"_s) << QString();
        QTest::newRow("qcow2 NVRAM without the tag") << inside.arg(QString()) << u"warn firmware-not-reverted@m"_s;
        QTest::newRow("TPM") << u"image d tags=S\nmachine m\ndisk vda d\nhas tpm\ninternal S vda=d"_s
                             << u"warn tpm-not-reverted@m"_s;
        QTest::newRow("TPM in memory") << u"image d tags=S:1\nmachine m\ndisk vda d\nhas tpm\ninternal S memory vda=d"_s
                                       << QString();
        QTest::newRow("checkpoint")
            << u"image d\nimage d.S on=d bitmaps=B\nmachine m\ndisk vda d.S\nexternal S vda=d>d.S\ncheckpoint C vda=B"_s
            << QString();
        QTest::newRow("bitmap of another branch")
            << u"image d bitmaps=B\nimage d.S on=d\nimage e\nmachine m\ndisk vda e\nexternal S vda=d>d.S"_s
            << u"warn bitmaps-outdated@m"_s;
    }

    void reversion()
    {
        QFETCH(QString, host);
        QFETCH(QString, expected);
        const Draft draft = draftOf(host);
        const Snapshot snapshot = *draft.domain(machine)->snapshots.front();
        QCOMPARE(textOf(conditions::ofReversion(draft, machine, snapshot, RevertIntent::Then::AsItWas)), expected);
    }

    void diskThatComesBack()
    {
        Draft draft
            = draftOf(u"image d tags=S\nimage e tags=S\nmachine m\ndisk vda d\ndisk vdb e\ninternal S vda=d vdb=e"_s);
        auto now = std::make_shared<DomainDefinition>(*draft.domain(machine)->definition);
        now->disks.pop_back();
        draft.define(machine, now);
        const Snapshot snapshot = *draft.domain(machine)->snapshots.front();
        QCOMPARE(textOf(conditions::ofReversion(draft, machine, snapshot, RevertIntent::Then::AsItWas)),
            u"warn disk-returns@vdb(e)"_s);
    }

    void deletion_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("expected");

        QTest::newRow("internal") << u"image d tags=S\nmachine m\ndisk vda d\ninternal S vda=d"_s << QString();
        QTest::newRow("twice") << u"image d tags=S,S\nmachine m\ndisk vda d\ninternal S vda=d"_s
                               << u"block tag-ambiguous@S(d)"_s;
        QTest::newRow("gone already") << u"image d\nmachine m\ndisk vda d\ninternal S vda=d"_s << QString();
        QTest::newRow("older") << u"image d tags=S@1\nmachine m\ndisk vda d\ninternal S vda=d"_s
                               << u"warn tag-mismatch@S(d)"_s;
        QTest::newRow("paused") << u"image d\nimage d.S on=d\nimage S.mem save\nmachine m paused\ndisk vda d.S\n"
                                   "external S memory=S.mem vda=d>d.S"_s
                                << u"warn paused-memory@S"_s;
    }

    void deletion()
    {
        QFETCH(QString, host);
        QFETCH(QString, expected);
        const Draft draft = draftOf(host);
        const Snapshot snapshot = *draft.domain(machine)->snapshots.front();
        QCOMPARE(textOf(conditions::DeletionRules(draft, machine).of(snapshot)), expected);
    }
};

QTEST_GUILESS_MAIN(TestConditions)
#include "tst_conditions.moc"
