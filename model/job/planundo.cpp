// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/judge.h"
#include "model/job/pins.h"
#include "model/job/since.h"
#include "model/job/steps/look.h"
#include "model/job/steps/steprunner.h"
#include "model/job/undo.h"
#include "model/plan/conditions.h"
#include "model/plan/space.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// Whether a snapshot of the job holds the only copy of the memory of a machine that the job stopped, or may have: then
// taking that snapshot back would lose it.
bool keepsWhatWasStopped(const JournalEntry &entry)
{
    bool isKept = false;
    for (const JournalStep &each : entry.steps) {
        const Step &step = each.step;
        // It goes on, so that nothing after that has stopped it.
        if (step.kind == StepKind::Pause && each.isPutBack())
            isKept = false;
        else if (step.kind == StepKind::CreateSnapshot)
            isKept = isKept || (each.isDone && (!step.has(Step::IsExternal) || !step.path.isEmpty()));
        else if (isKept && each.isBegun
            && (step.kind == StepKind::ForceOff || step.kind == StepKind::ShutDown
                || (step.kind == StepKind::RevertToSnapshot && each.undoable == Undoable::Partly)))
            return true;
    }
    return false;
}

class UndoPlanner
{
public:
    UndoPlanner(const JournalEntry &entry, const std::shared_ptr<const Inventory> &inventory, const JobHost &host,
        bool staysOff)
        : m_entry(entry)
        , m_host(host)
        , m_draft(inventory)
        , m_before(m_draft)
        , m_since(entry, host, m_before)
        , m_canEditFiles(canEditFiles(host))
        , m_staysOff(staysOff || std::any_of(entry.steps.begin(), entry.steps.end(), [](const JournalStep &each) {
            return each.isPuttingBack || each.putBack > 0;
        }))
    {
        m_plan.intent = intentFromWords(entry.domain, entry.intent).value_or(Intent{entry.domain, PowerIntent{}});
        m_plan.way = u"undo"_s;
        m_plan.arguments = {entry.entry};
    }

    Plan plan()
    {
        const DraftDomain *domain = m_draft.domain(m_entry.domain);
        if (!domain) {
            block(u"no-such-machine"_s, m_entry.domainName);
            return std::move(m_plan);
        }
        m_isOn = isActive(domain->state);
        Declared declared;
        declared.domain = m_entry.domain;
        bool hasMade = false;
        bool isUntouched = !m_isOn;
        chooseSteps();
        for (const JournalStep *each : m_steps) {
            if (each->step.kind == StepKind::CreateSnapshot)
                declared.snapshots.insert(each->step.name);
            // Under its new name it is gone; what it keeps is kept by the old one.
            if (each->step.kind == StepKind::RenameSnapshot)
                declared.snapshots.insert(each->step.text);
            for (size_t i = 0; i < each->undo.size(); ++i) {
                const Step &step = each->undo[i];
                if (step.kind == StepKind::ForgetSnapshot)
                    declared.snapshots.insert(step.name); // which the step told libvirt of
                if (step.kind == StepKind::DropCheckpoint)
                    declared.checkpoints.insert(step.name); // which the step made
                if (step.kind == StepKind::CommitOffline)
                    m_free.insert(step.path); // what it holds is in its base then
                // What is put aside again stays, under its other name.
                const bool isKept = step.kind == StepKind::CopyFile && isPin(step.path);
                // What the job put there gives way again to what was there before.
                const bool isReplaced = step.kind == StepKind::CopyFile && step.has(Step::Replace);
                if ((step.kind != StepKind::RemoveFile && !isKept && !isReplaced) || !isToDo(*each, i))
                    continue;
                const QString &file = isKept ? step.base : step.path;
                hasMade = true;
                // What a later step of the job removed is nothing that the machine shows now.
                if (m_since.isRemovedAfter(file, *each))
                    continue;
                if (m_since.isAsMade(file, *each)) {
                    m_free.insert(file);
                    continue;
                }
                isUntouched = false;
                if (step.kind == StepKind::RemoveFile)
                    checkTags(file);
            }
        }
        for (const JournalStep *each : m_steps) {
            for (size_t i = 0; i < each->undo.size(); ++i) {
                const Step &step = each->undo[i];
                if (step.kind == StepKind::PointDisks && isToDo(*each, i) && !leavesOwn(step, *domain))
                    isUntouched = false;
            }
        }
        // What the machine would show next is what the job made of it, and nothing that came after.
        declared.currentState = isUntouched && hasMade;
        Judge judge(m_draft, declared);
        const auto open = std::find_if(m_entry.steps.begin(), m_entry.steps.end(),
            [](const JournalStep &each) { return each.mayHaveOverwritten(); });
        if (open != m_entry.steps.end()) {
            block(u"not-undoable"_s, stepName(open->step.kind));
            m_hasFailed = true;
        } else if (m_staysOff && keepsWhatWasStopped(m_entry)) {
            block(u"not-undoable"_s, stepName(StepKind::CreateSnapshot));
            m_hasFailed = true;
        }
        // Before any other reason: what it put aside may be given up by now.
        const auto forGood = std::find_if(m_steps.rbegin(), m_steps.rend(), [this](const JournalStep *each) {
            return each->undoable == Undoable::No && !(m_staysOff && each->step.kind == StepKind::ForceOff);
        });
        if (forGood != m_steps.rend() && !m_hasFailed) {
            block(u"not-undoable"_s, stepName((*forGood)->step.kind));
            m_hasFailed = true;
        }
        for (auto step = m_steps.rbegin(); step != m_steps.rend() && !m_hasFailed; ++step) {
            const JournalStep &each = **step;
            for (size_t i = 0; i < each.undo.size(); ++i) {
                if (isToDo(each, i))
                    add(each.undo[i], {size_t(&each - m_entry.steps.data()), i}, judge);
            }
        }
        if (m_plan.steps.empty() && !m_hasFailed)
            block(u"nothing-to-undo"_s, m_entry.entry);
        judge.finish(m_draft);
        checkConditions();
        settle(judge);
        return std::move(m_plan);
    }

    const std::vector<UndoOrigin> &origins() const { return m_origins; }

private:
    void chooseSteps()
    {
        for (const JournalStep &each : m_entry.steps) {
            // Putting back has come to where the file was made: that it is gone is as it was.
            if (each.step.kind == StepKind::RemoveFile && m_since.isUnmadeBefore(each))
                continue;
            // Of what failed in the middle a file may be gone all the same.
            const bool hasVanished = each.isBegun
                && std::any_of(each.pins.begin(), each.pins.end(),
                    [&](const Pin &pin) { return !pin.isFreed && !look::exists(m_host, pin.path).value_or(true); });
            if ((each.isDone || each.mayBeHalfDone || hasVanished) && !each.isPutBack())
                m_steps.push_back(&each);
            if (each.isInterrupted)
                m_since.openDocuments(each);
            if (each.isPuttingBack)
                m_since.open(documentsChangedBy(each.undo[each.putBack]));
        }
    }

    // As for any plan: nobody changes disks below a block job, nor what saved memory would meet. No step of a job saves
    // a machine, so a saved state has come since.
    void checkConditions()
    {
        const bool changesDisks = std::any_of(m_plan.steps.begin(), m_plan.steps.end(), [](const PlannedStep &planned) {
            return planned.step.kind == StepKind::PointDisks
                || (!isOfBackup(planned.step.kind)
                    && std::any_of(planned.effects.begin(), planned.effects.end(), [](const Effect &effect) {
                           return effect.kind == EffectKind::Write || effect.kind == EffectKind::Remove
                               || effect.kind == EffectKind::Repoint;
                       }));
        });
        if (!changesDisks)
            return;
        find(conditions::ofMachine(m_before, m_entry.domain));
        find(conditions::ofSavedState(m_before, m_entry.domain));
    }

    // Whether it was not put back already. What the machine still writes to has to be merged again.
    bool isToDo(const JournalStep &each, size_t number) const
    {
        const Step &step = each.undo[number];
        return number >= each.putBack || (step.kind == StepKind::CommitOffline && m_since.isWritten(step.path));
    }

    // Internal snapshots in a file that goes, which nobody else speaks for.
    void checkTags(const QString &path)
    {
        const DraftImage *image = m_before.imageAt({SourceKind::File, path});
        QStringList unclaimed;
        for (const DraftTag &tag : image ? image->tags : NamedList<DraftTag>()) {
            if (!m_since.isClaimed(*image, tag.name) && !m_since.isOwnTag(path, tag.name))
                unclaimed += tag.name;
        }
        if (!unclaimed.isEmpty())
            block(u"unclaimed-tags"_s, path, {unclaimed.join(u", "_s)});
    }

    // The first layer below a kept file that is not what it was when the file was kept, or of which nobody can say;
    // empty: there is none.
    QString changedBelow(const Pin &pin) const
    {
        for (const FileMark &then : pin.below) {
            FileMark now = markOf(m_host, m_putBack.value(then.path, then.path));
            now.path = then.path;
            const auto &effects = m_draft.effects();
            const bool isWritten = std::any_of(effects.begin(), effects.end(),
                [&](const Effect &effect) { return effect.kind == EffectKind::Write && effect.path == then.path; });
            if (now != then || isWritten)
                return then.path;
        }
        return pin.below.empty() ? pin.backing : QString();
    }

    // What is to be put back is still kept, and shows what it showed.
    bool canPutBack(const Step &step)
    {
        const Pin *pin = pinNamed(m_entry, step.base);
        if (!pin || !look::exists(m_host, step.base).value_or(false)) {
            block(u"step-impossible"_s, step.path, {stepName(step.kind), u"%1 is not there any more"_s.arg(step.base)});
            return false;
        }
        if (const QString below = incomparableBelow(*pin); !below.isEmpty()) {
            block(u"base-not-compared"_s, below, {step.path});
            return false;
        }
        if (const QString changed = changedBelow(*pin); !changed.isEmpty()) {
            block(u"backing-changed"_s, changed, {step.path});
            return false;
        }
        m_putBack.insert(step.path, step.base);
        return true;
    }

    // Nothing rests on it. One that was whole when the job ended is somebody's by now.
    bool canUnlist(const Step &step)
    {
        const Result<bool> isLast = isLastBackup(step, m_host);
        if (!isLast || !*isLast) {
            if (isLast)
                block(u"backup-needed"_s, step.path);
            else
                block(u"step-impossible"_s, isLast.error().subject, {stepName(step.kind), isLast.error().detail});
            return false;
        }
        if (m_entry.outcome == Outcome::Succeeded) {
            m_plan.findings.push_back({u"backup-removed"_s, Verdict::Confirm, step.path});
            m_plan.verdict = std::max(m_plan.verdict, Verdict::Confirm);
            for (const StepDisk &disk : step.disks) {
                const auto status = look::status(m_host, disk.path);
                const auto bytes = status ? Fact<Bytes>(status->allocated) : Fact<Bytes>::unknown(status.error());
                m_backups.push_back({Loss::What::OtherState, disk.path, disk.path, bytes});
            }
        }
        return true;
    }

    // The machine goes from files that the job made, and from no other: it may have come to others since.
    bool leavesOwn(const Step &step, const DraftDomain &domain) const
    {
        return std::all_of(step.disks.begin(), step.disks.end(), [&](const StepDisk &then) {
            const Disk *now = domain.definition ? domain.definition->disk(then.target) : nullptr;
            return !now || now->source.location.name == then.path || m_free.contains(now->source.location.name);
        });
    }

    void add(Step step, const UndoOrigin &origin, Judge &judge)
    {
        if (m_hasFailed || isStillThere(step, m_host))
            return;
        // What an off machine's file is committed into, a running machine's QEMU must be asked for, which moves its
        // disk as well.
        if (m_isOn && step.kind == StepKind::CommitOffline && !step.disks.empty())
            step = {StepKind::CommitLive, step.domain, {}, {}, {}, {}, {}, step.disks};
        else if (m_isOn && step.kind == StepKind::PointDisks && step.text.isEmpty())
            return;
        // What was suspended and then turned off has nothing to go on with, and what somebody let go on goes on.
        if (step.kind == StepKind::Resume && m_draft.domain(m_entry.domain)->state != DomainState::Paused)
            return;
        if (needsFiles(step.kind) && !m_canEditFiles) {
            block(u"files-out-of-reach"_s, step.path);
            m_hasFailed = true;
            return;
        }
        if (step.kind == StepKind::CopyFile && isPin(step.base) && !canPutBack(step)) {
            m_hasFailed = true;
            return;
        }
        if (step.kind == StepKind::UnlistBackup && !canUnlist(step)) {
            m_hasFailed = true;
            return;
        }
        if (!m_since.isAsLeft(step)) {
            block(u"document-changed"_s, step.kind == StepKind::PointDisks ? m_entry.domainName : step.name);
            m_hasFailed = true;
            return;
        }
        PlannedStep planned;
        const qsizetype effectsBefore = m_draft.effectCount();
        const Draft before = m_draft;
        const Result<> played = playUndoStep(m_entry, step, m_draft);
        planned.step = std::move(step);
        if (!played) {
            const Error &error = played.error();
            if (error.code == ErrorCode::Unsupported)
                block(error.subject, error.detail);
            else
                block(u"step-impossible"_s, error.subject, {stepName(planned.step.kind), error.detail});
            m_hasFailed = true;
        } else {
            planned.effects = m_draft.effects(effectsBefore);
            addMerges(planned.step, planned.effects, before, m_merges, m_plan.space);
            // What stood still for the job alone goes on as it was.
            if (!m_staysOff || planned.step.kind != StepKind::Resume)
                find(conditions::ofFormats(before, m_draft, planned.step.domain));
            judge.look(m_draft, int(m_plan.steps.size()));
        }
        m_plan.steps.push_back(std::move(planned));
        m_origins.push_back(origin);
    }

    void block(const QString &id, const QString &subject, const QStringList &arguments = {})
    {
        m_plan.findings.push_back({id, Verdict::Block, subject, arguments});
        m_plan.verdict = Verdict::Block;
    }

    void find(const std::vector<Finding> &found)
    {
        for (const Finding &finding : found) {
            m_plan.verdict = std::max(m_plan.verdict, finding.severity);
            m_plan.findings.push_back(finding);
        }
    }

    // Whether the snapshot that is said to be lost with a copy of its tag is shown by that tag again. The two are the
    // same: no tag changes, and nobody has written to the copy since the job made it. No reading of them tells that.
    bool isShownByItsTag(const Finding &finding) const
    {
        const DraftDomain *domain = m_draft.domain(m_entry.domain);
        const Snapshot *snapshot = domain ? domain->snapshot(finding.subject) : nullptr;
        if (!snapshot || finding.arguments.value(0) != "snapshot"_L1)
            return false;
        const QString copy = finding.arguments.value(2); // none: its memory, of which it has one
        const auto extracted = std::find_if(m_entry.steps.begin(), m_entry.steps.end(), [&](const JournalStep &each) {
            return each.isDone && each.step.kind == StepKind::ExtractTag && each.step.name == snapshot->name
                && (copy.isEmpty() ? each.step.has(Step::KeepMemory) : each.step.path == copy);
        });
        if (extracted == m_entry.steps.end() || !m_since.isAsMade(extracted->step.path, *extracted))
            return false;
        const DraftImage *image = m_draft.imageAt({SourceKind::File, extracted->step.base});
        return image && image->tag(snapshot->name)
            && std::any_of(snapshot->disks.begin(), snapshot->disks.end(), [&](const SnapshotDisk &disk) {
                   return disk.kind == SnapshotDiskKind::Internal
                       && m_draft.idAt(snapshot->frozen(disk.target).location) == image->id;
               });
    }

    // What the entry made itself is nobody's loss.
    void settle(const Judge &judge)
    {
        for (Finding finding : judge.findings()) {
            const bool isOwnFile = finding.id == "state-lost"_L1 && finding.arguments.value(0) == "image"_L1
                && m_free.contains(finding.subject);
            if (isOwnFile || (finding.id == "state-lost"_L1 && isShownByItsTag(finding)))
                continue;
            // A snapshot that is told again is as it was: what writes into its files did so before it was forgotten.
            const DraftDomain *then = m_before.domain(m_entry.domain);
            if (finding.id == "frozen-would-be-written"_L1 && finding.arguments.value(0) == "snapshot"_L1
                && !(then && then->snapshot(finding.subject)))
                finding.severity = Verdict::Warn;
            // Nobody is there to say yes to more than that.
            if (finding.id == "damaged-state-changes"_L1)
                finding.severity = Verdict::Block;
            m_plan.verdict = std::max(m_plan.verdict, finding.severity);
            m_plan.findings.push_back(std::move(finding));
        }
        for (Finding finding : checkSpace(m_before.inventory(), m_plan.space, m_merges)) {
            // A merge that ends for want of space has lost nothing, and nobody may be there to be asked.
            if (finding.severity == Verdict::Confirm)
                finding.severity = Verdict::Warn;
            m_plan.verdict = std::max(m_plan.verdict, finding.severity);
            m_plan.findings.push_back(std::move(finding));
        }
        std::stable_sort(m_plan.findings.begin(), m_plan.findings.end(),
            [](const Finding &a, const Finding &b) { return a.severity > b.severity; });
        m_plan.effects = m_draft.effects();
        m_plan.losses = judge.losses();
        m_plan.losses.insert(m_plan.losses.end(), m_backups.begin(), m_backups.end());
        if (!m_hasFailed)
            m_plan.outcome = std::make_shared<const Draft>(m_draft);
    }

    const JournalEntry &m_entry;
    const JobHost &m_host;
    Draft m_draft;
    const Draft m_before;
    Since m_since;
    Plan m_plan;
    std::vector<MergeSpace> m_merges;
    std::vector<UndoOrigin> m_origins;
    std::vector<Loss> m_backups; // that are removed
    std::vector<const JournalStep *> m_steps; // that are to be put back, as they were done
    QHash<QString, QString> m_putBack; // where the plan has put a kept file, and the name by which it is kept
    QSet<QString> m_free; // files that may go: nothing is in them that is not elsewhere
    const bool m_canEditFiles;
    const bool m_staysOff; // what was forced off; also where a put-back is gone on with
    bool m_isOn = false;
    bool m_hasFailed = false;
};

} // namespace

Plan planUndo(const JournalEntry &entry, const std::shared_ptr<const Inventory> &inventory, const JobHost &host)
{
    return UndoPlanner(entry, inventory, host, false).plan();
}

Plan planPutBack(const JournalEntry &entry, const std::shared_ptr<const Inventory> &inventory, const JobHost &host,
    std::vector<UndoOrigin> &origins)
{
    UndoPlanner planner(entry, inventory, host, true);
    Plan plan = planner.plan();
    origins = planner.origins();
    return plan;
}

} // namespace treewarden
