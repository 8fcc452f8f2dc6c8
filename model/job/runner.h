// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/jobhost.h"
#include "model/job/journal.h"
#include "model/job/steps/steprunner.h"
#include "model/plan/plan.h"

#include <atomic>
#include <mutex>
#include <optional>

namespace treewarden {

struct UndoOrigin;

// A plan to run, and how to make it anew from a fresh reading: one of what comes back must be covered by it.
struct JobOrder
{
    using Replan = std::function<std::vector<Plan>(const std::shared_ptr<const Inventory> &)>;
    using Play = std::function<Result<>(const Step &, Draft &)>;

    ConfirmedPlan plan;
    Replan replan;
    Play play; // what a step of it does to a host
    QString undoes = {}; // the journal's entry that it puts back; empty: none
};
// By propose(), as most plans are made.
JobOrder orderOf(const ConfirmedPlan &plan, const Surroundings &surroundings);
// The same, with what surroundingsOf() finds on that host when it is planned anew.
JobOrder orderOf(const ConfirmedPlan &plan, const Surroundings &surroundings, const JobHost &host);
// With what the intent needs to know beside the inventory: for a backup what its folder has. Blocks then.
Surroundings surroundingsOf(
    const Intent &intent, Surroundings surroundings, const Inventory &inventory, const JobHost &host);
// To put back what an entry of the journal did. Unsupported where the guard blocks that (subject: the finding's id,
// detail: its subject), NotFound, and what a reading of the host fails with. Blocks.
Result<JobOrder> undoOrder(const Journal &journal, const JobHost &host, const QString &entry);
// What undoOrder() would do, on this reading, to be shown and confirmed. What has no plan at all is a Block that says
// why. Blocks for a few looks at files.
Plan proposeUndo(const Journal &journal, const JobHost &host, const std::shared_ptr<const Inventory> &inventory,
    const QString &entry);
// Of such a plan that somebody has said yes to.
Result<JobOrder> undoOrder(const Journal &journal, const JobHost &host, const ConfirmedPlan &plan);

// Runs one order on a host, from the journal's intent to its outcome; see DESIGN section 4. To be used once.
class Runner
{
public:
    struct Options
    {
        std::chrono::milliseconds pollInterval = std::chrono::milliseconds(250);
        std::chrono::milliseconds shutDownPatience = std::chrono::seconds(120);
        // Called when a record of the journal is on the disk: "intent", "step-begun", "step-done", "outcome"; and with
        // "step-ran" after a step that the journal does not know of yet.
        std::function<void(const QString &point)> passed = {};
    };

    Runner(JobHost host, std::shared_ptr<Journal> journal, Options options);
    Runner(JobHost host, std::shared_ptr<Journal> journal)
        : Runner(std::move(host), std::move(journal), Options())
    {
    }

    // Told of the task whenever it changed, on the thread that runs or on one that watches it.
    void setChanged(std::function<void(const Task &)> changed) { m_changed = std::move(changed); }

    // Blocks until the job ended; the task that is given back has the outcome. `task` has what is known before.
    Task run(const JobOrder &order, Task task = {});
    // From any thread: stops the step that runs, where it can be, or before the next, and puts back what was done.
    // False: it goes on to its end, because a step has begun that cannot be taken back wholly (it wrote over contents,
    // or ended a machine with what that had in memory), or because it has come to its end. One that is accepted while
    // such a step runs may come too late to stop it, and is then forgotten: the task says so.
    bool cancel();
    // From any thread: the step that runs stands still where it can, or goes on. The task says when it does.
    void pause(bool isWanted) { m_pause = isWanted; }

private:
    Result<> prepare(const JobOrder &order, std::optional<JobLock> &lock);
    Result<std::shared_ptr<const Inventory>> judgeAll(const JobOrder &order);
    Result<> runSteps(const JobOrder &order, const std::shared_ptr<const Inventory> &inventory);
    Result<> judgeAgain(const JobOrder &order, size_t number, const Draft &expected, const Draft &before);
    Result<> runOne(size_t number, const Draft &before);
    Result<> passNoReturn(const JournalStep &how, const Draft &before);
    void goOnToTheEnd();
    void progressed(const Fact<Bytes> &done, const Fact<Bytes> &total);
    Result<> verify(const Draft &before);
    void listPoolsAnew();
    bool putBack();
    Result<> putBackOne(const UndoOrigin &origin, const Step &step);
    bool letGoOn();
    bool leaveAsItIs(const Error &why);
    bool hasPutBack(const QString &document) const;
    void noteLeftAgain(bool isDone, bool isPutBack);
    void forgetMovedPins();
    Task finish(const Result<> &done);
    void passed(const char *point);
    template <typename Change>
    void change(Change what);

    JobHost m_host;
    const std::shared_ptr<Journal> m_journal;
    const Options m_options;
    std::function<void(const Task &)> m_changed;
    std::atomic<bool> m_cancel = false;
    std::atomic<bool> m_pause = false;
    std::recursive_mutex m_telling; // so that no copy of the task overtakes a later one
    std::mutex m_mutex; // the task, and whether m_cancel may be set
    Task m_task;
    bool m_goesOn = false; // to the end: no cancel is accepted any more
    std::chrono::steady_clock::time_point m_stepBegan; // and the rest is the running thread's
    JournalEntry m_entry;
    QString m_pausedRun; // look::run() of the machine when the job had paused it
    std::vector<DomainId> m_locked;
    std::shared_ptr<const Plan> m_plan;
};

// How the host differs from what a plan was to make of it, in words for an expert; empty: not at all. Compared are the
// machine's disks with their chains, its snapshots, and the files and tags that the plan changed. A file whose name
// libvirt chose is known by its role.
QStringList differences(
    const Draft &outcome, const Draft &before, const std::shared_ptr<const Inventory> &after, const DomainId &domain);

// The machines that must not be worked on meanwhile: the intent's, each that shares an image with it, and where
// something that nobody relies on is to be removed also those whose images lie below that.
std::vector<DomainId> sharersOf(const Draft &draft, const Intent &intent);
// What a step makes, changes or reads.
QSet<QString> filesOf(const Step &step);
// What the unfinished jobs of the journal name in what they do, did or keep, be they under way or left in the middle.
// `except`: an entry that is not asked.
Result<QSet<QString>> filesOfUnfinishedJobs(const Journal &journal, const QString &except = {});

} // namespace treewarden
