// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/measure.h"
#include "model/qcow2/metadata.h"
#include "tests/support/qcow2builder.h"
#include "tests/support/sources.h"

#include <QTest>

#include <functional>

using namespace treewarden;
using namespace Qt::StringLiterals;

using Builder = Qcow2Builder;
using Bend = std::function<void(Builder &)>; // of the image's fields
using Break = std::function<void(QByteArray &)>; // of the image's bytes

Q_DECLARE_METATYPE(Bend)
Q_DECLARE_METATYPE(Break)
Q_DECLARE_METATYPE(treewarden::ErrorCode)

namespace {

constexpr quint32 BackingFormat = 0xe2792aca;
constexpr quint32 DataFileName = 0x44415441;
constexpr quint32 FullDiskEncryption = 0x0537be77;

Builder::Entry tag(const QByteArray &id, const QByteArray &name)
{
    Builder::Entry entry;
    entry.id = id;
    entry.name = name;
    return entry;
}

QByteArray extra(quint64 vmState, quint64 diskSize)
{
    QByteArray bytes;
    put<quint64>(bytes, 0, vmState);
    put<quint64>(bytes, 8, diskSize);
    return bytes;
}

// An image with one of each.
Builder full()
{
    Builder builder;
    builder.backingName = "base.img";
    builder.extensions = {{BackingFormat, "raw"}, {0x12345678, "unknown"}};
    builder.tags = {tag("1", "one"), tag("2", "two")};
    builder.tags[1].extra = extra(quint64(5) << 32, 2 * MiB);
    builder.bitmaps = {{"b1", 2, 16, 1}, {"b2", 1, 9, 1}};
    builder.autoclear = 1;
    return builder;
}

// The first tag's L1 table refers to one L2 table, that to two clusters: one its own, one shared.
Builder measurable()
{
    Builder builder;
    builder.tags = {tag("1", "one")};
    builder.tagL1 = {builder.at(Builder::TagL2)};
    builder.tagL2 = {builder.at(Builder::Data), builder.at(Builder::Data + 1)};
    builder.refcounts[Builder::Data + 1] = 2;
    return builder;
}

Result<ImageFacts> read(const QByteArray &image)
{
    BufferSource source(image);
    return readMetadata(source);
}

Result<Bytes> measure(const QByteArray &image)
{
    BufferSource source(image);
    return bytesOnlyIn(source, u"1"_s);
}

const char *remark(const Error &error)
{
    static QByteArray text;
    text = error.detail.toUtf8();
    return text.constData();
}

// A file whose holes would fill any memory.
class HugeSource : public ByteSource
{
public:
    explicit HugeSource(QByteArray head)
        : m_head(std::move(head))
    {
    }
    Result<Bytes> size() override { return Bytes(1) << 62; }
    Result<QByteArray> read(Bytes offset, Bytes length) override
    {
        largest = std::max(largest, length);
        total += length;
        QByteArray bytes
            = offset < Bytes(m_head.size()) ? m_head.mid(qsizetype(offset), qsizetype(length)) : QByteArray();
        bytes.resize(qsizetype(length), '\0');
        return bytes;
    }
    Bytes largest = 0;
    Bytes total = 0;

private:
    QByteArray m_head;
};

} // namespace

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

    void refuses_data()
    {
        QTest::addColumn<Bend>("bend");
        QTest::addColumn<Break>("damage");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<QString>("field");
        using enum ErrorCode;
        const auto bent = [](const char *name, ErrorCode code, const char *field, const Bend &bend) {
            QTest::newRow(name) << bend << Break([](QByteArray &) {}) << code << QString::fromLatin1(field);
        };
        const auto put32
            = [](const char *name, const char *field, qsizetype at, quint32 value, ErrorCode code = Malformed) {
                  QTest::newRow(name) << Bend([](Builder &) {})
                                      << Break([=](QByteArray &image) { put<quint32>(image, at, value); }) << code
                                      << QString::fromLatin1(field);
              };
        const auto put64 = [](const char *name, const char *field, qsizetype at, quint64 value) {
            QTest::newRow(name) << Bend([](Builder &) {})
                                << Break([=](QByteArray &image) { put<quint64>(image, at, value); }) << Malformed
                                << QString::fromLatin1(field);
        };
        constexpr quint64 far = Q_UINT64_C(0x7ffffffffffffe00);
        constexpr quint64 wraps = Q_UINT64_C(0xfffffffffffffe00);
        constexpr qsizetype table = Builder::SnapshotTable * 512;
        constexpr qsizetype directory = Builder::BitmapDirectory * 512;
        constexpr qsizetype bitmapsExtension = 112 + 16 + 16; // full() has two extensions before it

        put32("another format", "magic", 0, 0x4b444d56);
        put32("version 1", "version", 4, 1, Unsupported);
        put32("version 4", "version", 4, 4, Unsupported);
        put32("clusters too small", "cluster_bits", 20, 8);
        put32("clusters too large", "cluster_bits", 20, 22);
        put32("clusters absurd", "cluster_bits", 20, 0xffffffff);
        put32("unknown encryption", "crypt_method", 32, 3, Unsupported);
        bent("unknown incompatible feature", Unsupported, "incompatible_features",
            [](Builder &b) { b.incompatible = 32; });
        bent("unknown high feature", Unsupported, "incompatible_features",
            [](Builder &b) { b.incompatible = quint64(1) << 63; });
        put32("refcounts too wide", "refcount_order", 96, 7);
        put32("header too short", "header_length", 100, 96);
        put32("header longer than its cluster", "header_length", 100, 520);
        bent("extended L2 in small clusters", Malformed, "cluster_bits", [](Builder &b) { b.incompatible = 16; });
        bent("unknown compression", Unsupported, "compression_type", [](Builder &b) {
            b.incompatible = 8;
            b.compression = 2;
        });
        bent("compression without its bit", Malformed, "compression_type", [](Builder &b) { b.compression = 1; });
        bent("compression bit without it", Malformed, "compression_type", [](Builder &b) { b.incompatible = 8; });

        put64("backing name inside the header", "backing_file_offset", 8, 8);
        put64("backing name past its cluster", "backing_file_offset", 8, 513);
        put64("backing name past the end", "backing_file_offset", 8, far);
        put32("backing name too long", "backing_file_size", 16, 1024);
        put32("backing name longer than its cluster", "backing_file_size", 16, 1023);
        put32("backing name absurd", "backing_file_size", 16, 0xffffffff);
        bent("backing format too long", Malformed, "backing format", [](Builder &b) {
            b.extensions = {{BackingFormat, QByteArray(16, 'q')}};
        });
        put32("extension past its cluster", "header extensions", 116, 0x1000);
        put32("extension absurd", "header extensions", 116, 0xffffffff);
        bent("extension ends without room for the next", Malformed, "header extensions", [](Builder &b) {
            b.backingName.clear();
            b.bitmaps.clear();
            b.headerLength = 508;
            b.extensions.clear();
        });

        put32("refcount table of nothing", "refcount_table_clusters", 56, 0);
        put32("refcount table too long", "refcount_table_clusters", 56, 0xffffffff);
        put32("refcount table past the end", "refcount_table_offset", 56, 100);
        put64("refcount table far away", "refcount_table_offset", 48, far);
        put64("refcount table wraps", "refcount_table_offset", 48, wraps);
        put64("refcount table not aligned", "refcount_table_offset", 48, 520);
        put64("refcount table in the header", "refcount_table_offset", 48, 0);
        put32("L1 too long", "l1_size", 36, 0xffffffff);
        put32("L1 too short", "l1_size", 36, 31);
        put64("disk larger than its L1", "l1_size", 24, ~quint64(0));
        put32("L1 past the end", "l1_table_offset", 36, 2000);
        put64("L1 far away", "l1_table_offset", 40, far);
        put64("L1 not aligned", "l1_table_offset", 40, 1537);
        put64("L1 in the header", "l1_table_offset", 40, 0);
        put64("L1 over the refcount table", "l1_table_offset", 40, 512);

        put32("snapshots too many", "nb_snapshots", 60, 65537);
        put32("snapshots absurd", "nb_snapshots", 60, 0xffffffff);
        put32("snapshots more than fit", "snapshots_offset", 60, 60000);
        put32("snapshots more than there are", "name_size", 60, 200); // what follows them is taken for one
        put64("snapshots far away", "snapshots_offset", 64, far);
        put64("snapshots wrap", "snapshots_offset", 64, wraps);
        put64("snapshots not aligned", "snapshots_offset", 64, 2049);
        put64("snapshots in the header", "snapshots_offset", 64, 0);
        put64("snapshots over the bitmaps", "bitmap_directory_offset", bitmapsExtension + 24, table);
        put64("snapshots over the L1", "lies over", 64, Builder::ActiveL1 * 512);
        put32("tag's id too long", "id_str_size", table + 12, 0x04000003);
        put32("tag's name too long", "name_size", table + 12, 0x00010400);
        put32("tag's extra data too long", "extra_data_size", table + 36, 1025);
        put32("tag's extra data absurd", "extra_data_size", table + 36, 0xffffffff);

        put32("bitmaps none", "nb_bitmaps", bitmapsExtension + 8, 0);
        put32("bitmaps too many", "nb_bitmaps", bitmapsExtension + 8, 65536);
        put32("bitmaps more than fit", "bitmap_directory_size", bitmapsExtension + 8, 50);
        put32("bitmaps more than there are", "nb_bitmaps", bitmapsExtension + 8, 1);
        put64("bitmap directory too long", "bitmap_directory_size", bitmapsExtension + 16, quint64(1) << 40);
        put64("bitmap directory past the end", "bitmap_directory_offset", bitmapsExtension + 16, 60000);
        put64("bitmap directory cut", "bitmap_directory_size", bitmapsExtension + 16, 33);
        put64("bitmap directory short", "bitmap_directory_size", bitmapsExtension + 16, 32);
        put64("bitmap directory far away", "bitmap_directory_offset", bitmapsExtension + 24, far);
        put64("bitmap directory not aligned", "bitmap_directory_offset", bitmapsExtension + 24, directory + 8);
        put32("bitmaps extension of another length", "bitmaps extension", bitmapsExtension + 4, 16);
        put64("bitmap's table far away", "bitmap_table_offset", directory, far);
        put64("bitmap's table not aligned", "bitmap_table_offset", directory, 5121);
        put32("bitmap's table empty", "bitmap_table_size", directory + 8, 0);
        put32("bitmap's table absurd", "bitmap_table_size", directory + 8, 0xffffffff);
        put32("bitmap's table past the end", "bitmap_table_offset", directory + 8, 0x8000000);
        put32("bitmap's flags unknown", "bitmap flags", directory + 12, 4, Unsupported);
        put32("bitmap's extra data", "bitmap extra_data_size", directory + 20, 8, Unsupported);
        put32("bitmap's name past the directory", "bitmap name_size", directory + 16, 0x01100100);
        put32("bitmap's name absurd", "bitmap name_size", directory + 16, 0x0110ffff);
        bent("bitmap of another type", Unsupported, "bitmap type", [](Builder &b) { b.bitmaps[0].type = 2; });
        bent("bitmap too fine", Malformed, "granularity_bits", [](Builder &b) { b.bitmaps[0].granularityBits = 8; });
        bent("bitmap too coarse", Malformed, "granularity_bits", [](Builder &b) { b.bitmaps[0].granularityBits = 64; });

        const auto luks = [&bent](const char *name, const char *field, const QByteArray &data) {
            bent(name, Malformed, field, [data](Builder &b) {
                b.encryption = 2;
                b.extensions.push_back({FullDiskEncryption, data});
            });
        };
        luks("LUKS header of another length", "full disk encryption", "short");
        luks("LUKS header far away", "full disk encryption", extra(far, 512));
        luks("LUKS header absurd", "full disk encryption", extra(Builder::Data * 512, ~quint64(0)));
        luks("LUKS header over the L1", "full disk encryption", extra(Builder::ActiveL1 * 512, 512));
    }
    void refuses()
    {
        QFETCH(Bend, bend);
        QFETCH(Break, damage);
        QFETCH(ErrorCode, code);
        QFETCH(QString, field);
        Builder builder = full();
        bend(builder);
        QByteArray image = builder.build();
        damage(image);
        const Result<ImageFacts> facts = read(image);
        QVERIFY(!facts);
        QVERIFY2(facts.error().detail.contains(field), remark(facts.error()));
        QCOMPARE(facts.error().code, code);
    }

    void truncatedAnywhere()
    {
        const QByteArray image = full().build();
        const ImageFacts whole = *read(image);
        for (qsizetype length = 0; length < image.size(); ++length) {
            const Result<ImageFacts> facts = read(image.left(length));
            // The last thing that is looked at is the table of a bitmap.
            const qsizetype needed = Builder::BitmapTable * 512 + 8;
            QCOMPARE(bool(facts), length >= needed);
            if (facts)
                QVERIFY(*facts == whole);
            else
                QCOMPARE(facts.error().code, ErrorCode::Malformed);
        }
    }

    void everyByteFlipped()
    {
        const QByteArray image = full().build();
        for (qsizetype at = 0; at < image.size(); ++at) {
            QByteArray damaged = image;
            damaged[at] = char(~damaged[at]);
            if (const Result<ImageFacts> facts = read(damaged); !facts)
                QVERIFY(!facts.error().detail.isEmpty());
        }
    }

    void aHugeFileCostsNothing()
    {
        Builder builder;
        builder.clusterBits = 21;
        builder.tags = {tag("1", "one")};
        QByteArray image = builder.build();
        put<quint32>(image, 60, 65536); // the rest of the table is a hole
        HugeSource source(image);
        const Result<ImageFacts> facts = readMetadata(source);
        QVERIFY(facts);
        QCOMPARE(facts->tags.size(), size_t(65536));
        QVERIFY(source.largest <= 64 * KiB);
        QVERIFY(source.total <= 4 * MiB);

        put<quint64>(image, 40, quint64(1) << 61); // an L1 table far out in the hole is not read for facts
        HugeSource other(image);
        QVERIFY(readMetadata(other));
        QVERIFY(other.largest <= 64 * KiB);
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

    void sourceErrorsArePassedOn()
    {
        FileSource source(u"/nonexistent/image"_s);
        QCOMPARE(readMetadata(source).error().code, ErrorCode::NotFound);
        QCOMPARE(bytesOnlyIn(source, u"1"_s).error().code, ErrorCode::NotFound);
    }

    void measuresWhatOnlyTheTagHas_data()
    {
        QTest::addColumn<Bend>("bend");
        QTest::addColumn<int>("clusters");
        QTest::newRow("L1, L2 and one of two clusters") << Bend([](Builder &) {}) << 3;
        QTest::newRow("a shared L2 table") << Bend([](Builder &b) { b.refcounts[Builder::TagL2] = 2; }) << 1;
        QTest::newRow("both clusters") << Bend([](Builder &b) { b.refcounts[Builder::Data + 1] = 1; }) << 4;
        QTest::newRow("a zero cluster with and one without a place") << Bend([](Builder &b) {
            b.tagL2 = {b.at(Builder::Data) | 1, 1};
        }) << 3;
        QTest::newRow("an L1 of two clusters") << Bend([](Builder &b) {
            b.tags[0].l1Size = 65;
            b.tagL1.clear();
            b.tagL2.clear(); // its second cluster is where the L2 table was
        }) << 2;
        // 512-byte clusters: 61 bits of offset, one of further sectors.
        QTest::newRow("compressed, two in one cluster") << Bend([](Builder &b) {
            const quint64 flag = quint64(1) << 62;
            b.tagL2 = {flag | b.at(Builder::Data), flag | (b.at(Builder::Data) + 100)};
            b.refcounts[Builder::Data] = 2;
        }) << 3;
        QTest::newRow("compressed, shared with another") << Bend([](Builder &b) {
            const quint64 flag = quint64(1) << 62;
            b.tagL2 = {flag | b.at(Builder::Data), flag | (b.at(Builder::Data) + 100)};
            b.refcounts[Builder::Data] = 3;
        }) << 2;
        QTest::newRow("compressed across two clusters") << Bend([](Builder &b) {
            const quint64 flags = quint64(3) << 61;
            b.tagL2 = {flags | (b.at(Builder::Data) + 300)};
            b.refcounts[Builder::Data + 1] = 1;
        }) << 4;
        for (quint32 order = 1; order <= 6; ++order) {
            QTest::addRow("refcounts of %u bits", 1u << order)
                << Bend([order](Builder &b) { b.refcountOrder = order; }) << 3;
        }
        QTest::newRow("a refcount that only differs in its high bits") << Bend([](Builder &b) {
            b.refcountOrder = 6;
            b.refcounts[Builder::Data] = (quint64(1) << 40) + 1;
        }) << 2;
        QTest::newRow("refcounts of one bit") << Bend([](Builder &b) {
            b.refcountOrder = 0;
            b.tagL2 = {b.at(Builder::Data)};
            b.refcounts[Builder::Data + 1] = 0;
        }) << 3;
        QTest::newRow("version 2") << Bend([](Builder &b) { b.version = 2; }) << 3;
    }
    void measuresWhatOnlyTheTagHas()
    {
        QFETCH(Bend, bend);
        QFETCH(int, clusters);
        Builder builder = measurable();
        bend(builder);
        const Result<Bytes> bytes = measure(builder.build());
        QVERIFY2(bytes, bytes ? "" : remark(bytes.error()));
        QCOMPARE(*bytes, Bytes(clusters) * 512);
    }

    void measuringRefuses_data()
    {
        QTest::addColumn<Bend>("bend");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<QString>("field");
        using enum ErrorCode;
        const auto row = [](const char *name, ErrorCode code, const char *field, const Bend &bend) {
            QTest::newRow(name) << bend << code << QString::fromLatin1(field);
        };
        row("no such tag", NotFound, "", [](Builder &b) { b.tags[0].id = "7"; });
        row("dirty", Unsupported, "dirty", [](Builder &b) { b.incompatible = 1; });
        row("corrupt", Malformed, "corrupt", [](Builder &b) { b.incompatible = 2; });
        row("data file", Unsupported, "data file", [](Builder &b) { b.incompatible = 4; });
        row("extended L2", Unsupported, "extended L2", [](Builder &b) {
            b.incompatible = 16;
            b.clusterBits = 14;
        });
        row("L1 too long", Malformed, "snapshot l1_size", [](Builder &b) { b.tags[0].l1Size = 0xffffffff; });
        row("L1 past the end", Malformed, "snapshot l1_table_offset", [](Builder &b) { b.tags[0].l1Size = 5000; });
        row("L1 not aligned", Malformed, "snapshot l1_table_offset", [](Builder &b) { b.tags[0].l1Offset = 5633; });
        row("L1 recorded as free", Malformed, "snapshot L1 table", [](Builder &b) { b.refcounts[Builder::TagL1] = 0; });
        row("L2 not aligned", Malformed, "snapshot L1 table",
            [](Builder &b) { b.clusterBits = 16, b.tagL1 = {b.at(Builder::TagL2) + 512}; });
        row("L2 past the end", Malformed, "L2 table", [](Builder &b) {
            b.tagL1 = {b.at(100)};
            b.refcounts = std::vector<quint64>(101, 1);
        });
        row("L2 twice", Malformed, "twice", [](Builder &b) { b.tagL1.push_back(b.tagL1[0]); });
        row("data past the end", Malformed, "L2 table", [](Builder &b) { b.tagL2 = {b.at(100)}; });
        row("data far away", Malformed, "L2 table", [](Builder &b) { b.tagL2 = {0x00fffffffffffe00}; });
        row("data not aligned", Malformed, "L2 table", [](Builder &b) {
            b.clusterBits = 16;
            b.tagL1 = {b.at(Builder::TagL2)};
            b.tagL2 = {b.at(Builder::Data) + 512};
        });
        row("data recorded as free", Malformed, "L2 table", [](Builder &b) { b.refcounts[Builder::Data] = 0; });
        row("one cluster referred to again and again", Malformed, "more often",
            [](Builder &b) { b.tagL2 = std::vector<quint64>(64, b.at(Builder::Data)); });
    }
    void measuringRefuses()
    {
        QFETCH(Bend, bend);
        QFETCH(ErrorCode, code);
        QFETCH(QString, field);
        Builder builder = measurable();
        bend(builder);
        const Result<Bytes> bytes = measure(builder.build());
        QVERIFY(!bytes);
        QVERIFY2(bytes.error().detail.contains(field), remark(bytes.error()));
        QCOMPARE(bytes.error().code, code);
    }

    void brokenRefcountTable_data()
    {
        QTest::addColumn<quint64>("entry");
        QTest::newRow("far away") << Q_UINT64_C(0x7ffffffffffffe00);
        QTest::newRow("past the end") << quint64(512 * 1000);
        QTest::newRow("none") << quint64(0);
    }
    void brokenRefcountTable()
    {
        QFETCH(quint64, entry);
        QByteArray image = measurable().build();
        put<quint64>(image, Builder::RefcountTable * 512, entry);
        QCOMPARE(measure(image).error().code, ErrorCode::Malformed);
    }

    void measuringEnds()
    {
        // Every cluster of an endless file is its own L2 table, and every block of refcounts is all ones.
        class Endless : public HugeSource
        {
        public:
            using HugeSource::HugeSource;
            Result<QByteArray> read(Bytes offset, Bytes length) override
            {
                Result<QByteArray> bytes = HugeSource::read(offset, length);
                if (offset == Bytes(Builder::TagL1) << 21) {
                    for (qsizetype i = 0; i < qsizetype(length / 8); ++i)
                        put<quint64>(*bytes, i * 8, quint64(i + 100) << 21);
                } else if (offset == Bytes(Builder::RefcountTable) << 21) {
                    for (qsizetype i = 0; i < qsizetype(length / 8); ++i)
                        put<quint64>(*bytes, i * 8, quint64(Builder::RefcountBlock) << 21);
                } else if (offset == Bytes(Builder::RefcountBlock) << 21) {
                    for (qsizetype i = 0; i < qsizetype(length / 2); ++i)
                        put<quint16>(*bytes, i * 2, 1);
                }
                return bytes;
            }
        };
        Builder builder;
        builder.clusterBits = 21;
        builder.tags = {tag("1", "one")};
        builder.tags[0].l1Size = 4 * 1024 * 1024;
        Endless source(builder.build());
        const Result<Bytes> bytes = bytesOnlyIn(source, u"1"_s);
        QVERIFY(!bytes);
        QCOMPARE(bytes.error().code, ErrorCode::Unsupported);
        QVERIFY(source.total <= 1 * GiB + 1 * MiB);
        QVERIFY(source.largest <= 32 * MiB);
    }
};

QTEST_APPLESS_MAIN(TestQcow2)
#include "tst_qcow2.moc"
