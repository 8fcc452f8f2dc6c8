// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/lanes.h"

#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QTest>

#include <cmath>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

// "child<parent" for each snapshot in libvirt's order, each an hour older than the next.
SnapshotTree tree(const QStringList &lines, const QString &current = {})
{
    std::vector<Snapshot> snapshots;
    for (const QString &line : lines) {
        Snapshot snapshot;
        snapshot.name = line.section(u'<', 0, 0);
        snapshot.parent = line.section(u'<', 1);
        snapshot.created = 3600 * (1 + qint64(snapshots.size()));
        snapshots.push_back(snapshot);
    }
    return SnapshotTree(std::move(snapshots), current);
}

// One line a row: lanes as "|", the mark as "o", "@" (here) or "x" (orphan), then how it meets its neighbours:
// ^ above, v below, / branch from above, \ branch from below, each doubled for a gap; then the name and flags.
QString drawn(const SnapshotTree &t, const std::vector<Orphan> &orphans, const std::vector<LaneRow> &rows)
{
    const auto line = [](LaneLine kind, QChar sign) {
        return kind == LaneLine::None ? QString() : QString(kind == LaneLine::Solid ? 1 : 2, sign);
    };
    QStringList lines;
    for (const LaneRow &row : rows) {
        const LaneDrawing &d = row.drawing;
        QString text = d.separatorAbove ? u"--"_s : QString();
        text += QString(d.lane, u'|');
        text += row.kind == RowKind::Snapshot ? u'o' : row.kind == RowKind::Here ? u'@' : u'x';
        text += line(d.above, u'^') + line(d.below, u'v') + line(d.branchAbove, u'/') + line(d.branchBelow, u'\\');
        if (row.kind == RowKind::Snapshot)
            text += u' ' + t.at(row.node).name;
        if (row.kind == RowKind::Orphan)
            text += u' ' + orphans[size_t(row.node)].name;
        if (d.muted)
            text += u" muted"_s;
        if (d.folded)
            text += u" +"_s + QString::number(d.hidden);
        lines += text;
    }
    return lines.join(u'\n');
}

Orphan orphan(const QString &name, Fact<qint64> created = {})
{
    Orphan result;
    result.name = name;
    result.path = u"/images/"_s + name;
    result.created = created;
    return result;
}

std::vector<Snapshot> numbered(int count, const std::function<int(int)> &parentOf)
{
    std::vector<Snapshot> snapshots(size_t(count), Snapshot{});
    for (int i = 0; i < count; ++i) {
        Snapshot &snapshot = snapshots[size_t(i)];
        snapshot.name = u"s%1"_s.arg(i);
        snapshot.created = 1 + i;
        const int parent = parentOf(i);
        if (parent >= 0)
            snapshot.parent = u"s%1"_s.arg(parent);
    }
    return snapshots;
}

} // namespace

class TestLanes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void drawsTrees_data();
    void drawsTrees();
    void putsOrphansLast();
    void equalAgesKeepLibvirtsOrder();
    void holdsInvariants_data();
    void holdsInvariants();
    void filtersLargeTreesAtOnce_data();
    void filtersLargeTreesAtOnce();
};

void TestLanes::drawsTrees_data()
{
    QTest::addColumn<QStringList>("lines");
    QTest::addColumn<QString>("current");
    QTest::addColumn<LaneOptions>("options");
    QTest::addColumn<QString>("expected");

    const auto options = [](const std::function<void(LaneOptions &)> &change) {
        LaneOptions result;
        change(result);
        return result;
    };
    const auto newest = [](LaneOptions &o) { o.newestFirst = true; };
    const QStringList sketch{u"clean"_s, u"drivers<clean"_s, u"june<clean"_s, u"before<june"_s, u"after<before"_s};
    const QStringList twins{u"root"_s, u"b10<root"_s, u"b9<root"_s, u"long<root"_s, u"longer<long"_s};

    QTest::newRow("empty") << QStringList() << QString() << LaneOptions() << QString();
    QTest::newRow("a chain does not indent")
        << QStringList{u"a"_s, u"b<a"_s, u"c<b"_s} << u"c"_s << LaneOptions() << u"ov a\no^v b\no^v c\n@^"_s;
    QTest::newRow("the path to here is the trunk")
        << sketch << u"june"_s << LaneOptions() << u"ov clean\n|o/ drivers\no^v june\n|ov/ before\n|o^ after\n@^"_s;
    QTest::newRow("newest first is the same turned over")
        << sketch << u"june"_s << options(newest) << u"@v\n|ov after\n|o^\\ before\no^v june\n|o\\ drivers\no^ clean"_s;
    QTest::newRow("no current: here is a root of its own")
        << QStringList{u"a"_s, u"b<a"_s} << QString() << LaneOptions() << u"ov a\no^ b\n@"_s;
    QTest::newRow("several roots") << QStringList{u"a"_s, u"b"_s, u"c<a"_s} << u"a"_s << LaneOptions()
                                   << u"ov a\n|o/ c\n@^\no b"_s;
    QTest::newRow("the largest subtree keeps the lane")
        << twins << QString() << LaneOptions() << u"ov root\n|o/ b10\n|o/ b9\no^v long\no^ longer\n@"_s;
    QTest::newRow("by name, numbers as numbers")
        << twins << QString() << options([](LaneOptions &o) { o.byName = true; })
        << u"ov root\n|o/ b9\n|o/ b10\no^v long\no^ longer\n@"_s;
    QTest::newRow("by name reads downwards in both directions") << twins << QString() << options([](LaneOptions &o) {
        o.byName = true;
        o.newestFirst = true;
    }) << u"@\nov longer\no^v long\n|o\\ b9\n|o\\ b10\no^ root"_s;
    QTest::newRow("a fold") << sketch << u"drivers"_s << options([](LaneOptions &o) { o.folded = {u"june"_s}; })
                            << u"ov clean\n|o/ june +2\no^v drivers\n@^"_s;
    QTest::newRow("a fold never hides where you are")
        << sketch << u"after"_s << options([](LaneOptions &o) { o.folded = {u"clean"_s}; }) << u"ov clean +4\n@^^"_s;
    QTest::newRow("a leaf cannot be folded")
        << sketch << u"june"_s << options([](LaneOptions &o) { o.folded = {u"after"_s}; })
        << u"ov clean\n|o/ drivers\no^v june\n|ov/ before\n|o^ after\n@^"_s;
    QTest::newRow("a filter shows where paths part")
        << sketch << u"june"_s << options([](LaneOptions &o) { o.filter = u"R"_s; })
        << u"ov clean muted\n|o/ drivers\nov^^ before\no^ after"_s.replace(u"ov^^"_s, u"o^^v"_s);
    QTest::newRow("a filter shows here with its snapshot")
        << sketch << u"after"_s << options([](LaneOptions &o) { o.filter = u"after"_s; }) << u"ov after\n@^"_s;
    QTest::newRow("a filter looks into folds") << sketch << u"june"_s << options([](LaneOptions &o) {
        o.filter = u"after"_s;
        o.folded = {u"before"_s};
    }) << u"o after"_s;
    QTest::newRow("nothing matches") << sketch << u"june"_s << options([](LaneOptions &o) { o.filter = u"zzz"_s; })
                                     << QString();
}

void TestLanes::drawsTrees()
{
    QFETCH(QStringList, lines);
    QFETCH(QString, current);
    QFETCH(LaneOptions, options);
    QFETCH(QString, expected);
    const SnapshotTree t = tree(lines, current);
    QCOMPARE(drawn(t, {}, layLanes(t, {}, options)), expected);
}

void TestLanes::putsOrphansLast()
{
    const SnapshotTree t = tree({u"a"_s}, u"a"_s);
    const std::vector<Orphan> orphans{orphan(u"when"_s), orphan(u"late"_s, 20), orphan(u"early"_s, 10)};
    LaneOptions options;
    QCOMPARE(drawn(t, orphans, layLanes(t, orphans, options)), u"ov a\n@^\n--x early\nx late\nx when"_s);
    options.newestFirst = true;
    QCOMPARE(drawn(t, orphans, layLanes(t, orphans, options)), u"@v\no^ a\n--x late\nx early\nx when"_s);
    options.byName = true;
    QCOMPARE(drawn(t, orphans, layLanes(t, orphans, options)), u"@v\no^ a\n--x early\nx late\nx when"_s);
    options.filter = u"images/l"_s;
    QCOMPARE(drawn(t, orphans, layLanes(t, orphans, options)), u"x late"_s);
    options.filter.clear();
    QCOMPARE(drawn(SnapshotTree(), orphans, layLanes(SnapshotTree(), orphans, options)), u"x early\nx late\nx when"_s);
}

void TestLanes::equalAgesKeepLibvirtsOrder()
{
    std::vector<Snapshot> snapshots = numbered(50, [](int i) { return i == 0 ? -1 : 0; });
    for (Snapshot &snapshot : snapshots)
        snapshot.created = 7;
    const SnapshotTree t(std::move(snapshots), u"s0"_s);
    const std::vector<LaneRow> rows = layLanes(t, {}, {});
    for (int row = 0; row < 50; ++row)
        QCOMPARE(rows[size_t(row)].node, row);
}

void TestLanes::holdsInvariants_data()
{
    QTest::addColumn<QString>("shape");
    QTest::addColumn<int>("count");
    for (const char *shape : {"chain", "star", "binary", "random", "caterpillar"})
        QTest::newRow(shape) << QString::fromLatin1(shape) << 10000;
}

void TestLanes::holdsInvariants()
{
    QFETCH(QString, shape);
    QFETCH(int, count);
    QRandomGenerator random(7);
    const SnapshotTree t(numbered(count,
                             [&](int i) -> int {
                                 if (i == 0)
                                     return -1;
                                 if (shape == u"chain")
                                     return i - 1;
                                 if (shape == u"star")
                                     return 0;
                                 if (shape == u"binary")
                                     return (i - 1) / 2;
                                 if (shape == u"caterpillar")
                                     return i % 2 ? std::max(0, i - 2) : i - 1;
                                 return int(random.bounded(i));
                             }),
        u"s%1"_s.arg(count / 2));

    for (const bool newestFirst : {false, true}) {
        for (const bool folded : {false, true}) {
            LaneOptions options;
            options.newestFirst = newestFirst;
            if (folded)
                options.folded = {u"s3"_s, u"s77"_s, u"s500"_s};
            const std::vector<LaneRow> rows = layLanes(t, {}, options);
            int hidden = 0;
            QSet<int> seen;
            int previousLane = 0;
            LaneLine previousBelow = LaneLine::None;
            for (int row = 0; row < int(rows.size()); ++row) {
                const LaneRow &r = rows[size_t(row)];
                hidden += r.drawing.hidden;
                QVERIFY(r.kind == RowKind::Here || !seen.contains(r.node));
                if (r.kind == RowKind::Snapshot)
                    seen.insert(r.node);
                QVERIFY(r.drawing.lane <= std::log2(count) + 1);
                if (r.parentRow >= 0)
                    QVERIFY(newestFirst ? r.parentRow > row : r.parentRow < row);
                // A line that leaves a row must arrive in the next one: in that lane, or passing by it.
                if (previousBelow != LaneLine::None)
                    QVERIFY(r.drawing.lane > previousLane
                        || (r.drawing.lane == previousLane && r.drawing.above != LaneLine::None));
                if (r.drawing.above != LaneLine::None && r.drawing.lane == previousLane)
                    QVERIFY(previousBelow != LaneLine::None);
                previousLane = r.drawing.lane;
                previousBelow = r.drawing.below;
            }
            QCOMPARE(int(seen.size()) + hidden, count);
            if (folded && shape != u"star")
                QVERIFY(hidden > 0);
        }
    }
}

void TestLanes::filtersLargeTreesAtOnce_data()
{
    QTest::addColumn<bool>("chain");
    QTest::newRow("chain") << true;
    QTest::newRow("bushy") << false;
}

void TestLanes::filtersLargeTreesAtOnce()
{
    QFETCH(bool, chain);
    QRandomGenerator random(7);
    const SnapshotTree t(
        numbered(10000, [&](int i) { return i == 0 ? -1
                                         : chain   ? i - 1
                                                   : int(random.bounded(i)); }), u"s9999"_s);
    LaneOptions options;
    options.filter = u"9"_s;
    QElapsedTimer timer;
    timer.start();
    const std::vector<LaneRow> rows = layLanes(t, {}, options);
    qInfo("filtered in %.1f ms", double(timer.nsecsElapsed()) / 1e6);
    int matches = 0;
    for (const LaneRow &row : rows)
        matches += row.kind == RowKind::Snapshot && !row.drawing.muted;
    QCOMPARE(matches, 3439); // of 0..9999, those with a 9
    QVERIFY(int(rows.size()) <= 2 * matches);
}

QTEST_APPLESS_MAIN(TestLanes)
#include "tst_lanes.moc"
