// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/inventory/inventoryreader.h"
#include "model/plan/plan.h"
#include "tests/walk/machines.h"
#include "tests/walk/truth.h"

#include <QJsonObject>

#include <functional>

namespace treewarden::test {

// What came of walks; to be added up.
struct WalkFigures
{
    int walks = 0;
    int stopped = 0; // of those, which could not go on
    int operations = 0;
    int refused = 0; // by the guard, with no other way
    // Obeying the guard.
    int ran = 0;
    int alternatives = 0; // of those
    int undone = 0;
    int losses = 0; // that were not declared
    int failures = 0; // jobs that did not reach their end
    // Where what was seen is not what was predicted. Defying it, too: then it is the guard's picture of libvirt.
    int surprises = 0;
    // Defying it.
    int lostByLibvirt = 0; // operations by which plain libvirt lost something that the intent is not about
    int missed = 0; // of those, what the guard had neither blocked nor named
    int blocks = 0;
    int harmless = 0; // of those, after which nothing was lost and libvirt had not refused
    int withAlternative = 0; // of the blocks
    int triedInstead = 0; // of those, where one of the alternatives was run on the machines as they had been
    int reachedInstead = 0; // of those, which came to the intent's end, and lost nothing that it did not name
    // A line each, ready to be read.
    QStringList reports;

    void add(const WalkFigures &other);
    bool isGood() const { return losses == 0 && missed == 0 && surprises == 0 && failures == 0 && stopped == 0; }
    QString table() const; // for people
    QJsonObject toJson() const; // without the reports
    static WalkFigures fromJson(const QJsonObject &json);

    // Every number, with its name.
    template <typename Figures, typename Use>
    static void forEach(Figures &figures, Use use)
    {
        use("walks", figures.walks);
        use("stopped", figures.stopped);
        use("operations", figures.operations);
        use("refused", figures.refused);
        use("ran", figures.ran);
        use("alternatives", figures.alternatives);
        use("undone", figures.undone);
        use("losses", figures.losses);
        use("failures", figures.failures);
        use("surprises", figures.surprises);
        use("lostByLibvirt", figures.lostByLibvirt);
        use("missed", figures.missed);
        use("blocks", figures.blocks);
        use("harmless", figures.harmless);
        use("withAlternative", figures.withAlternative);
        use("triedInstead", figures.triedInstead);
        use("reachedInstead", figures.reachedInstead);
    }
};

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
    Result<> write();
    int nextPattern();
    Result<> obey(const QString &machine, const Intent &intent);
    Result<> undo();
    Result<> defy(const QString &machine, const Intent &intent);
    Result<> tryInstead(const QString &machine, const Intent &intent, const QString &way);
    Result<> putBack();
    Result<> writeEverywhere(const QString &machine, const Sight &sight);
    std::optional<Intent> choose(const QString &machine);
    QString chooseSnapshot(const SeenDomain &domain);
    QStringList plainCommands(const QString &machine, const Intent &intent, const Plan &plan) const;
    Proposal ask(const Intent &intent) const;
    void say(const QString &line);
    void report(const QString &what, const QStringList &details);

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
    std::optional<Done> m_last; // the job that may be undone
    QStringList m_history; // what was done, for a report
    int m_names = 0;
    int m_writes = 0;
    WalkFigures m_figures;
};

} // namespace treewarden::test
