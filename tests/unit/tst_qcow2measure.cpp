// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/measure.h"
#include "tests/support/qcow2images.h"

#include <QTest>

using namespace treewarden;
using namespace Qt::StringLiterals;

using Builder = Qcow2Builder;

namespace {

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

Result<Bytes> measure(const QByteArray &image)
{
    BufferSource source(image);
    return bytesOnlyIn(source, u"1"_s);
}

} // namespace

class TestQcow2Measure : public QObject
{
    Q_OBJECT

private Q_SLOTS:
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

QTEST_APPLESS_MAIN(TestQcow2Measure)
#include "tst_qcow2measure.moc"
