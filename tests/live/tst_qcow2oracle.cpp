// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/measure.h"
#include "model/qcow2/metadata.h"
#include "tests/support/qcow2oracle.h"
#include "tests/support/qcow2readings.h"
#include "tests/support/sources.h"

#include <QTemporaryDir>
#include <QtEndian>
#include <QTest>

#include <functional>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

// What stands in quotes is one word.
QStringList wordsOf(const QString &line)
{
    QStringList words;
    bool quoted = false;
    for (const QString &part : line.split(u'"')) {
        if (quoted)
            words.append(part);
        else
            words += part.split(u' ', Qt::SkipEmptyParts);
        quoted = !quoted;
    }
    return words;
}

// How many clusters of the host file are in use, as QEMU recorded it in the refcount blocks.
qint64 usedClusters(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    const QByteArray header = file.read(104);
    const qint64 cluster = qint64(1) << qFromBigEndian<quint32>(header.constData() + 20);
    const bool version3 = qFromBigEndian<quint32>(header.constData() + 4) == 3;
    const int bits = 1 << (version3 ? qFromBigEndian<quint32>(header.constData() + 96) : 4);
    file.seek(qFromBigEndian<qint64>(header.constData() + 48));
    const QByteArray table = file.read(cluster * qFromBigEndian<quint32>(header.constData() + 56));
    qint64 used = 0;
    for (qsizetype entry = 0; entry < table.size(); entry += 8) {
        const qint64 offset = qFromBigEndian<qint64>(table.constData() + entry);
        if (offset == 0)
            continue;
        file.seek(offset);
        const QByteArray block = file.read(cluster);
        for (qsizetype bit = 0; bit < block.size() * 8; bit += bits) {
            const qsizetype byte = bit / 8;
            if (bits >= 8)
                used += block.mid(byte, bits / 8).count('\0') != bits / 8;
            else
                used += (quint8(block[byte]) >> (bit % 8) & ((1 << bits) - 1)) != 0;
        }
    }
    return used;
}

} // namespace

class TestQcow2Oracle : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }

    // In each line %i is the image and %d the folder; a leading '!' means that the process is to fail or die.
    // False, with a failure reported, when a line does not end as it should.
    bool run(const QStringList &lines, const QString &image)
    {
        for (const QString &line : lines) {
            QStringList words = wordsOf(line);
            for (QString &word : words) {
                word.replace(u"%i"_s, image);
                word.replace(u"%d"_s, m_folder.path());
            }
            const QString program = words.takeFirst();
            const bool dies = program.startsWith(u'!');
            Result<QByteArray> result = runTool(dies ? program.mid(1) : program, words);
            // On a busy computer QEMU cannot measure how fast it hashes LUKS keys.
            for (int i = 0; i < 50 && !result && result.error().detail.contains("accurate CPU usage"_L1); ++i)
                result = runTool(dies ? program.mid(1) : program, words);
            if (!result && (!dies || result.error().code != ErrorCode::Failed)) {
                QTest::qFail(qPrintable(QString(line + u": "_s + result.error().detail)), __FILE__, __LINE__);
                return false;
            }
        }
        return true;
    }

private Q_SLOTS:
    void init() { QVERIFY(m_folder.isValid()); }

    void facts_data()
    {
        QTest::addColumn<QStringList>("lines");
        const QString create = u"qemu-img create -q -f qcow2 "_s;
        const QString base = create + u"%d/base.qcow2 64M"_s;
        const auto row = [](const char *name, const QStringList &lines) { QTest::newRow(name) << lines; };
        row("version 2", {create + u"-o compat=0.10 %i 1G"_s});
        row("version 3", {create + u"-o compat=1.1 %i 1G"_s});
        row("an empty disk", {create + u"%i 0"_s});
        row("an odd size", {create + u"%i 1049088"_s});
        for (const char *size : {"512", "1k", "4k", "16k", "1M", "2M"})
            row(qPrintable(u"clusters of "_s + QLatin1StringView(size)),
                {create + u"-o cluster_size="_s + QLatin1StringView(size) + u" %i 100M"_s,
                    u"qemu-img snapshot -c one %i"_s, u"qemu-img bitmap --add -g 65536 %i b"_s});
        for (const char *bits : {"1", "8", "64"})
            row(qPrintable(u"refcounts of %1 bits"_s.arg(QLatin1StringView(bits))),
                {create + u"-o refcount_bits="_s + QLatin1StringView(bits) + u" %i 1G"_s});
        row("a large disk", {create + u"%i 16T"_s});
        row("preallocated", {create + u"-o preallocation=metadata %i 1G"_s});
        row("a backing image with a format", {base, create + u"-b %d/base.qcow2 -F qcow2 %i"_s});
        row("a relative backing image", {base, create + u"-b base.qcow2 -F qcow2 %i"_s});
        row("a backing image that is not there", {create + u"-u -b /nowhere/gone.img -F raw %i 10M"_s});
        row("a json: backing image",
            {base,
                create
                    + u"-b json:{'driver':'qcow2','file':{'driver':'file','filename':'%d/base.qcow2'}} -F qcow2 %i"_s});
        row("a network backing image", {create + u"-u -b nbd://localhost:10809/disk -F raw %i 10M"_s});
        row("a backing name of spaces and quotes", {create + u"-u -b \"/a b/<c>'&.img\" -F raw %i 10M"_s});
        row("a long backing name", {create + u"-u -b /"_s + QString(1000, u'n') + u" -F raw %i 10M"_s});
        row("a backing image of version 2", {base, create + u"-o compat=0.10 -b base.qcow2 -F qcow2 %i"_s});
        row("a data file", {create + u"-o data_file=%d/data.raw %i 10M"_s});
        row("a raw data file", {create + u"-o data_file=%d/data.raw,data_file_raw=on %i 10M"_s});
        row("encrypted with LUKS",
            {create
                + u"--object secret,id=s,data=abc -o encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10 %i 10M"_s});
        row("encrypted with LUKS, small clusters",
            {create
                + u"--object secret,id=s,data=abc -o cluster_size=512,encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10 %i 10M"_s});
        row("snapshots with odd names",
            {create + u"%i 10M"_s, u"qemu-img snapshot -c plain %i"_s, u"qemu-img snapshot -c \"a b\" %i"_s,
                u"qemu-img snapshot -c <x>'&amp; %i"_s, u"qemu-img snapshot -c \u202eright\u05d0 %i"_s,
                u"qemu-img snapshot -c \ufeffmark %i"_s, u"qemu-img snapshot -c \U0001f333 %i"_s,
                u"qemu-img snapshot -c "_s + QString(255, u'n') + u" %i"_s, u"qemu-img snapshot -c 1 %i"_s});
        row("a snapshot in version 2", {create + u"-o compat=0.10 %i 10M"_s, u"qemu-img snapshot -c one %i"_s});
        row("a snapshot of another size",
            {create + u"%i 10M"_s, u"qemu-img snapshot -c one %i"_s, u"qemu-img resize -q %i 20M"_s,
                u"qemu-img snapshot -c two %i"_s});
        QStringList many{create + u"%i 10M"_s};
        for (int i = 0; i < 40; ++i)
            many.append(u"qemu-img snapshot -c \"%1 %2\" %i"_s.arg(i).arg(QString(i * 5, u'x')));
        row("many snapshots", many);
        row("bitmaps",
            {create + u"%i 10M"_s, u"qemu-img bitmap --add %i plain"_s, u"qemu-img bitmap --add -g 512 %i \"a <b>\""_s,
                u"qemu-img bitmap --add --disable %i disabled"_s, u"qemu-img bitmap --add -g 16M %i coarse"_s,
                u"qemu-img bitmap --add %i "_s + QString(900, u'b')});
        row("bitmaps of a process that died",
            {create + u"%i 10M"_s, u"qemu-img bitmap --add %i on"_s, u"qemu-img bitmap --add --disable %i off"_s,
                u"!qemu-io -c \"write 0 64k\" -c \"sigraise 9\" %i"_s});
        row("dirty refcounts of a process that died",
            {create + u"-o lazy_refcounts=on %i 10M"_s, u"!qemu-io -c \"write 0 64k\" -c \"sigraise 9\" %i"_s});
        row("compressed",
            {create + u"%i 10M"_s, u"qemu-io -c \"write 0 4M\" %i"_s, u"qemu-img convert -q -c -O qcow2 %i %i.2"_s,
                u"mv %i.2 %i"_s});
        row("zstd", {create + u"-o compression_type=zstd %i 10M"_s});
        row("extended L2", {create + u"-o extended_l2=on,cluster_size=128k %i 10M"_s});
    }
    void facts()
    {
        QFETCH(QStringList, lines);
        const QString image = path(u"image.qcow2"_s);
        QFile::remove(image);
        if (!run(lines, image))
            return;
        compareWithQemuImg(image);
    }

    // What the other tests rest on: each field that is read wrongly is told of, and no other.
    void tellsOfEachField()
    {
        const QString image = path(u"fields.qcow2"_s);
        if (!run({u"qemu-img create -q -f qcow2 %i 10M"_s, u"qemu-img snapshot -c tag %i"_s,
                     u"qemu-img bitmap --add %i bitmap"_s},
                image))
            return;
        const auto info = qemuImgInfo(image);
        FileSource source(image);
        const auto read = readMetadata(source);
        QVERIFY(info && read);
        QCOMPARE(differences(*read, *info), QStringList());
        const std::vector<std::function<void(ImageFacts &)>> mistakes{[](auto &facts) { facts.format = u"raw"_s; },
            [](auto &facts) { ++facts.virtualSize; }, [](auto &facts) { --facts.formatVersion; },
            [](auto &facts) { facts.clusterSize *= 2; }, [](auto &facts) { facts.backingName = u"base"_s; },
            [](auto &facts) { facts.backingFormat = u"raw"_s; }, [](auto &facts) { facts.dataFile = u"data"_s; },
            [](auto &facts) { facts.hasDataFile = true; }, [](auto &facts) { facts.dirty = true; },
            [](auto &facts) { facts.corrupt = true; }, [](auto &facts) { facts.encrypted = true; },
            [](auto &facts) { facts.tags.clear(); }, [](auto &facts) { facts.tags[0].id += u'0'; },
            [](auto &facts) { facts.tags[0].name += u'x'; }, [](auto &facts) { ++facts.tags[0].vmStateSize; },
            [](auto &facts) { ++facts.tags[0].created; }, [](auto &facts) { ++facts.tags[0].createdNanoseconds; },
            [](auto &facts) { ++facts.tags[0].vmClock; }, [](auto &facts) { facts.bitmaps.clear(); },
            [](auto &facts) { facts.bitmaps.push_back({}); }, [](auto &facts) { facts.bitmaps[0].name += u'x'; },
            [](auto &facts) { facts.bitmaps[0].granularity *= 2; },
            [](auto &facts) { facts.bitmaps[0].recording = !facts.bitmaps[0].recording; },
            [](auto &facts) { facts.bitmaps[0].inUse = true; },
            [](auto &facts) { facts.bitmaps[0].persistent = false; }};
        for (size_t i = 0; i < mistakes.size(); ++i) {
            ImageFacts facts = *read;
            mistakes[i](facts);
            const QStringList found = differences(facts, *info);
            QVERIFY2(found.size() == 1, qPrintable(u"mistake %1: %2"_s.arg(i).arg(found.join(u", "_s))));
        }
        writeFile(path(u"cut.qcow2"_s), "QFI\xfb");
        QCOMPARE(differencesOf(path(u"cut.qcow2"_s)).size(), 1);
    }

    void backingImageWithoutAFormat()
    {
        // qemu-img no longer makes such an image: another type of extension is put in the place of the format.
        const QString image = path(u"noformat.qcow2"_s);
        if (!run({u"qemu-img create -q -f qcow2 -u -b base.img -F raw %i 10M"_s}, image))
            return;
        QFile file(image);
        QVERIFY(file.open(QIODevice::ReadWrite));
        const qint64 extension = file.peek(4096).indexOf(QByteArray::fromHex("e2792aca"));
        QVERIFY(extension > 0 && file.seek(extension));
        QCOMPARE(file.write("none"), qint64(4));
        file.close();
        compareWithQemuImg(image);
        FileSource source(image);
        QVERIFY(readMetadata(source)->backingFormat.isEmpty());
    }

    void corrupt()
    {
        const QString image = path(u"corrupt.qcow2"_s);
        if (!run({u"qemu-img create -q -f qcow2 %i 10M"_s, u"qemu-io -c \"write 0 64k\" %i"_s}, image))
            return;
        // The first L2 table at no cluster's start: QEMU notices it with the next write and marks the image.
        QFile file(image);
        QVERIFY(file.open(QIODevice::ReadWrite));
        const qint64 l1 = qFromBigEndian<qint64>(file.read(48).constData() + 40);
        QVERIFY(file.seek(l1));
        QCOMPARE(file.write(QByteArray::fromHex("8000000000000200")), qint64(8));
        file.close();
        if (!run({u"!qemu-io -c \"write 0 64k\" %i"_s}, image))
            return;
        compareWithQemuImg(image);
        FileSource source(image);
        QVERIFY(readMetadata(source)->corrupt);
    }

    void savedMemory()
    {
        const QString image = path(u"memory.qcow2"_s);
        if (!run({u"qemu-img create -q -f qcow2 %i 10M"_s, u"qemu-img snapshot -c before %i"_s}, image))
            return;
        const Result<QByteArray> machine = runTool(u"qemu-system-x86_64"_s,
            {u"-accel"_s, u"tcg"_s, u"-m"_s, u"16"_s, u"-nodefaults"_s, u"-display"_s, u"none"_s, u"-monitor"_s,
                u"stdio"_s, u"-drive"_s, u"if=virtio,format=qcow2,file="_s + image},
            "savevm \"with memory\"\nquit\n");
        QVERIFY2(machine, machine ? "" : qPrintable(machine.error().detail));
        compareWithQemuImg(image);
        FileSource source(image);
        const ImageFacts facts = *readMetadata(source);
        QCOMPARE(facts.tags.size(), size_t(2));
        QVERIFY(facts.tags[1].vmStateSize > 0);
        QVERIFY(facts.tags[1].vmClock > 0);
        compareMeasure(image, 2);
    }

    void measure_data()
    {
        QTest::addColumn<QStringList>("lines");
        QTest::addColumn<size_t>("tags");
        const auto row = [](const char *name, const QString &options, const QStringList &lines, size_t tags,
                             const char *size = "256M") {
            QTest::newRow(name) << (QStringList{u"qemu-img create -q -f qcow2 "_s + options + u" %i "_s
                                        + QLatin1StringView(size)}
                + lines) << tags;
        };
        const QStringList usual{u"qemu-io -c \"write -P 1 0 8M\" %i"_s, u"qemu-img snapshot -c one %i"_s,
            u"qemu-io -c \"write -P 2 1M 2M\" -c \"write -z 5M 1M\" %i"_s, u"qemu-img snapshot -c two %i"_s,
            u"qemu-io -c \"write -P 3 2M 4M\" -c \"write -P 3 20M 1M\" %i"_s, u"qemu-img snapshot -c three %i"_s};
        row("clusters of 64 KiB", {}, usual, 3);
        row("clusters of 4 KiB", u"-o cluster_size=4k"_s, usual, 3);
        row("clusters of 2 MiB", u"-o cluster_size=2M"_s, usual, 3);
        row("version 2", u"-o compat=0.10"_s, usual, 3);
        row("narrow refcounts", u"-o refcount_bits=4"_s, usual, 3);
        row("wide refcounts", u"-o refcount_bits=64"_s, usual, 3);
        row("nothing of its own", {}, {u"qemu-io -c \"write 0 8M\" %i"_s, u"qemu-img snapshot -c one %i"_s}, 1);
        row("all of its own", {},
            {u"qemu-io -c \"write 0 8M\" %i"_s, u"qemu-img snapshot -c one %i"_s,
                u"qemu-io -c \"discard 0 256M\" %i"_s},
            1);
        row("another L2 table", {},
            {u"qemu-io -c \"write 0 1M\" -c \"write 600M 1M\" %i"_s, u"qemu-img snapshot -c one %i"_s,
                u"qemu-io -c \"write 600M 2M\" %i"_s},
            1, "1G");
        row("compressed", {},
            {u"qemu-io -c \"write -P 1 0 8M\" %i"_s, u"qemu-img convert -q -c -O qcow2 %i %i.2"_s, u"mv %i.2 %i"_s,
                u"qemu-img snapshot -c one %i"_s, u"qemu-io -c \"write -P 2 1M 5M\" %i"_s,
                u"qemu-img snapshot -c two %i"_s,
                u"qemu-io -c \"write -c -P 3 20M 64k\" -c \"write -c -P 4 21M 64k\" %i"_s},
            2);
        row("compressed data that does not compress", u"-o cluster_size=4k"_s,
            {u"dd if=/dev/urandom of=%d/random bs=64k count=16 status=none"_s,
                u"qemu-img convert -q -c -f raw -O qcow2 -o cluster_size=4k %d/random %i"_s,
                u"qemu-img snapshot -c one %i"_s, u"qemu-io -c \"write -P 2 100k 500k\" %i"_s},
            1);
    }
    void measure()
    {
        QFETCH(QStringList, lines);
        QFETCH(size_t, tags);
        const QString image = path(u"measure.qcow2"_s);
        QFile::remove(image);
        if (!run(lines, image))
            return;
        compareWithQemuImg(image);
        compareMeasure(image, tags);
    }

private:
    // Deletes each tag from a copy and counts the clusters that are in use before and after.
    void compareMeasure(const QString &image, size_t tags)
    {
        const QString copy = path(u"copy.qcow2"_s);
        FileSource source(image);
        const Result<ImageFacts> facts = readMetadata(source);
        QVERIFY(facts);
        QCOMPARE(facts->tags.size(), tags);
        for (const Tag &tag : facts->tags) {
            const Result<Bytes> predicted = bytesOnlyIn(source, tag.id);
            QVERIFY2(predicted, predicted ? "" : qPrintable(predicted.error().detail));
            const qint64 before = usedClusters(image);
            if (!run({u"cp --sparse=always "_s + image + u" %i"_s, u"qemu-img snapshot -d \"%1\" %i"_s.arg(tag.name),
                         u"qemu-img check -q %i"_s},
                    copy)) {
                return;
            }
            // With the last tag the table of the tags goes too.
            const qint64 table = tags == 1 ? 1 : 0;
            QCOMPARE(qint64(*predicted), (before - usedClusters(copy) - table) * qint64(facts->clusterSize));
        }
    }
};

QTEST_GUILESS_MAIN(TestQcow2Oracle)
#include "tst_qcow2oracle.moc"
