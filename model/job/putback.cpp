// SPDX-License-Identifier: GPL-3.0-or-later
// What a job does when it failed or was cancelled, and what one that undoes another does when it succeeded.
#include "model/job/pins.h"
#include "model/job/runner.h"
#include "model/job/steps/look.h"
#include "model/job/undo.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// Whether libvirt has got to know the snapshot by that step, or by that name.
bool hasMade(const JournalStep &each, const QString &snapshot)
{
    return (each.step.kind == StepKind::CreateSnapshot && each.step.name == snapshot)
        || (each.step.kind == StepKind::RenameSnapshot && each.step.text == snapshot)
        || std::any_of(each.undo.begin(), each.undo.end(),
            [&](const Step &step) { return step.kind == StepKind::ForgetSnapshot && step.name == snapshot; });
}

// What keeps a plan from being run that puts back what was done of the confirmed one: what is blocked, and what would
// be given up that nobody said yes to. Null: nothing. The snapshots that the job made may go.
const Finding *unconfirmed(const Plan &undo, const Plan &confirmed, const JournalEntry &entry)
{
    const std::vector<Finding> known = confirmed.confirmations();
    for (const Finding &finding : undo.findings) {
        if (finding.severity == Verdict::Block)
            return &finding;
        if (finding.severity != Verdict::Confirm)
            continue;
        const bool isKnown = std::any_of(known.begin(), known.end(),
            [&](const Finding &each) { return each.id == finding.id && each.subject == finding.subject; });
        const bool isOwn = finding.id.startsWith("snapshot-"_L1)
            && std::any_of(entry.steps.begin(), entry.steps.end(),
                [&](const JournalStep &each) { return hasMade(each, finding.subject); });
        if (!isKnown && !isOwn)
            return &finding;
    }
    return nullptr;
}

} // namespace

// All that was done, or nothing of it: half of a plan taken back may be worse than either. Nobody is there to say yes
// to anything more than the plan said.
bool Runner::putBack()
{
    const bool isAnyDone = std::any_of(m_entry.steps.begin(), m_entry.steps.end(),
        [](const JournalStep &each) { return each.isDone || each.mayBeHalfDone; });
    if (!isAnyDone)
        return false;
    const auto inventory = m_host.read();
    if (!inventory)
        return leaveAsItIs(inventory.error());
    std::vector<UndoOrigin> origins;
    const Plan undo = planPutBack(m_entry, *inventory, m_host, origins);
    // Nobody knows what a step did that began and cannot be taken back.
    const auto open = std::find_if(m_entry.steps.begin(), m_entry.steps.end(),
        [](const JournalStep &each) { return each.isBegun && !each.isDone && each.undoable == Undoable::No; });
    if (open != m_entry.steps.end())
        return leaveAsItIs({ErrorCode::Unsupported, u"not-undoable"_s, stepName(open->step.kind)});
    if (const Finding *finding = unconfirmed(undo, *m_plan, m_entry))
        return leaveAsItIs({ErrorCode::Unsupported, finding->id, finding->subject});
    for (size_t i = 0; i < undo.steps.size(); ++i) {
        if (const auto done = putBackOne(origins[i], undo.steps[i].step); !done)
            return leaveAsItIs(done.error());
    }
    // A machine that was on is not as it was.
    return std::none_of(m_entry.steps.begin(), m_entry.steps.end(), [](const JournalStep &each) {
        return each.isDone && (each.undoable == Undoable::No || each.step.kind == StepKind::ForceOff);
    });
}

Result<> Runner::putBackOne(const UndoOrigin &origin, const Step &step)
{
    JournalStep &how = m_entry.steps[origin.step];
    // The journal may be what failed, its disk being full: going on makes room there more often than not.
    (void)m_journal->putBackBegun(m_entry.entry, int(origin.step), int(origin.undo));
    how.isPuttingBack = true;
    passed("put-back-begun");
    const StepContext context{{}, nullptr, m_options.pollInterval, m_options.shutDownPatience};
    if (const auto ran = runStep(step, m_host, context); !ran)
        return ran;
    passed("put-back-ran");
    how.isPuttingBack = false;
    how.putBack = origin.undo + 1;
    (void)m_journal->putBackDone(m_entry.entry, int(origin.step), int(origin.undo), documentsLeft(m_entry, m_host));
    passed("put-back-done");
    return {};
}

// A machine that stands still for the sake of a later step waits for nobody where that did not come about, and all else
// is left as it is. Only the same run of it, by the same pause: what libvirt has started since stands still for another
// reason, and may show something else.
bool Runner::letGoOn()
{
    const auto pause = std::find_if(m_entry.steps.rbegin(), m_entry.steps.rend(),
        [](const JournalStep &each) { return each.isDone && each.step.kind == StepKind::Pause; });
    if (pause == m_entry.steps.rend() || pause->isPutBackBegun() || m_pausedRun.isEmpty())
        return false;
    const auto state = look::state(m_host, m_entry.domain);
    const auto run = look::run(m_host, m_entry.domain);
    if (!state || *state != DomainState::Paused || !run || *run != m_pausedRun)
        return false;
    const auto step = size_t(&*pause - m_entry.steps.data());
    return putBackOne({step, 0}, Step(pause->undo.front())).has_value();
}

// Whether that document was written over again.
bool Runner::hasPutBack(const QString &document) const
{
    return std::any_of(m_entry.steps.begin(), m_entry.steps.end(), [&](const JournalStep &each) {
        const auto end = each.undo.begin() + qsizetype(std::min(each.putBack, each.undo.size()));
        return std::any_of(each.undo.begin(), end, [&](const Step &step) { return documentOf(step) == document; });
    });
}

// Where an undo was put back, what it undoes can be undone again. Its documents are as they were but for what libvirt
// does not take from a document that it is told (of a revert of its own, the overlays that it made): that is nobody
// else's change.
void Runner::noteLeftAgain(bool isDone, bool isPutBack)
{
    if (m_entry.undoes.isEmpty())
        return;
    if (isPutBack) {
        std::vector<DocumentMark> left = documentsLeft(m_entry, m_host);
        std::erase_if(left, [this](const DocumentMark &mark) { return !hasPutBack(mark.snapshot); });
        (void)m_journal->leftAgain(m_entry.undoes, left);
    } else if (isDone) {
        const auto undo = m_journal->find(m_entry.undoes);
        if (undo && !undo->undoes.isEmpty())
            (void)m_journal->leftAgain(undo->undoes, m_entry.left);
    }
}

// The pins of what was put back have moved.
void Runner::forgetMovedPins()
{
    for (const JournalStep &each : m_entry.steps) {
        if (each.step.kind == StepKind::CopyFile && isPin(each.step.base))
            (void)m_journal->pinFreed(m_entry.undoes, each.step.base);
    }
}

} // namespace treewarden
