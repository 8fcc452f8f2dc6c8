// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/runner.h"

#include "model/guard/judge.h"
#include "model/job/pins.h"
#include "model/job/steps/look.h"
#include "model/job/undo.h"

#include <QDateTime>
#include <QFileInfo>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

tl::unexpected<Error> stale(const QString &detail = {})
{
    return failure(ErrorCode::Busy, u"stale-plan"_s, detail);
}

// Whether somebody relies on what the rest of the plan changes who was not there when it was judged.
bool hasNewClaims(const Draft &expected, const Draft &now, const std::vector<PlannedStep> &steps, size_t next)
{
    const auto keyOf = [](const Draft &draft, const Claimant &claimant) {
        const DraftImage *image = draft.image(claimant.image);
        return QStringList{QString::number(int(claimant.owner.kind)), claimant.owner.domain.value, claimant.owner.name,
            QString::number(int(claimant.where)), claimant.target, image ? image->location.name : QString()};
    };
    QSet<QStringList> known;
    for (const Claimant &claimant : claimants(expected))
        known.insert(keyOf(expected, claimant));
    QSet<ImageId> changed;
    for (; next < steps.size(); ++next) {
        for (const Effect &effect : steps[next].effects) {
            if (effect.kind != EffectKind::Create && !effect.path.isEmpty())
                changed.insert(now.idAt({SourceKind::File, effect.path}));
        }
    }
    // What the steps made so far is theirs also where nothing names it any more.
    const auto isOwn = [&](const Claimant &claimant) {
        return claimant.owner.kind == OwnerKind::Image
            && isMade(expected.idAt({SourceKind::File, claimant.owner.name}));
    };
    for (const Claimant &claimant : claimants(now)) {
        if (known.contains(keyOf(now, claimant)) || isOwn(claimant))
            continue;
        for (const ImageId &layer : now.chain(claimant.image)) {
            if (changed.contains(layer))
                return true;
        }
    }
    return false;
}

// Whether the step cannot be taken back wholly: it writes over contents, or ends a machine with what that has in
// memory.
bool isNoReturn(const JournalStep &how, const Draft &before)
{
    if (how.undoable == Undoable::No)
        return true;
    const DraftDomain *domain = before.domain(how.step.domain);
    const bool isOn = !domain || isActive(domain->state);
    return isOn
        && (how.step.kind == StepKind::ForceOff || how.step.kind == StepKind::ShutDown
            || how.step.kind == StepKind::RevertToSnapshot);
}

} // namespace

Runner::Runner(JobHost host, std::shared_ptr<Journal> journal, Options options)
    : m_host(std::move(host))
    , m_journal(std::move(journal))
    , m_options(std::move(options))
{
}

bool Runner::cancel()
{
    bool isAccepted = false;
    change([&](Task &task) {
        m_cancel = m_cancel || !m_goesOn;
        task.isCancelling = task.isCancelling || !m_goesOn;
        isAccepted = task.isCancelling;
    });
    return isAccepted;
}

// What was asked and has not been heeded so far is forgotten.
void Runner::goOnToTheEnd()
{
    change([this](Task &task) {
        m_goesOn = true;
        m_cancel = false;
        task.isCancelling = false;
        task.canCancel = false;
    });
}

// The step is about to begin, and it is known how it could be undone. One that can itself be stopped is the last that
// can be.
Result<> Runner::passNoReturn(const JournalStep &how, const Draft &before)
{
    if (!isNoReturn(how, before))
        return {};
    const std::lock_guard lock(m_mutex);
    if (m_cancel)
        return failure(ErrorCode::Cancelled);
    m_goesOn = m_goesOn || !canCancel(how.step);
    return {};
}

template <typename Change>
void Runner::change(Change what)
{
    const std::lock_guard order(m_telling);
    Task copy;
    {
        const std::lock_guard lock(m_mutex);
        what(m_task);
        copy = m_task;
    }
    if (m_changed && copy.started)
        m_changed(copy);
}

void Runner::passed(const char *point)
{
    if (m_options.passed)
        m_options.passed(QString::fromLatin1(point));
}

void Runner::progressed(const Fact<Bytes> &done, const Fact<Bytes> &total)
{
    const auto now = std::chrono::steady_clock::now();
    change([&](Task &task) {
        task.done = done;
        task.total = total;
        const auto passedTime = std::chrono::duration_cast<std::chrono::milliseconds>(now - m_stepBegan).count();
        task.rate = done.isKnown() && passedTime >= 500 ? *done * 1000 / Bytes(passedTime) : 0;
    });
}

Task Runner::run(const JobOrder &order, Task task)
{
    const auto kept = std::make_shared<const ConfirmedPlan>(order.plan);
    m_plan = std::shared_ptr<const Plan>(kept, &kept->plan());
    change([&](Task &mine) {
        const bool isCancelling = mine.isCancelling;
        mine = std::move(task);
        mine.isCancelling = isCancelling;
        mine.started = QDateTime::currentMSecsSinceEpoch();
        mine.intent = m_plan->intent;
        mine.way = m_plan->way;
        mine.isUndo = !order.undoes.isEmpty();
        mine.steps.clear();
        for (const PlannedStep &planned : m_plan->steps)
            mine.steps.push_back(planned.step);
    });
    std::optional<JobLock> lock;
    if (const auto prepared = prepare(order, lock); !prepared)
        return finish(prepared);
    passed("intent");
    const auto inventory = judgeAll(order);
    if (!inventory)
        return finish(failure(inventory.error()));
    const Draft before(*inventory);
    Result<> done = runSteps(order, *inventory);
    if (done)
        done = verify(before);
    return finish(done);
}

// Nothing is done yet; where this fails the journal has nothing of the job either.
Result<> Runner::prepare(const JobOrder &order, std::optional<JobLock> &lock)
{
    const Draft *outcome = m_plan->outcome.get();
    const Draft known = outcome ? Draft(std::make_shared<const Inventory>(outcome->inventory())) : Draft();
    const DomainId domain = m_plan->intent.domain;
    m_entry.entry = Journal::newName();
    m_entry.time = QDateTime::currentMSecsSinceEpoch();
    m_entry.domain = domain;
    m_entry.domainName = known.domain(domain) ? known.domain(domain)->name : domain.value;
    m_entry.intent = intentWords(m_plan->intent);
    m_entry.way = m_plan->way;
    m_entry.hash = QString::fromLatin1(m_plan->hash());
    m_entry.acknowledged = order.plan.acknowledged();
    m_entry.undoes = order.undoes;
    for (const PlannedStep &planned : m_plan->steps)
        m_entry.steps.push_back({planned.step});
    m_locked = sharersOf(known, m_plan->intent);
    // Two machines may be backed up into one volume, but not at once.
    std::vector<DomainId> locked = m_locked;
    for (const PlannedStep &planned : m_plan->steps) {
        const std::vector<StepDisk> &disks = planned.step.disks;
        if (!disks.empty() && disks.front().isVolume())
            locked.emplace_back(u"volume-"_s + planned.step.path.section(u'/', -1));
    }
    auto taken = m_journal->lock(locked, m_entry.entry);
    if (!taken)
        return failure(taken.error());
    lock.emplace(std::move(*taken));
    const auto xml = readXml(m_host, domain);
    if (!xml)
        return failure(xml.error());
    if (const auto begun = m_journal->begin(m_entry, *xml); !begun)
        return begun;
    change([&](Task &task) {
        task.entry = m_entry.entry;
        task.domainName = m_entry.domainName;
    });
    return {};
}

// Who may not open the files knows of overlays that nothing names by the pools alone, and those list what libvirt saw
// when it last looked. To ask for a file that is not there makes it look (Hypervisor::volume()). For a job alone: where
// a file is cut off, libvirt stops the pool.
void Runner::listPoolsAnew()
{
    if (canEditFiles(m_host))
        return;
    QSet<QString> folders;
    for (const Effect &effect : m_plan->effects) {
        if (effect.kind == EffectKind::Write || effect.kind == EffectKind::Remove || effect.kind == EffectKind::Repoint)
            folders.insert(QFileInfo(effect.path).path());
    }
    for (const QString &folder : std::as_const(folders))
        (void)m_host.hypervisor->volume(folder + u"/.treewarden-looks-for-what-is-new"_s);
}

Result<std::shared_ptr<const Inventory>> Runner::judgeAll(const JobOrder &order)
{
    listPoolsAnew();
    const auto inventory = m_host.read();
    if (!inventory)
        return inventory;
    const std::vector<Plan> anew = order.replan(*inventory);
    if (std::none_of(anew.begin(), anew.end(), [&](const Plan &plan) { return order.plan.covers(plan); }))
        return stale();
    // Whoever came to share an image since is not locked out.
    for (const DomainId &domain : sharersOf(Draft(*inventory), m_plan->intent)) {
        if (std::find(m_locked.begin(), m_locked.end(), domain) == m_locked.end())
            return stale(domain.value);
    }
    if (!order.undoes.isEmpty())
        dropUnknownPins(*m_journal, m_host, order.undoes, *inventory);
    // What the plan was told of other jobs may be old.
    if (const auto *orphan = std::get_if<RemoveOrphanIntent>(&m_plan->intent.what); orphan && order.undoes.isEmpty()) {
        const auto named = filesOfUnfinishedJobs(*m_journal, m_entry.entry);
        if (!named)
            return failure(named.error());
        if (named->contains(orphan->path))
            return failure(ErrorCode::Busy, u"leftover-of-job"_s, orphan->path);
    }
    return inventory;
}

Result<> Runner::runSteps(const JobOrder &order, const std::shared_ptr<const Inventory> &inventory)
{
    const Draft before(inventory);
    Draft expected = before;
    for (size_t number = 0; number < m_plan->steps.size(); ++number) {
        const PlannedStep &planned = m_plan->steps[number];
        if (m_cancel)
            return failure(ErrorCode::Cancelled);
        // A file may have found a user while the steps before took their time.
        const bool removes = planned.step.kind == StepKind::RemoveFile || planned.step.has(Step::Replace);
        if (number > 0 && (!planned.isReversible || removes)) {
            if (const auto judged = judgeAgain(order, number, expected, before); !judged)
                return judged;
        }
        m_stepBegan = std::chrono::steady_clock::now();
        change([&](Task &task) {
            task.step = int(number);
            task.done = Fact<Bytes>();
            task.total = Fact<Bytes>();
            task.rate = 0;
            task.canCancel = canCancel(planned.step) && !m_goesOn;
            task.canPause = canPause(planned.step);
            task.isPaused = false;
        });
        if (const auto ran = runOne(number, expected); !ran)
            return ran;
        if (isNoReturn(m_entry.steps[number], expected))
            goOnToTheEnd();
        if (const auto played = order.play(planned.step, expected); !played)
            return stale(played.error().subject);
    }
    return {};
}

// The whole plan was judged on what it finds here, or this is another host than the one that was judged.
Result<> Runner::judgeAgain(const JobOrder &order, size_t number, const Draft &expected, const Draft &before)
{
    const auto inventory = m_host.read();
    if (!inventory)
        return failure(inventory.error());
    const QStringList different = differences(expected, before, *inventory, m_plan->intent.domain);
    if (!different.isEmpty())
        return stale(different.join(u"; "_s));
    Draft now(*inventory);
    if (hasNewClaims(expected, now, m_plan->steps, number))
        return stale();
    if (const auto played = order.play(m_plan->steps[number].step, now); !played)
        return stale(played.error().subject);
    return {};
}

Result<> Runner::runOne(size_t number, const Draft &before)
{
    JournalStep &how = m_entry.steps[number];
    if (const auto pinned = pinFor(m_plan->steps[number], before, m_host, how); !pinned)
        return pinned;
    auto begun = planUndoOf(how.step, before, m_host, how);
    if (begun)
        begun = passNoReturn(how, before);
    if (begun)
        begun = m_journal->stepBegun(m_entry.entry, int(number), how);
    if (!begun) {
        unpin(m_host, how);
        return begun;
    }
    how.isBegun = true;
    passed("step-begun");
    // Cancelled before anything was called: nothing of it began.
    if (m_cancel) {
        how.isBegun = false;
        return failure(ErrorCode::Cancelled, how.step.path);
    }
    const StepContext context{[this](const Fact<Bytes> &done, const Fact<Bytes> &total) { progressed(done, total); },
        &m_cancel, m_options.pollInterval, m_options.shutDownPatience, &m_pause,
        [this](bool isPaused) { change([&](Task &task) { task.isPaused = isPaused; }); }};
    const Result<> ran = runStep(how.step, m_host, context);
    passed("step-ran");
    if (!ran) {
        const bool isLost = ran.error().code == ErrorCode::ConnectionLost;
        how.isInterrupted = true;
        how.isDone = !isLost && isKnowable(how.step.kind) && isDone(how.step, m_host).value_or(false);
        // It found that it may not begin: what is there is another's.
        const bool isRefused = ran.error().subject == "stale-plan"_L1;
        how.mayBeHalfDone = !isLost && !how.isDone && !isRefused && mayBeHalfDone(how, m_host);
        // For the history: the call failed, and what it is for is there.
        if (how.isDone) {
            noteMade(how.step, before, m_host, how);
            (void)m_journal->stepDone(m_entry.entry, int(number), how, documentsLeft(m_entry, m_host));
        }
        return ran;
    }
    how.isDone = true;
    if (how.step.kind == StepKind::Pause)
        m_pausedRun = look::run(m_host, m_entry.domain).value_or(QString());
    noteMade(how.step, before, m_host, how);
    m_entry.left = documentsLeft(m_entry, m_host);
    if (const auto done = m_journal->stepDone(m_entry.entry, int(number), how, m_entry.left); !done)
        return done;
    freeMerged(*m_journal, m_host, m_entry, number);
    passed("step-done");
    return {};
}

Result<> Runner::verify(const Draft &before)
{
    goOnToTheEnd();
    change([&](Task &task) {
        task.step = int(task.steps.size());
        task.done = Fact<Bytes>();
        task.total = Fact<Bytes>();
        task.rate = 0;
    });
    const auto after = m_host.read();
    if (!after)
        return failure(ErrorCode::ConnectionLost, after.error().subject, after.error().detail);
    if (!m_plan->outcome)
        return {};
    const QStringList different = differences(*m_plan->outcome, before, *after, m_plan->intent.domain);
    return different.isEmpty() ? Result<>() : failure(ErrorCode::Failed, u"outcome-differs"_s, different.join(u"; "_s));
}

bool Runner::leaveAsItIs(const Error &why)
{
    change([&](Task &task) { task.whyNotPutBack = why; });
    return false;
}

Task Runner::finish(const Result<> &done)
{
    change([this](Task &task) {
        m_goesOn = true;
        task.canCancel = false;
        task.canPause = false;
        task.isPaused = false;
    });
    Outcome outcome = Outcome::Succeeded;
    Error error;
    bool isPutBack = false;
    bool goesOn = false;
    if (!done) {
        error = done.error();
        const bool isBegun = std::any_of(
            m_entry.steps.begin(), m_entry.steps.end(), [](const JournalStep &each) { return each.isBegun; });
        outcome = error.code == ErrorCode::Cancelled ? Outcome::Cancelled : Outcome::Failed;
        if (error.code == ErrorCode::ConnectionLost && isBegun)
            outcome = Outcome::Indeterminate;
        else if (isBegun && error.subject != "outcome-differs"_L1) {
            isPutBack = putBack();
            goesOn = !isPutBack && letGoOn();
        }
        // Nobody knows what there is where it cannot be read.
        if (isBegun && outcome != Outcome::Indeterminate && !isPutBack && !m_host.read())
            outcome = Outcome::Indeterminate;
    }
    bool hasEntry = false;
    {
        const std::lock_guard lock(m_mutex);
        hasEntry = !m_task.entry.isEmpty();
    }
    if (hasEntry) {
        // Without it the next start looks at the host and says so: the job itself came out as it did.
        const bool isOpen = std::any_of(m_entry.steps.begin(), m_entry.steps.end(),
            [](const JournalStep &each) { return each.isInterrupted || each.isPuttingBack; });
        const auto left = isOpen && !isPutBack ? documentsLeft(m_entry, m_host) : std::vector<DocumentMark>();
        noteLeftAgain(bool(done), isPutBack);
        const auto written
            = m_journal->end(m_entry.entry, outcome, error, isPutBack, left, done ? m_entry.undoes : QString());
        if (!written && done)
            error = written.error();
        passed("outcome");
        if (done && !m_entry.undoes.isEmpty())
            forgetMovedPins();
        if (const auto ended = m_journal->find(m_entry.entry); ended && outcome != Outcome::Indeterminate)
            freeNeedless(*m_journal, m_host, *ended);
    }
    change([&](Task &task) {
        task.outcome = outcome;
        task.error = error;
        task.goesOn = goesOn;
        task.ended = QDateTime::currentMSecsSinceEpoch();
    });
    const std::lock_guard lock(m_mutex);
    return m_task;
}

} // namespace treewarden
