// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/domain/snapshottree.h"

#include <QTest>

using namespace treewarden;

namespace {

// "child<parent" for each snapshot; a root has no parent.
SnapshotTree tree(const QStringList &lines, const QString &current = {})
{
    std::vector<Snapshot> snapshots;
    for (const QString &line : lines) {
        Snapshot snapshot;
        snapshot.name = line.section(u'<', 0, 0);
        snapshot.parent = line.section(u'<', 1);
        snapshots.push_back(snapshot);
    }
    return SnapshotTree(std::move(snapshots), current);
}

} // namespace

class TestSnapshotTree : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parentsMayComeAfterTheirChildren()
    {
        const SnapshotTree t
            = tree({QStringLiteral("b<a"), QStringLiteral("a"), QStringLiteral("c<a")}, QStringLiteral("c"));
        QCOMPARE(t.roots(), std::vector<int>{1});
        QCOMPARE(t.children(1), (std::vector<int>{0, 2}));
        QCOMPARE(t.current(), 2);
        QVERIFY(t.brokenParents().empty());
    }
    void aMissingParentMakesARoot()
    {
        const SnapshotTree t = tree({QStringLiteral("a<gone"), QStringLiteral("b<a")});
        QCOMPARE(t.roots(), std::vector<int>{0});
        QCOMPARE(t.brokenParents(), std::vector<int>{0});
    }
    void aLoopIsCut()
    {
        const SnapshotTree t
            = tree({QStringLiteral("a<c"), QStringLiteral("b<a"), QStringLiteral("c<b"), QStringLiteral("d<d")});
        QCOMPARE(t.roots().size(), size_t(2));
        QCOMPARE(t.brokenParents().size(), size_t(2));
        int reached = 0;
        std::vector<int> open = t.roots();
        while (!open.empty()) {
            const int node = open.back();
            open.pop_back();
            ++reached;
            open.insert(open.end(), t.children(node).begin(), t.children(node).end());
        }
        QCOMPARE(reached, t.size());
    }
    void anUnknownCurrentIsNone() { QCOMPARE(tree({QStringLiteral("a")}, QStringLiteral("zz")).current(), -1); }
};

QTEST_APPLESS_MAIN(TestSnapshotTree)
#include "tst_snapshottree.moc"
