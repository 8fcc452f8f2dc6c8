// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/inventory/inventoryreader.h"
#include "model/plan/plan.h"
#include "tests/walk/figures.h"
#include "tests/walk/machines.h"
#include "tests/walk/truth.h"

#include <functional>

namespace treewarden::test {

// How a plan that was confirmed is run, and undone: the job runner.
struct WalkRunner
{
    // Gives the entry of the journal.
    std::function<Result<QString>(const ConfirmedPlan &)> run;
    std::function<Result<>(const QString &entry)> undo;
};

enum class WalkMode {
    Obey, // what the guard lets pass is run by the runner; where it blocks, another way
    Defy, // the guard is asked, then plain libvirt is called whatever it said; what it damaged is put back, and what is
          // offered instead is run
};

// One random walk. The same seed on the same libvirt gives the same walk.
class Walk
{
public:
    Walk(const WalkHost &host, quint64 seed, WalkMode mode, WalkRunner runner);

    // An error is what kept the walk from going on; what was found until then is in the figures.
    Result<> go(int operations);
    const WalkFigures &figures() const { return m_figures; }

private:
    struct Seen
    {
        std::shared_ptr<const Inventory> inventory;
        Sight sight;
    };
    Result<Seen> look();
    void readImages();
    Result<> write(const QString &machine);
    Result<> attach(const QString &machine);
    Result<> save(const QString &machine);
    Result<> settle(const QString &what, Truth expected);
    int nextPattern();
    Result<> obey(const QString &machine, const Intent &intent);
    Result<> undo();
    Result<> defy(const QString &machine, const Intent &intent);
    Result<> judgeAlone(const QString &machine, const Intent &intent);
    void countBlock(const Proposal &proposal);
    void countCrash(const Proposal &proposal);
    Result<> tryInstead(const QString &machine, const Intent &intent, const QString &way);
    Result<> putBack();
    Result<> writeEverywhere(const QString &machine, const Sight &sight);
    std::optional<Intent> choose(const QString &machine);
    QString chooseSnapshot(const SeenDomain &domain);
    QStringList plainCommands(const QString &machine, const Intent &intent, const Plan &plan) const;
    Proposal ask(const Intent &intent) const;
    void say(const QString &line);
    void report(const QString &what, const QStringList &details);
    void checkSafety(const QString &machine, const Intent &intent, const Sight &after);

    const WalkHost &m_host;
    const quint64 m_seed;
    const WalkMode m_mode;
    WalkRunner m_runner;
    Dice m_dice;
    WalkMachines m_machines;
    Oracle m_oracle;
    InventoryReader m_reader;
    Seen m_seen;
    struct Done
    {
        QString entry;
        Truth before;
        QStringList files; // then
    };
    bool m_isOver = false; // there is no daemon to go on with
    std::optional<Done> m_last; // the job that may be undone
    QStringList m_history; // what was done, for a report
    int m_names = 0;
    int m_writes = 0;
    int m_disks = 0; // attached
    WalkFigures m_figures;
};

} // namespace treewarden::test
