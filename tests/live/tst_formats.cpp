// SPDX-License-Identifier: GPL-3.0-or-later
// Images of the formats that are not read by ourselves: what the command line says of them, against qemu-img.
#include "tests/live/cliprocess.h"
#include "tests/support/privatedaemon.h"
#include "tests/support/process.h"
#include "tests/support/sandboxfixture.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTest>

#include <memory>

#include <sys/prctl.h>
#include <sys/stat.h>

using namespace treewarden;
using namespace treewarden::test;

class tst_Formats : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<PrivateDaemon> m_daemon;

    QString image(const QString &name) const { return m_daemon->path(u"images/"_s + name); }
    bool create(const QStringList &arguments) const
    {
        const ProcessResult result = run(u"qemu-img"_s, QStringList{u"create"_s, u"-q"_s, u"-f"_s} + arguments);
        if (result.exitCode != 0)
            qWarning("%s", result.error.constData());
        return result.exitCode == 0;
    }
    static QJsonObject info(const QString &path, const QString &format)
    {
        return object(run(u"qemu-img"_s, {u"info"_s, u"--output=json"_s, u"-f"_s, format, path}).output);
    }
    // A machine, off, with one disk of this format.
    bool define(const QString &name, const QString &disk, const QString &format) const
    {
        QFile file(m_daemon->path(u"machine.xml"_s));
        if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate))
            return false;
        file.write(u"<domain type='qemu'><name>%1</name><memory unit='MiB'>16</memory>"
                   "<os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'>"
                   "<driver name='qemu' type='%2'/><source file='%3'/><target dev='vda' bus='virtio'/></disk>"
                   "</devices></domain>"_s.arg(name, format, disk)
                       .toUtf8());
        file.close();
        return run(u"virsh"_s, {u"-c"_s, m_daemon->uri(), u"define"_s, file.fileName()}).exitCode == 0;
    }
    // Of all where no machine is named.
    QJsonObject images(const QString &machine) const
    {
        QStringList arguments{u"--connect"_s, m_daemon->uri(), u"--json"_s, u"images"_s};
        if (!machine.isEmpty())
            arguments += machine;
        const ProcessResult result = run(Cli, arguments);
        if (result.exitCode != 0)
            qWarning("%s", result.error.constData());
        return object(result.output);
    }
    static void compare(const QJsonObject &ours, const QString &path, const QString &format)
    {
        const QJsonObject theirs = info(path, format);
        QVERIFY2(!ours.isEmpty(), qPrintable(path));
        QVERIFY(!theirs.isEmpty());
        QCOMPARE(ours["format"_L1].toString(), format);
        QCOMPARE(theirs["format"_L1].toString(), format);
        QVERIFY(ours["virtual"_L1].isDouble() && ours["virtual"_L1].toInteger() > 0);
        QCOMPARE(ours["virtual"_L1].toInteger(), theirs["virtual-size"_L1].toInteger());
        QCOMPARE(ours["actual"_L1].toInteger(), theirs["actual-size"_L1].toInteger());
        QCOMPARE(ours["backing"_L1].isNull(), !theirs.contains("backing-filename"_L1));
        QCOMPARE(ours["backing"_L1].toString(), theirs["full-backing-filename"_L1].toString());
        QCOMPARE(pluck(ours["tags"_L1], "name"_L1), QStringList());
        QCOMPARE(strings(ours["problems"_L1]), QStringList());
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY2(QFile::exists(Cli), "treewarden-cli is not built");
        prctl(PR_SET_CHILD_SUBREAPER, 0); // as in live/connection
        m_daemon = std::make_unique<PrivateDaemon>();
        QVERIFY(m_daemon->start());
    }
    void cleanupTestCase() { m_daemon.reset(); }

    // The contents lie in another file: without it no program can read the image.
    void aDataFile()
    {
        const QString disk = image(u"keeps.qcow2"_s);
        const QString data = m_daemon->path(u"apart/keeps.data"_s);
        QVERIFY(QDir().mkpath(m_daemon->path(u"apart"_s)));
        QVERIFY(create({u"qcow2"_s, u"-o"_s, u"data_file=%1,data_file_raw=on"_s.arg(data), disk, u"8M"_s}));
        QVERIFY(define(u"keeps"_s, disk, u"qcow2"_s));
        QJsonObject answer = images(u"keeps"_s);
        QCOMPARE(sorted(pluck(answer["images"_L1], "path"_L1)), sorted({disk, data}));
        QJsonObject file = byKey(answer["images"_L1], "path"_L1, data);
        QCOMPARE(file["format"_L1].toString(), u"raw"_s);
        QVERIFY(!file["claims"_L1].toArray().isEmpty());
        QVERIFY(!strings(file["problems"_L1]).contains(u"data-file-missing"_s));

        QVERIFY(QFile::rename(data, data + u".away"_s));
        answer = images(u"keeps"_s);
        file = byKey(answer["images"_L1], "path"_L1, data);
        QVERIFY(file["format"_L1].isNull());
        QCOMPARE(strings(file["problems"_L1]), QStringList{u"data-file-missing"_s});
        QVERIFY(run(u"qemu-io"_s, {u"-r"_s, u"-f"_s, u"qcow2"_s, u"-c"_s, u"read 0 512"_s, disk}).exitCode != 0);
    }

    void anAnswerThatCannotBeWritten()
    {
        const QString list = u"exec %1 --connect '%2' list >/dev/full"_s.arg(Cli, m_daemon->uri());
        const ProcessResult result = run(u"sh"_s, {u"-c"_s, list});
        QCOMPARE(result.exitCode, 4);
        QCOMPARE(result.error, QByteArray("treewarden-cli: the answer could not be written\n"));
    }

    void alone_data()
    {
        QTest::addColumn<QString>("format");
        for (const char *format : {"vdi", "qed", "vpc", "raw"})
            QTest::newRow(format) << QString::fromLatin1(format);
    }
    // With something in it, and under a qcow2 overlay.
    void alone()
    {
        QFETCH(const QString, format);
        const QString disk = image(u"disk."_s + format);
        const QString overlay = image(u"over-"_s + format + u".qcow2"_s);
        QVERIFY(create({format, disk, u"24M"_s}));
        QCOMPARE(run(u"qemu-io"_s, {u"-f"_s, format, u"-c"_s, u"write -P 7 1M 3M"_s, disk}).exitCode, 0);
        QVERIFY(define(u"of-"_s + format, disk, format));
        QJsonObject answer = images(u"of-"_s + format);
        QVERIFY2(!answer.contains("unknown"_L1), QJsonDocument(answer).toJson().constData());
        QCOMPARE(pluck(answer["images"_L1], "path"_L1), QStringList{disk});
        compare(answer["images"_L1].toArray().at(0).toObject(), disk, format);

        QVERIFY(create({u"qcow2"_s, u"-b"_s, disk, u"-F"_s, format, overlay}));
        QVERIFY(define(u"over-"_s + format, overlay, u"qcow2"_s));
        answer = images(u"over-"_s + format);
        QVERIFY2(!answer.contains("unknown"_L1), QJsonDocument(answer).toJson().constData());
        QCOMPARE(sorted(pluck(answer["images"_L1], "path"_L1)), sorted({disk, overlay}));
        const QJsonObject base = byKey(answer["images"_L1], "path"_L1, disk);
        QCOMPARE(base["format"_L1].toString(), format);
        QCOMPARE(base["virtual"_L1].toInteger(), info(disk, format)["virtual-size"_L1].toInteger());
        QCOMPARE(byKey(answer["images"_L1], "path"_L1, overlay)["backing"_L1].toString(), disk);
    }

    // The base is read where a definition says its format, too; the overlay's word alone would start no program.
    void onABase()
    {
        const QString format = u"qed"_s;
        const QString base = image(u"base.qed"_s);
        const QString top = image(u"top.qed"_s);
        QVERIFY(create({format, base, u"24M"_s}));
        QVERIFY(create({format, u"-b"_s, base, u"-F"_s, format, top}));
        QVERIFY(define(u"top"_s, top, format));
        QJsonObject answer = images(u"top"_s);
        QCOMPARE(sorted(pluck(answer["images"_L1], "path"_L1)), sorted({base, top}));
        QCOMPARE(byKey(answer["images"_L1], "path"_L1, top)["backing"_L1].toString(), base);
        QVERIFY(byKey(answer["images"_L1], "path"_L1, base)["virtual"_L1].isNull());
        QCOMPARE(pluck(answer["unknown"_L1], "subject"_L1), QStringList{base});

        QVERIFY(define(u"base"_s, base, format));
        answer = images(u"top"_s);
        for (const QString &path : {base, top}) {
            const QJsonObject ours = byKey(answer["images"_L1], "path"_L1, path);
            const QJsonObject theirs = info(path, format);
            QCOMPARE(ours["format"_L1].toString(), format);
            QCOMPARE(ours["virtual"_L1].toInteger(), theirs["virtual-size"_L1].toInteger());
            QCOMPARE(ours["actual"_L1].toInteger(), theirs["actual-size"_L1].toInteger());
            QCOMPARE(ours["backing"_L1].toString(), theirs["full-backing-filename"_L1].toString());
        }
    }

    // It may name other files as its parts, which qemu-img would open: it is said that it was not read.
    void vmdk()
    {
        const QString disk = image(u"disk.vmdk"_s);
        QVERIFY(create({u"vmdk"_s, disk, u"24M"_s}));
        QVERIFY(define(u"of-vmdk"_s, disk, u"vmdk"_s));
        const QJsonObject answer = images(u"of-vmdk"_s);
        const QJsonObject ours = byKey(answer["images"_L1], "path"_L1, disk);
        QCOMPARE(ours["actual"_L1].toInteger(), info(disk, u"vmdk"_s)["actual-size"_L1].toInteger());
        for (const QString &unknown : {u"format"_s, u"virtual"_s, u"tags"_s})
            QVERIFY2(ours[unknown].isNull(), qPrintable(unknown));
        QCOMPARE(strings(ours["problems"_L1]), QStringList{u"image-unreadable"_s});
        const QJsonObject why = byKey(answer["unknown"_L1], "subject"_L1, disk);
        QVERIFY2(why["why"_L1].toString().contains(u"vmdk"_s), qPrintable(why["why"_L1].toString()));
    }

    void nothingThatCouldBeAnImage()
    {
        const QString folder = image(u"folder"_s);
        const QString pipe = image(u"pipe"_s);
        QVERIFY(QDir().mkpath(folder));
        QCOMPARE(mkfifo(qPrintable(pipe), 0600), 0);
        for (const QString &path : {folder, pipe, u"/dev/zero"_s}) {
            const QString name = u"of "_s + QFileInfo(path).fileName();
            QVERIFY(define(name, path, u"raw"_s));
            const QJsonObject ours = byKey(images(name)["images"_L1], "path"_L1, path);
            QVERIFY(ours["format"_L1].isNull());
            QCOMPARE(strings(ours["problems"_L1]), QStringList{u"image-unreadable"_s});
            const ProcessResult list = run(Cli, {u"--connect"_s, m_daemon->uri(), u"--json"_s, u"list"_s});
            QCOMPARE(byKey(object(list.output)["domains"_L1], "name"_L1, name)["problems"_L1].toInt(), 1);
        }
        QVERIFY(QFile::remove(pipe));
    }

    // In a storage pool: what is wrong with images that no machine has.
    void imagesOfNoMachine()
    {
        const QString folder = m_daemon->path(u"pool"_s);
        QVERIFY(QDir().mkpath(folder));
        const auto path = [&](const QString &name) { return QString(folder + u'/' + name); };
        // qemu-img makes no loop: the second name is given once both are there.
        const auto create
            = [&](const QStringList &arguments) { return this->create(QStringList{u"qcow2"_s} + arguments); };
        const QStringList onOther{u"-u"_s, u"-F"_s, u"qcow2"_s, u"-b"_s};
        QVERIFY(create(onOther + QStringList{path(u"b"_s), path(u"a"_s), u"8M"_s}));
        QVERIFY(create(onOther + QStringList{path(u"a"_s), path(u"b"_s), u"8M"_s}));
        QVERIFY(create(onOther + QStringList{u"/etc/passwd"_s, path(u"hostile"_s), u"8M"_s}));
        const ProcessResult made = run(u"virsh"_s,
            {u"-c"_s, m_daemon->uri(), u"pool-create-as"_s, u"of-nobody"_s, u"dir"_s, u"--target"_s, folder});
        QVERIFY2(made.exitCode == 0, made.error.constData());
        const QJsonValue found = images({})["images"_L1];
        const auto problems
            = [&](const QString &name) { return strings(byKey(found, "path"_L1, path(name))["problems"_L1]); };
        QCOMPARE(QStringList(problems(u"a"_s) + problems(u"b"_s)), QStringList{u"backing-chain-loop"_s});
        QCOMPARE(problems(u"hostile"_s), QStringList{u"backing-outside"_s});
        QVERIFY(byKey(found, "path"_L1, u"/etc/passwd"_s)["format"_L1].isNull());
    }

    // The definition says one format and the file is of another: QEMU would not run it, and we do not guess.
    void notOfItsFormat()
    {
        const QString disk = image(u"plain.img"_s);
        QVERIFY(create({u"raw"_s, disk, u"24M"_s}));
        QVERIFY(define(u"mistaken"_s, disk, u"vdi"_s));
        QVERIFY(run(u"qemu-img"_s, {u"info"_s, u"-f"_s, u"vdi"_s, disk}).exitCode != 0);
        const QJsonObject answer = images(u"mistaken"_s);
        const QJsonObject ours = byKey(answer["images"_L1], "path"_L1, disk);
        QVERIFY(ours["virtual"_L1].isNull());
        QVERIFY(ours["tags"_L1].isNull());
        QVERIFY(pluck(answer["unknown"_L1], "subject"_L1).contains(disk));
    }
};

TREEWARDEN_LIVE_MAIN(tst_Formats)
#include "tst_formats.moc"
