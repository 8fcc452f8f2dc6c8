// SPDX-License-Identifier: GPL-3.0-or-later
// What is measured from outside, the same way for both programs.
#include "tests/bench/figures.h"

#include <QThread>

#include <functional>

using namespace Qt::StringLiterals;

namespace treewarden::bench {

namespace {

constexpr int Patience = 60'000;

using Launch = std::function<std::unique_ptr<QProcess>()>;

// Until an ended program has left the display.
void untilGone(const QImage &empty)
{
    for (int tries = 0; tries < 200 && grab() != empty; ++tries)
        QThread::msleep(20);
}

std::optional<double> startTime(const Launch &launch, int runs)
{
    std::vector<double> times;
    for (int run = 0; run <= runs; ++run) { // the first fills the caches
        const QImage empty = grab();
        std::unique_ptr<QProcess> process;
        const auto time = untilPainted(
            empty, [&] { process = launch(); }, Patience);
        if (!time) {
            end(*process);
            return std::nullopt;
        }
        untilQuiet(1000, Patience);
        end(*process);
        untilGone(empty);
        if (run > 0)
            times.push_back(*time);
    }
    return median(times);
}

struct Page
{
    double first;
    double last;
    double memory;
};

std::optional<Page> virtManagerPage(const Setting &setting, int runs)
{
    std::vector<double> first;
    std::vector<double> last;
    std::vector<double> memory;
    for (int run = 0; run < runs; ++run) {
        const QImage empty = grab();
        std::unique_ptr<QProcess> process;
        const bool painted = untilPainted(
            empty, [&] { process = setting.programs.startVirtManager(setting.host.uri(), Large); }, Patience)
                                 .has_value();
        untilQuiet(2000, Patience);
        if (painted) {
            if (const auto change = Programs::openSnapshotPage()) {
                first.push_back(change->first);
                last.push_back(change->last);
            }
        }
        memory.push_back(residentMemory(*process));
        end(*process);
        untilGone(empty);
        if (int(first.size()) <= run)
            return std::nullopt;
    }
    return Page{median(first), median(last), median(memory)};
}

} // namespace

void measureStart(const Setting &setting, Report &report)
{
    const QString name = u"start to first painted window"_s;
    const auto own = startTime([&] { return setting.programs.startTreewarden(setting.host.uri()); }, setting.runs);
    const auto peer = startTime([&] { return setting.programs.startVirtManager(setting.host.uri()); }, setting.runs);
    if (!own || !peer)
        report.fail(name, own ? u"no window of virt-manager"_s : u"no window of treewarden"_s);
    else
        report.add({name, u"ms"_s, *own, peer, {}, 1.0 / 3, {}});
}

void measureMemory(const Setting &setting, Report &report)
{
    const QString name = u"resident memory, 500 snapshots in view"_s;
    const QImage empty = grab();
    std::vector<double> own;
    for (int run = 0; run < setting.runs; ++run) {
        std::unique_ptr<QProcess> process;
        untilPainted(
            empty, [&] { process = setting.programs.startTreewarden(setting.host.uri(), Large); }, Patience);
        untilQuiet(2000, Patience);
        own.push_back(residentMemory(*process));
        end(*process);
        untilGone(empty);
    }
    const auto page = virtManagerPage(setting, 1);
    if (!page)
        report.fail(name, u"virt-manager does not show its snapshot page"_s);
    report.add({name, u"MB"_s, median(own), page ? std::optional(page->memory) : std::nullopt, {}, 0.5, {}});
}

std::optional<std::pair<double, double>> virtManagerClick(const Setting &setting)
{
    const auto page = virtManagerPage(setting, std::max(1, setting.runs / 2));
    return page ? std::optional(std::pair(page->first, page->last)) : std::nullopt;
}

} // namespace treewarden::bench
