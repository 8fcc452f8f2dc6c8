// SPDX-License-Identifier: GPL-3.0-or-later
// Maps and lists whose copies share: each goes its own way, and says where it is not as another.
#include "model/base/namedlist.h"
#include "model/base/sharedlog.h"

#include <QRandomGenerator>
#include <QTest>

#include <map>

using namespace treewarden;
using namespace Qt::StringLiterals;

namespace {

using Map = SharedMap<int, int>;

std::map<int, int> plain(const Map &map)
{
    std::map<int, int> found;
    int last = -1;
    for (const auto &[key, value] : map) {
        if (key <= last)
            return {{-1, -1}}; // no order
        last = key;
        found.emplace(key, value);
    }
    return found;
}

struct Counted
{
    int value = 0;

    bool operator<(const Counted &other) const
    {
        ++comparisons;
        return value < other.value;
    }
    static inline int comparisons = 0;
};

struct Thing
{
    QString name;
    int number = 0;
};
const QString &nameOf(const Thing &thing)
{
    return thing.name;
}

QString textOf(const NamedList<Thing> &list)
{
    QString text;
    for (const Thing &thing : list)
        text += thing.name + QString::number(thing.number) + u' ';
    return text.trimmed();
}

} // namespace

class TestSharedMap : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void asAPlainMap()
    {
        QRandomGenerator random(1);
        for (int run = 0; run < 50; ++run) {
            std::map<int, int> wanted;
            std::vector<Map::Entry> first;
            for (int i = random.bounded(60); i > 0; --i) {
                first.emplace_back(random.bounded(200), i);
                wanted.insert(first.back()); // the first of a key counts
            }
            Map map(first);
            QCOMPARE(plain(map), wanted);
            for (int step = 0; step < 200; ++step) {
                const int key = random.bounded(200);
                if (random.bounded(2)) {
                    map.insert(key, step);
                    wanted[key] = step;
                } else {
                    map.remove(key);
                    wanted.erase(key);
                }
                QCOMPARE(map.size(), qsizetype(wanted.size()));
                const int asked = random.bounded(200);
                const auto there = wanted.find(asked);
                QCOMPARE(map.contains(asked), there != wanted.end());
                QCOMPARE(map.value(asked), there == wanted.end() ? 0 : there->second);
                const auto next = wanted.lower_bound(asked);
                const auto found = map.lowerBound(asked);
                QCOMPARE(found == map.end(), next == wanted.end());
                if (next != wanted.end())
                    QCOMPARE(found->first, next->first);
            }
            QCOMPARE(plain(map), wanted);
        }
    }

    void copiesSayWhereTheyDiffer()
    {
        QRandomGenerator random(2);
        for (int run = 0; run < 200; ++run) {
            Map then;
            for (int i = random.bounded(200); i > 0; --i)
                then.insert(random.bounded(300), random.bounded(3));
            const std::map<int, int> before = plain(then);
            Map now = random.bounded(10) ? then : Map(std::vector<Map::Entry>(then.begin(), then.end()));
            for (int i = random.bounded(30); i > 0; --i) {
                const int key = random.bounded(300);
                random.bounded(2) ? now.insert(key, random.bounded(3)) : now.remove(key);
            }
            QCOMPARE(plain(then), before);
            const std::map<int, int> after = plain(now);
            std::map<int, std::pair<int, int>> found;
            Map::visitDifferences(then, now, [&](int key, const int *was, const int *is) {
                found.insert({key, {was ? *was : -1, is ? *is : -1}});
            });
            std::map<int, std::pair<int, int>> wanted;
            for (int key = 0; key < 300; ++key) {
                const std::pair<int, int> values{
                    before.contains(key) ? before.at(key) : -1, after.contains(key) ? after.at(key) : -1};
                if (values.first != values.second)
                    wanted.insert({key, values});
            }
            QCOMPARE(found, wanted);
        }
    }

    // A change and what it made different are found without looking at the rest.
    void staysBalancedAndShared()
    {
        constexpr int Many = 20000;
        SharedMap<Counted, int> map;
        int differences = 0;
        Counted::comparisons = 0;
        for (int i = 0; i < Many; ++i) {
            const SharedMap<Counted, int> before = map;
            map.insert({i}, i);
            SharedMap<Counted, int>::visitDifferences(
                before, map, [&](const Counted &, const int *, const int *) { ++differences; });
        }
        for (int i = 0; i < Many - 10; ++i)
            map.remove({i});
        QCOMPARE(map.size(), 10);
        QCOMPARE(differences, Many);
        QVERIFY2(Counted::comparisons < Many * 300, qPrintable(QString::number(Counted::comparisons)));
    }

    void thingsWithNames()
    {
        NamedList<Thing> list({{u"a"_s, 1}, {u"b"_s, 2}, {u"a"_s, 3}});
        QCOMPARE(textOf(list), u"a1 b2 a3"_s);
        QCOMPARE(list.find(u"a")->number, 1);
        QCOMPARE(list.find(u"c"), nullptr);
        const NamedList<Thing> before = list;
        list.remove(list.placeOf(u"a"));
        QCOMPARE(list.find(u"a")->number, 3);
        list.replace(list.placeOf(u"b"), {u"c"_s, 4});
        QCOMPARE(list.find(u"b"), nullptr);
        QCOMPARE(list.append({u"b"_s, 5}), 3);
        QCOMPARE(textOf(list), u"c4 a3 b5"_s);
        QCOMPARE(list.size(), 3);
        QCOMPARE(textOf(before), u"a1 b2 a3"_s);
        QCOMPARE(before.find(u"b")->number, 2);
    }

    void logsGoTheirOwnWays()
    {
        SharedLog<int> one;
        QCOMPARE(one.size(), 0);
        QCOMPARE(one.entries(), std::vector<int>());
        one.append(1);
        one.append(2);
        SharedLog<int> other = one;
        one.append(3);
        other.append(4);
        other.append(5);
        QCOMPARE(one.entries(), (std::vector<int>{1, 2, 3}));
        QCOMPARE(other.entries(), (std::vector<int>{1, 2, 4, 5}));
        QCOMPARE(other.entries(2), (std::vector<int>{4, 5}));
        QCOMPARE(other.entries(9), std::vector<int>());
        one = {};
        QCOMPARE(other.entries(1), (std::vector<int>{2, 4, 5}));
    }

    // No stack is deep enough to end them one in the other.
    void longLogsEnd()
    {
        SharedLog<int> log;
        for (int i = 0; i < 1000000; ++i)
            log.append(i);
        SharedLog<int> copy = log;
        log = {};
        QCOMPARE(copy.size(), 1000000);
        copy = {};
        QCOMPARE(copy.size(), 0);
    }
};

QTEST_APPLESS_MAIN(TestSharedMap)
#include "tst_sharedmap.moc"
