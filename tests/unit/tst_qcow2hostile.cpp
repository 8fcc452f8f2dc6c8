// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/measure.h"
#include "tests/support/qcow2images.h"

#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

using Builder = Qcow2Builder;
using Break = std::function<void(QByteArray &)>; // of the image's bytes

Q_DECLARE_METATYPE(Break)

class TestQcow2Hostile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
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

    void sourceErrorsArePassedOn()
    {
        FileSource source(u"/nonexistent/image"_s);
        QCOMPARE(readMetadata(source).error().code, ErrorCode::NotFound);
        QCOMPARE(bytesOnlyIn(source, u"1"_s).error().code, ErrorCode::NotFound);
    }
};

QTEST_APPLESS_MAIN(TestQcow2Hostile)
#include "tst_qcow2hostile.moc"
