// SPDX-License-Identifier: GPL-3.0-or-later
// What reading costs, without a window.
#include "tests/bench/figures.h"
#include "tests/bench/watch.h"

#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/backend/localfiles/localfiles.h"
#include "model/inventory/inventoryreader.h"

#include <QDir>
#include <QFile>

#include <functional>

#include <sys/resource.h>

using namespace Qt::StringLiterals;

namespace treewarden::bench {

namespace {

// Whether this process has, or had and reaped, children between two calls: one that lived had page faults.
struct Children
{
    long faults = 0;
    QByteArray alive;

    static Children now()
    {
        Children children;
        rusage usage{};
        getrusage(RUSAGE_CHILDREN, &usage);
        children.faults = usage.ru_minflt;
        const QDir threads(u"/proc/self/task"_s);
        for (const QString &thread : threads.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
            QFile file(threads.filePath(thread) + u"/children"_s);
            if (file.open(QIODevice::ReadOnly))
                children.alive += file.readAll();
        }
        return children;
    }
    bool operator==(const Children &) const = default;
};

double processTime()
{
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) * 1e3 + double(time.tv_nsec) / 1e6;
}

} // namespace

void measureRefresh(const Setting &setting, Report &report)
{
    constexpr int Polls = 20;
    const QString name = u"refresh without a change, processor time per machine"_s;
    const auto hypervisor = libvirt::openHypervisor(setting.host.uri());
    if (!hypervisor) {
        report.fail(name, hypervisor.error().detail);
        return;
    }
    InventoryReader reader(*hypervisor, {std::make_shared<LocalFiles>()});
    auto first = reader.readAll();
    if (!first || int((*first)->domains.size()) != MachineCount) {
        report.fail(name, u"the host was not read"_s);
        return;
    }
    bool startedNone = true;
    const auto measure = [&](const QString &of, int machines, const std::function<bool()> &refresh) {
        std::vector<double> times;
        bool changed = false;
        const Children before = Children::now();
        for (int poll = 0; poll < Polls; ++poll) {
            const double start = processTime(); // of all threads: libvirt's client has one of its own
            changed = refresh() || changed;
            times.push_back((processTime() - start) / machines);
        }
        startedNone = startedNone && before == Children::now();
        if (changed)
            report.fail(of, u"a poll found a change"_s);
        report.add({of, u"ms"_s, median(times), {}, 5, {}, {}});
    };
    const auto differs = [&](const DomainId &only) {
        const auto again = reader.poll(only);
        return !again || *again != *first;
    };
    const auto idOf = [&](const QString &machine) {
        for (const auto &domain : (*first)->domains) {
            if (domain->name == machine)
                return domain->uuid;
        }
        return DomainId();
    };
    measure(name, MachineCount, [&] { return differs({}); });
    const DomainId large = idOf(Large);
    measure(u"the same, of one with %1 snapshots"_s.arg(LargeSnapshots), 1, [&] { return differs(large); });
    // Between two refreshes, while the machine is in view.
    measure(u"comparing a share of its snapshots"_s, 1,
        [&] { return reader.compareSnapshots(InventoryReader::Watched::InView, large); });
    const QString ofRunning = u"the same, of one that runs"_s;
    const DomainId runs = idOf(u"other-2"_s);
    if (const auto started = (*hypervisor)->start(runs); !started) {
        report.fail(ofRunning, started.error().detail);
        return;
    }
    // Until it has settled.
    for (int look = 0; look < 100; ++look) {
        const auto again = reader.poll(runs);
        if (again && first && *again == *first && look > 3)
            break;
        if (again)
            first = again;
    }
    measure(ofRunning, 1, [&] { return differs(runs); });
    measure(u"refresh of all, one of which runs"_s, MachineCount, [&] { return differs({}); });
    report.add({u"refresh without a change, processes started"_s, u""_s, startedNone ? 0.0 : 1.0, {}, 1, {},
        u"in all of these refreshes, with a running machine and without"_s});
    if (const auto stopped = (*hypervisor)->stop(runs, Hypervisor::StopKind::ForceOff); !stopped)
        report.fail(ofRunning, stopped.error().detail);
}

void measureImage(const Setting &setting, Report &report)
{
    constexpr int Reads = 200;
    for (const QString &machine : {u"other-2"_s, Large}) {
        const ImageRequest request{{SourceKind::File, setting.host.image(machine)}, u"qcow2"_s, {}};
        std::vector<double> times;
        for (int read = 0; read < Reads; ++read) {
            ImageReader reader({std::make_shared<LocalFiles>()}); // knows nothing yet
            const auto start = Clock::now();
            const std::vector<Image> images = reader.read({request}, {});
            times.push_back(millisecondsBetween(start, Clock::now()));
            if (images.empty() || !images.front().facts.isKnown()) {
                report.fail(u"facts of one image"_s, request.location.name);
                return;
            }
        }
        const int tags = machine == Large ? LargeSnapshots : 0;
        report.add({u"facts of one local image with %1 tags"_s.arg(tags), u"ms"_s, median(times), {}, 1, {}, {}});
    }
}

} // namespace treewarden::bench
