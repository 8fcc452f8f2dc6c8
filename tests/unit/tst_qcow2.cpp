// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/qcow2images.h"

#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

using Builder = Qcow2Builder;

class TestQcow2 : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsEveryField()
    {
        const Result<ImageFacts> facts = read(full().build());
        QVERIFY2(facts, facts ? "" : remark(facts.error()));
        QCOMPARE(facts->format, u"qcow2"_s);
        QCOMPARE(facts->formatVersion, 3);
        QCOMPARE(facts->virtualSize, 1 * MiB);
        QCOMPARE(facts->clusterSize, Bytes(512));
        QCOMPARE(facts->backingName, u"base.img"_s);
        QCOMPARE(facts->backingFormat, u"raw"_s);
        QVERIFY(!facts->hasDataFile && facts->dataFile.isEmpty());
        QVERIFY(!facts->dirty && !facts->corrupt && !facts->encrypted);

        QCOMPARE(facts->tags.size(), size_t(2));
        const Tag &two = facts->tags[1];
        QCOMPARE(facts->tags[0].name, u"one"_s);
        QVERIFY(facts->tags[0].diskSize.isAbsent());
        QCOMPARE(two.id, u"2"_s);
        QCOMPARE(two.name, u"two"_s);
        QCOMPARE(two.vmStateSize, Bytes(5) << 32);
        QCOMPARE(two.created, qint64(1700000000));
        QCOMPARE(two.createdNanoseconds, quint32(123456789));
        QCOMPARE(two.vmClock, quint64(5000000007));
        QCOMPARE(two.diskSize, Fact<Bytes>(2 * MiB));

        QCOMPARE(facts->bitmaps.size(), size_t(2));
        QCOMPARE(facts->bitmaps[0].name, u"b1"_s);
        QCOMPARE(facts->bitmaps[0].granularity, 64 * KiB);
        QVERIFY(facts->bitmaps[0].recording && !facts->bitmaps[0].inUse);
        QVERIFY(!facts->bitmaps[1].recording && facts->bitmaps[1].inUse && !facts->bitmaps[1].inconsistent);
        QCOMPARE(facts->bitmaps[1].granularity, Bytes(512));
    }

    void everyClusterSize()
    {
        for (quint32 bits = 9; bits <= 21; ++bits) {
            Builder builder = full();
            builder.clusterBits = bits;
            const Result<ImageFacts> facts = read(builder.build());
            QVERIFY2(facts, facts ? "" : remark(facts.error()));
            QCOMPARE(facts->clusterSize, Bytes(1) << bits);
            QCOMPARE(facts->tags.size(), size_t(2));
            QCOMPARE(facts->bitmaps.size(), size_t(2));
            QCOMPARE(facts->backingName, u"base.img"_s);
        }
    }

    void features_data()
    {
        QTest::addColumn<Bend>("bend");
        QTest::addColumn<ImageFacts>("expected");
        ImageFacts plain = *read(full().build());
        const auto row = [&plain](const char *name, const Bend &bend, const std::function<void(ImageFacts &)> &change) {
            ImageFacts expected = plain;
            change(expected);
            QTest::newRow(name) << bend << expected;
        };
        row(
            "dirty", [](Builder &b) { b.incompatible = 1; }, [](ImageFacts &f) { f.dirty = true; });
        row(
            "corrupt", [](Builder &b) { b.incompatible = 2; }, [](ImageFacts &f) { f.corrupt = true; });
        row(
            "data file without a name", [](Builder &b) { b.incompatible = 4; },
            [](ImageFacts &f) { f.hasDataFile = true; });
        row(
            "data file",
            [](Builder &b) {
                b.incompatible = 4;
                b.extensions.push_back({DataFileName, "/etc/shadow"});
            },
            [](ImageFacts &f) {
                f.hasDataFile = true;
                f.dataFile = u"/etc/shadow"_s;
            });
        row(
            "a data file's name without the feature means nothing",
            [](Builder &b) {
                b.extensions.push_back({DataFileName, "/etc/shadow"});
            },
            [](ImageFacts &) {});
        row(
            "zstd",
            [](Builder &b) {
                b.incompatible = 8;
                b.compression = 1;
            },
            [](ImageFacts &) {});
        row(
            "extended L2",
            [](Builder &b) {
                b.incompatible = 16;
                b.clusterBits = 14;
            },
            [](ImageFacts &f) { f.clusterSize = 16 * KiB; });
        row(
            "header of 104 bytes", [](Builder &b) { b.headerLength = 104; }, [](ImageFacts &) {});
        row(
            "AES", [](Builder &b) { b.encryption = 1; }, [](ImageFacts &f) { f.encrypted = true; });
        row(
            "LUKS",
            [](Builder &b) {
                b.encryption = 2;
                b.extensions.push_back({FullDiskEncryption, extra(b.at(Builder::Data), 1024)});
            },
            [](ImageFacts &f) { f.encrypted = true; });
        row(
            "bitmaps that were not kept up", [](Builder &b) { b.autoclear = 0; },
            [](ImageFacts &f) { f.bitmaps.clear(); });
        row(
            "version 2", [](Builder &b) { b.version = 2; },
            [](ImageFacts &f) {
                f.formatVersion = 2;
                f.bitmaps.clear();
            });
        row(
            "an empty disk",
            [](Builder &b) {
                b.virtualSize = 0;
                b.l1Size = 0;
            },
            [](ImageFacts &f) { f.virtualSize = 0; });
        row(
            "a backing format without a backing image", [](Builder &b) { b.backingName.clear(); },
            [](ImageFacts &f) {
                f.backingName.clear();
                f.backingFormat.clear();
            });
        row(
            "32 bits of saved memory", [](Builder &b) { b.tags[0].vmStateSize = 0xfffffff0; },
            [](ImageFacts &f) { f.tags[0].vmStateSize = 0xfffffff0; });
        row(
            "only 8 bytes of extra data", [](Builder &b) { b.tags[1].extra.truncate(8); },
            [](ImageFacts &f) { f.tags[1].diskSize = Fact<Bytes>::absent(); });
        row(
            "more extra data than is known", [](Builder &b) { b.tags[1].extra += QByteArray(100, 'x'); },
            [](ImageFacts &) {});
        row(
            "no snapshots and no bitmaps",
            [](Builder &b) {
                b.tags.clear();
                b.bitmaps.clear();
            },
            [](ImageFacts &f) {
                f.tags.clear();
                f.bitmaps.clear();
            });
    }
    void features()
    {
        QFETCH(Bend, bend);
        QFETCH(ImageFacts, expected);
        Builder builder = full();
        bend(builder);
        const Result<ImageFacts> facts = read(builder.build());
        QVERIFY2(facts, facts ? "" : remark(facts.error()));
        QVERIFY(*facts == expected);
    }

    void names_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QString>("expected");
        QTest::newRow("empty") << QByteArray() << QString();
        QTest::newRow("markup and quotes") << QByteArray("<a href='\"'>&amp;") << u"<a href='\"'>&amp;"_s;
        QTest::newRow("right to left") << QByteArray("\xe2\x80\xae"
                                                     "abc")
                                       << u"\u202eabc"_s;
        QTest::newRow("byte order mark") << QByteArray("\xef\xbb\xbf"
                                                       "abc")
                                         << u"\ufeffabc"_s;
        QTest::newRow("ends at NUL") << QByteArray("good\0evil", 9) << u"good"_s;
        QTest::newRow("not UTF-8") << QByteArray("a\xff"
                                                 "b")
                                   << u"a\ufffdb"_s;
        QTest::newRow("cut inside a character") << QByteArray("a\xc3") << u"a\ufffd"_s;
        QTest::newRow("long") << QByteArray(200, 'n') << QString(200, u'n');
    }
    void names()
    {
        QFETCH(QByteArray, name);
        QFETCH(QString, expected);
        Builder builder = full();
        builder.tags[0].name = name;
        builder.bitmaps[0].name = name;
        if (!name.isEmpty())
            builder.backingName = name;
        const Result<ImageFacts> facts = read(builder.build());
        QVERIFY2(facts, facts ? "" : remark(facts.error()));
        QCOMPARE(facts->tags[0].name, expected);
        QCOMPARE(facts->tags[1].name, u"two"_s);
        QCOMPARE(facts->bitmaps[0].name, expected);
        QCOMPARE(facts->backingName, name.isEmpty() ? u"base.img"_s : expected);
    }

    void fewReads()
    {
        Builder builder = full();
        BufferSource small(builder.build());
        QVERIFY(readMetadata(small));
        QCOMPARE(small.reads, 1);
        builder.clusterBits = 16;
        BufferSource large(builder.build());
        QVERIFY(readMetadata(large));
        QCOMPARE(large.reads, 3);
    }
};

QTEST_APPLESS_MAIN(TestQcow2)
#include "tst_qcow2.moc"
