// SPDX-License-Identifier: GPL-3.0-or-later
// What it costs to plan an operation and to judge it.
#include "tests/bench/figures.h"
#include "tests/bench/watch.h"

#include "model/plan/plan.h"
#include "tests/support/inventorybuilder.h"

using namespace Qt::StringLiterals;

namespace treewarden::bench {

namespace {

constexpr int Snapshots = 1000;
constexpr int Images = 50;

// Internal snapshots in the lowest image, then an external one for each overlay.
std::shared_ptr<const Inventory> largeMachine()
{
    const int externals = Images - 1;
    const int internals = Snapshots - externals;
    QStringList tags;
    for (int i = 0; i < internals; ++i)
        tags += u"I%1"_s.arg(i);
    QString host = u"libvirt 12.8.0\nimage d0 tags=%1 allocated=1000\n"_s.arg(tags.join(u','));
    for (int i = 1; i < Images; ++i)
        host += u"image d%1 on=d%2 allocated=100\n"_s.arg(i).arg(i - 1);
    host += u"machine m\ndisk vda d%1\n"_s.arg(Images - 1);
    for (int i = 0; i < internals; ++i)
        host += u"internal I%1 %2 vda=d0\n"_s.arg(i).arg(i ? u"parent=I%1"_s.arg(i - 1) : QString());
    for (int i = 1; i <= externals; ++i)
        host += u"external E%1 parent=%2 vda=d%3>d%1\n"_s.arg(i)
                    .arg(i == 1 ? u"I%1"_s.arg(internals - 1) : u"E%1"_s.arg(i - 1))
                    .arg(i - 1);
    host += u"current E%1\n"_s.arg(externals);
    return std::make_shared<Inventory>(test::inventoryOf(host));
}

} // namespace

void measureJudging(const Setting &setting, Report &report)
{
    const auto inventory = largeMachine();
    const DomainId machine(u"m"_s);
    const std::pair<QString, Intent::What> intents[] = {
        {u"take a snapshot"_s, CreateIntent{u"new"_s}},
        {u"delete the current one"_s, DeleteIntent{u"E%1"_s.arg(Images - 1)}},
        {u"delete an inner one"_s, DeleteIntent{u"E25"_s}},
        {u"delete a tag below"_s, DeleteIntent{u"I500"_s}},
        {u"delete one with all after it"_s, DeleteIntent{u"E25"_s, DeleteIntent::Scope::WithChildren}},
        {u"delete nearly all"_s, DeleteIntent{u"I1"_s, DeleteIntent::Scope::WithChildren}},
        {u"go back to a frozen file"_s, RevertIntent{u"E25"_s}},
        {u"go back to a tag below"_s, RevertIntent{u"I500"_s}},
        {u"make all external"_s, UniformIntent{SnapshotKind::External}},
        {u"make all internal"_s, UniformIntent{SnapshotKind::Internal}},
    };
    const auto timed = [&](const auto &work) {
        std::vector<double> times;
        // What takes long is not asked often.
        const auto patience = Clock::now() + std::chrono::seconds(2);
        for (int run = 0; run < setting.runs * 20 && Clock::now() < patience; ++run) {
            const auto start = Clock::now();
            work();
            times.push_back(millisecondsBetween(start, Clock::now()));
        }
        return median(times);
    };
    const Draft base(inventory);
    report.add({u"1,000 snapshots, 50 images: what there is, once"_s, u"ms"_s, timed([&] { Draft anew(inventory); }),
        {}, {}, {}, {}});
    for (const auto &[name, what] : intents) {
        const Intent intent{machine, what};
        report.add({u"1,000 snapshots, 50 images: judge a plan: %1"_s.arg(name), u"ms"_s,
            timed([&] { verdictOf(intent, base, {}); }), {}, 5, {}, {}});
        report.add({u"1,000 snapshots, 50 images: with other ways: %1"_s.arg(name), u"ms"_s,
            timed([&] { propose(intent, base, {}); }), {}, {}, {}, {}});
    }
}

} // namespace treewarden::bench
