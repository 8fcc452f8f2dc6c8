// SPDX-License-Identifier: GPL-3.0-or-later
// What is measured in the program's own window, inside this process.
#include "tests/bench/figures.h"
#include "tests/bench/testwindow.h"

#include "model/backend/libvirt/libvirthypervisor.h"
#include "views/snapshotview.h"

#include <QAction>
#include <QTest>

using namespace Qt::StringLiterals;

namespace treewarden::bench {

namespace {

constexpr int ManySnapshots = 10'000;
constexpr double StallWithLarge = 16;
constexpr double StallWithMany = 50;

int rowsOf(int snapshots)
{
    return snapshots + 1; // "You are here"
}

double sinceLastPaint(Clock::time_point from)
{
    return millisecondsBetween(from, Application::instance()->lastPaint());
}

PrivateHost manyHost(const Setting &setting, Shape shape)
{
    return {setting.workplace, shape == Shape::Chain ? u"c"_s : u"b"_s,
        {{Large, ManySnapshots, shape}, {Small, SmallSnapshots, Shape::Bushy}}};
}

QString shapeName(Shape shape)
{
    return shape == Shape::Chain ? u"10,000 in a chain"_s : u"10,000 in a bushy tree"_s;
}

// One way of using the window, and the longest stall during it.
class Stalls
{
public:
    Stalls(QString subject, double bound, Report &report)
        : m_subject(std::move(subject))
        , m_bound(bound)
        , m_report(report)
    {
    }

    void during(const QString &what, const std::function<void()> &act)
    {
        m_heartbeat.restart();
        act();
        Seen &seen = m_seen[what];
        seen.wall.push_back(m_heartbeat.longest().wall);
        seen.own.push_back(m_heartbeat.longestOwn().own());
        seen.processor.push_back(m_heartbeat.longestOwn().processor);
        if (!m_order.contains(what))
            m_order.append(what);
    }
    void report()
    {
        for (const QString &what : std::as_const(m_order)) {
            const Seen &seen = m_seen[what];
            const double own = median(seen.own);
            const QString note
                = u"would be %1 ms without other programs on the processor, of which this one ran %2 ms"_s
                      .arg(own, 0, 'f', 1)
                      .arg(median(seen.processor), 0, 'f', 1);
            m_report.add(
                {u"longest stall, %1: %2"_s.arg(m_subject, what), u"ms"_s, median(seen.wall), {}, m_bound, {}, note});
        }
    }

private:
    struct Seen
    {
        std::vector<double> wall;
        std::vector<double> own;
        std::vector<double> processor;
    };
    QString m_subject;
    double m_bound;
    Report &m_report;
    Heartbeat m_heartbeat;
    QHash<QString, Seen> m_seen;
    QStringList m_order;
};

void typeFilter(TestWindow &test)
{
    const QString text = snapshotName(42);
    for (qsizetype length = text.size() - 4; length <= text.size(); ++length) {
        test.type(text.left(length));
        spin(60);
    }
    test.type({});
    spin(200);
}

void sortAll(TestWindow &test)
{
    for (QAction *action : test.window().snapshots()->arrangeActions()) {
        if (!action->isSeparator())
            action->trigger();
        spin(200);
    }
}

void selectAbout(TestWindow &test, int snapshots)
{
    SnapshotView *view = test.window().snapshots();
    for (const int number : {1, snapshots / 3, snapshots / 2, snapshots - 1}) {
        test.window().selectSnapshot(snapshotName(number));
        spin(100);
    }
    for (const Qt::Key key : {Qt::Key_Home, Qt::Key_Down, Qt::Key_PageDown, Qt::Key_End, Qt::Key_Up, Qt::Key_PageUp}) {
        QTest::keyClick(view, key);
        spin(100);
    }
}

// As virsh would: the machine's current snapshot is another one, and with it where "You are here" stands.
bool changeElsewhere(const QString &uri, int snapshots)
{
    const auto host = libvirt::openHypervisor(uri);
    const auto machines = host ? (*host)->domains() : Result<std::vector<DomainSummary>>(failure(host.error()));
    for (const DomainSummary &machine : machines.value_or(std::vector<DomainSummary>())) {
        if (machine.name != Large)
            continue;
        const auto names = (*host)->snapshotNames(machine.uuid);
        const QString half = snapshotName(snapshots / 2);
        const bool isThere = names && names->current == half; // by an earlier run
        const auto xml = (*host)->snapshotXml(machine.uuid, isThere ? snapshotName(snapshots / 3) : half);
        return xml && (*host)->redefineSnapshot(machine.uuid, *xml, true);
    }
    return false;
}

bool untilRead(TestWindow &test, quint64 after)
{
    const bool read = spinUntil([&] { return test.connection()->inventory()->generation > after; }, 30'000);
    spin(400);
    return read;
}

void useWindow(Stalls &stalls, const QString &uri, int snapshots, Report &report)
{
    TestWindow test(uri);
    bool drawn = false;
    stalls.during(u"loading"_s, [&] { drawn = test.open(Large, rowsOf(snapshots)); });
    if (!drawn) {
        report.fail(u"stalls"_s, u"the tree was not drawn"_s);
        return;
    }
    stalls.during(u"choosing another machine and back"_s, [&] {
        for (const QString &machine : {Small, Large}) {
            test.click(machine);
            spin(400);
        }
    });
    stalls.during(u"filtering"_s, [&] { typeFilter(test); });
    stalls.during(u"sorting"_s, [&] { sortAll(test); });
    stalls.during(u"selecting"_s, [&] { selectAbout(test, snapshots); });
    const auto before = test.connection()->inventory()->generation;
    const bool changed = changeElsewhere(uri, snapshots);
    stalls.during(u"a change by another program"_s, [&] { drawn = changed && untilRead(test, before); });
    const auto now = test.connection()->inventory()->generation;
    stalls.during(u"reading all anew"_s, [&] {
        test.connection()->refresh();
        drawn = drawn && untilRead(test, now);
    });
    if (!drawn)
        report.fail(u"stalls"_s, u"a change by another program was not seen"_s);
}

void hang(const Setting &setting, Stalls &stalls, Report &report)
{
    TestWindow test(setting.host.uri());
    if (!test.open(Large, rowsOf(LargeSnapshots))) {
        report.fail(u"hanging call"_s, u"the tree was not drawn"_s);
        return;
    }
    setting.host.suspend();
    stalls.during(u"a libvirt call hangs"_s, [&] {
        spin(3000); // until the window says what it waits for
        for (const QString &machine : {Small, Large}) {
            test.click(machine);
            spin(300);
        }
        test.connection()->refresh();
        spin(500);
    });
    setting.host.resume();
    spin(500);
}

} // namespace

void measureClick(const Setting &setting, Report &report)
{
    std::vector<double> warm;
    std::vector<double> cold;
    for (int run = 0; run < setting.runs; ++run) {
        TestWindow test(setting.host.uri());
        const auto opened = Clock::now();
        if (!test.open(Large, rowsOf(LargeSnapshots))) {
            report.fail(u"500 snapshots"_s, u"the tree was not drawn"_s);
            return;
        }
        cold.push_back(sinceLastPaint(opened));
        const auto away = Clock::now();
        test.click(Small);
        test.untilDrawn(rowsOf(SmallSnapshots), away);
        const auto clicked = Clock::now();
        test.click(Large);
        if (!test.untilDrawn(rowsOf(LargeSnapshots), clicked)) {
            report.fail(u"500 snapshots"_s, u"the tree was not drawn after a click"_s);
            return;
        }
        warm.push_back(sinceLastPaint(clicked));
    }
    const auto peer = virtManagerClick(setting);
    if (!peer)
        report.fail(u"500 snapshots"_s, u"virt-manager does not show its snapshot page"_s);
    const auto last = peer ? std::optional(peer->second) : std::nullopt;
    const QString note
        = peer ? u"virt-manager's first change came after %1 ms"_s.arg(peer->first, 0, 'f', 0) : QString();
    report.add({u"500 snapshots, from click to drawn tree"_s, u"ms"_s, median(warm), last, {}, 0.25, note});
    report.add({u"500 snapshots, from connecting to drawn tree"_s, u"ms"_s, median(cold), {}, {}, {},
        u"reads all %1 machines of the host"_s.arg(MachineCount)});
}

void measureMany(const Setting &setting, Report &report)
{
    for (const Shape shape : {Shape::Chain, Shape::Bushy}) {
        PrivateHost host = manyHost(setting, shape);
        const QString name = u"%1, from libvirt's last answer to drawn"_s.arg(shapeName(shape));
        if (!host.start()) {
            report.fail(name, u"the daemon does not start"_s);
            continue;
        }
        std::vector<double> times;
        std::vector<double> reading;
        for (int run = 0; run < setting.runs; ++run) {
            TestWindow test(host.uri());
            const auto opened = Clock::now();
            if (!test.open(Large, rowsOf(ManySnapshots))) {
                report.fail(name, u"the tree was not drawn"_s);
                return;
            }
            times.push_back(sinceLastPaint(test.firstAnswered()));
            reading.push_back(millisecondsBetween(opened, test.firstAnswered()));
        }
        report.add({name, u"ms"_s, median(times), {}, 1000, {},
            u"connecting and reading before that: %1 ms"_s.arg(median(reading), 0, 'f', 0)});
    }
}

void measureStalls(const Setting &setting, Report &report)
{
    {
        Stalls stalls(u"500"_s, StallWithLarge, report);
        for (int run = 0; run < setting.runs; ++run) {
            hang(setting, stalls, report);
            useWindow(stalls, setting.host.uri(), LargeSnapshots, report);
        }
        stalls.report();
    }
    for (const Shape shape : {Shape::Chain, Shape::Bushy}) {
        PrivateHost host = manyHost(setting, shape);
        if (!host.start()) {
            report.fail(shapeName(shape), u"the daemon does not start"_s);
            continue;
        }
        Stalls stalls(shapeName(shape), StallWithMany, report);
        for (int run = 0; run < setting.runs; ++run)
            useWindow(stalls, host.uri(), ManySnapshots, report);
        stalls.report();
    }
}

} // namespace treewarden::bench
