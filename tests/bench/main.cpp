// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/figures.h"
#include "tests/bench/watch.h"

#include <QCommandLineParser>

#include <cstdio>

using namespace Qt::StringLiterals;
using namespace treewarden::bench;

namespace {

struct Group
{
    const char *name;
    void (*measure)(const Setting &, Report &);
};

constexpr Group Groups[] = {
    {"start", measureStart},
    {"click", measureClick},
    {"dialog", measureDialog},
    {"many", measureMany},
    {"stalls", measureStalls},
    {"memory", measureMemory},
    {"refresh", measureRefresh},
    {"judge", measureJudging},
    {"image", measureImage},
};

QString groupNames()
{
    QStringList names;
    for (const Group &group : Groups)
        names.append(QLatin1StringView(group.name));
    return names.join(u", "_s);
}

std::vector<Machine> machines()
{
    std::vector<Machine> all{{Large, LargeSnapshots, Shape::Bushy}, {Small, SmallSnapshots, Shape::Bushy}};
    while (int(all.size()) < MachineCount)
        all.push_back({u"other-%1"_s.arg(all.size()), 0, Shape::Chain});
    return all;
}

} // namespace

int main(int argc, char **argv)
{
    VirtualDisplay display;
    if (!display.start()) {
        std::fprintf(stderr, "treewarden-bench: Xvfb does not start\n");
        return 1;
    }
    Application app(argc, argv);
    QCommandLineParser parser;
    const QCommandLineOption only(
        u"only"_s, u"Measure this group alone: %1. May be repeated."_s.arg(groupNames()), u"NAME"_s);
    const QCommandLineOption quick(u"quick"_s, u"One run of each instead of five."_s);
    parser.setApplicationDescription(
        u"Measures Treewarden, and virt-manager doing the same, on a private libvirt daemon and display."_s);
    parser.addHelpOption();
    parser.addOptions({only, quick});
    parser.process(app);

    const Workplace workplace;
    const Programs programs(workplace, display);
    PrivateHost host(workplace, u"h"_s, machines());
    if (!host.start()) {
        std::fprintf(stderr, "treewarden-bench: the libvirt daemon does not start\n");
        return 1;
    }
    const Setting setting{workplace, programs, host, parser.isSet(quick) ? 1 : 5};
    Report report;
    const QStringList wanted = parser.values(only);
    for (const Group &group : Groups) {
        if (!wanted.isEmpty() && !wanted.contains(QLatin1StringView(group.name)))
            continue;
        std::fprintf(stderr, "%s\n", group.name);
        group.measure(setting, report);
    }
    report.print();
    return report.isComplete() ? 0 : 1;
}
