// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/bench/peer.h"
#include "tests/bench/privatehost.h"
#include "tests/bench/report.h"

namespace treewarden::bench {

// What every measurement may use.
struct Setting
{
    const Workplace &workplace;
    const Programs &programs;
    PrivateHost &host; // with MachineCount machines: Large, Small, and others that have no snapshots
    int runs;
};

inline const QString Large = QStringLiteral("large");
inline const QString Small = QStringLiteral("small");
inline constexpr int LargeSnapshots = 500;
inline constexpr int SmallSnapshots = 5;
inline constexpr int MachineCount = 20;

// From the click on virt-manager's snapshot button: its first change, and its last, in milliseconds.
std::optional<std::pair<double, double>> virtManagerClick(const Setting &setting);

// Each measures one group of the table.
void measureStart(const Setting &setting, Report &report);
void measureClick(const Setting &setting, Report &report);
void measureDialog(const Setting &setting, Report &report);
void measureMany(const Setting &setting, Report &report);
void measureStalls(const Setting &setting, Report &report);
void measureMemory(const Setting &setting, Report &report);
void measureRefresh(const Setting &setting, Report &report);
void measureJudging(const Setting &setting, Report &report);
void measureImage(const Setting &setting, Report &report);

} // namespace treewarden::bench
