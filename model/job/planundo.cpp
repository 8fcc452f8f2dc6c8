// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/judge.h"
#include "model/job/steps/steprunner.h"
#include "model/job/undo.h"
#include "model/xml/domainxml.h"
#include "model/xml/snapshotxml.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

Result<> restorePin(const JournalEntry &entry, const Step &step, Draft &draft)
{
    const Pin *pin = nullptr;
    for (const JournalStep &each : entry.steps) {
        for (const Pin &candidate : each.pins) {
            if (candidate.pinned == step.base && !candidate.isFreed)
                pin = &candidate;
        }
    }
    if (!pin)
        return failure(ErrorCode::NotFound, step.base);
    const ImageLocation path{SourceKind::File, step.path};
    if (step.kind == StepKind::ReplaceFile) {
        const DraftImage *image = draft.imageAt(path);
        if (!image)
            return failure(ErrorCode::NotFound, step.path);
        const DraftDomain *domain = draft.domain(step.domain);
        if (domain && isActive(domain->state))
            return failure(ErrorCode::Unsupported, u"machine-running"_s, domain->name);
        draft.write(image->id);
        return {};
    }
    if (draft.imageAt(path))
        return failure(ErrorCode::Busy, step.path);
    const DraftImage *below = draft.imageAt({SourceKind::File, pin->backing});
    if (!pin->backing.isEmpty() && !below)
        return failure(ErrorCode::NotFound, pin->backing);
    draft.createCopy(step.path, pin->format, pin->virtualSize, below ? below->id : ImageId(), draft.freshView());
    for (const QString &tag : pin->tags)
        draft.addTag(draft.idAt(path), tag, 0, 0);
    return {};
}

Result<> redefine(const Step &step, const DraftDomain &domain, Draft &draft)
{
    const auto definition = readDomain(step.text.toUtf8());
    if (!definition)
        return failure(definition.error());
    if (isActive(domain.state))
        return failure(ErrorCode::Unsupported, u"machine-running"_s, domain.name);
    for (const Disk &disk : definition->disks) {
        if (disk.source.location.isLocalPath() && !draft.imageAt(disk.source.location))
            return failure(ErrorCode::NotFound, disk.source.location.name);
    }
    draft.define(step.domain, std::make_shared<const DomainDefinition>(*definition));
    return {};
}

Result<> retell(const Step &step, const DraftDomain &domain, Draft &draft)
{
    const auto snapshot = readSnapshot(step.text.toUtf8());
    if (!snapshot)
        return failure(snapshot.error());
    // A child of what is not there (any more) would be a root.
    if (!snapshot->parent.isEmpty() && !domain.snapshot(snapshot->parent))
        return failure(ErrorCode::NotFound, snapshot->parent);
    if (domain.snapshot(step.name))
        draft.changeSnapshot(step.domain, step.name, *snapshot);
    else
        draft.addSnapshot(step.domain, *snapshot, false);
    return {};
}

class UndoPlanner
{
public:
    UndoPlanner(const JournalEntry &entry, const std::shared_ptr<const Inventory> &inventory, const JobHost &host)
        : m_entry(entry)
        , m_host(host)
        , m_draft(inventory)
        , m_before(m_draft)
        , m_canEditFiles(canEditFiles(host))
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
        for (const JournalStep &each : m_entry.steps) {
            if (!each.isDone && !each.mayBeHalfDone)
                continue;
            if (each.step.kind == StepKind::CreateSnapshot)
                declared.snapshots.insert(each.step.name);
            // Under its new name it is gone; what it keeps is kept by the old one.
            if (each.step.kind == StepKind::RenameSnapshot)
                declared.snapshots.insert(each.step.text);
            for (const Step &step : each.undo) {
                if (step.kind == StepKind::CommitOffline)
                    m_free.insert(step.path); // what it holds is in its base then
                if (step.kind != StepKind::RemoveFile && step.kind != StepKind::ReplaceFile)
                    continue;
                hasMade = true;
                if (isAsMade(step.path, each))
                    m_free.insert(step.path);
                else
                    isUntouched = false;
            }
        }
        for (const JournalStep &each : m_entry.steps) {
            for (const Step &step : each.undo) {
                if (step.kind == StepKind::PointDisks && (each.isDone || each.mayBeHalfDone)
                    && !leavesOwn(step, *domain))
                    isUntouched = false;
            }
        }
        // What the machine would show next is what the job made of it, and nothing that came after.
        declared.currentState = isUntouched && hasMade;
        Judge judge(m_draft, declared);
        for (auto each = m_entry.steps.rbegin(); each != m_entry.steps.rend() && !m_hasFailed; ++each) {
            if (!each->isDone && !each->mayBeHalfDone)
                continue;
            if (each->undoable == Undoable::No) {
                block(u"not-undoable"_s, stepName(each->step.kind));
                m_hasFailed = true;
            }
            for (const Step &step : each->undo)
                add(step, judge);
        }
        if (m_plan.steps.empty() && !m_hasFailed)
            block(u"nothing-to-undo"_s, m_entry.entry);
        judge.finish(m_draft);
        settle(judge);
        return std::move(m_plan);
    }

private:
    // Nobody has written to the file since the step made it, or could have: nothing names it.
    bool isAsMade(const QString &path, const JournalStep &step) const
    {
        for (const FileMark &mark : step.made) {
            if (mark.path != path)
                continue;
            for (const auto &store : m_host.stores) {
                if (const auto status = store->status(path))
                    return status->size == mark.size && status->modifiedNanoseconds == mark.modifiedNanoseconds;
            }
            return false;
        }
        return !isNamed(path);
    }

    // The machine goes from files that the job made, and from no other: it may have come to others since.
    bool leavesOwn(const Step &step, const DraftDomain &domain) const
    {
        return std::all_of(step.disks.begin(), step.disks.end(), [&](const StepDisk &then) {
            const Disk *now = domain.definition ? domain.definition->disk(then.target) : nullptr;
            return !now || now->source.location.name == then.path || m_free.contains(now->source.location.name);
        });
    }

    bool isNamed(const QString &path) const
    {
        const ImageLocation location{SourceKind::File, path};
        const ImageId image = m_before.idAt(location);
        const auto names = [&](const std::shared_ptr<const DomainDefinition> &definition) {
            return definition && std::any_of(definition->disks.begin(), definition->disks.end(), [&](const Disk &disk) {
                return !disk.source.location.isEmpty() && m_before.idAt(disk.source.location) == image;
            });
        };
        if (!m_before.overlaysOf(image).empty())
            return true;
        for (const auto &[id, domain] : m_before.domains()) {
            if (names(domain->definition) || names(domain->persistentDefinition))
                return true;
            for (const auto &snapshot : domain->snapshots) {
                if (names(snapshot->definition))
                    return true;
            }
        }
        return false;
    }

    void add(Step step, Judge &judge)
    {
        if (m_hasFailed)
            return;
        // What an off machine's file is committed into, a running machine's QEMU must be asked for, which moves its
        // disk as well.
        if (m_isOn && step.kind == StepKind::CommitOffline && !step.disks.empty())
            step = {StepKind::CommitLive, step.domain, {}, {}, {}, {}, {}, step.disks};
        else if (m_isOn && step.kind == StepKind::PointDisks && step.text.isEmpty())
            return;
        if (needsFiles(step.kind) && !m_canEditFiles) {
            block(u"files-out-of-reach"_s, step.path);
            m_hasFailed = true;
            return;
        }
        PlannedStep planned;
        const size_t first = m_draft.effects().size();
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
            planned.effects.assign(m_draft.effects().begin() + qsizetype(first), m_draft.effects().end());
            judge.look(m_draft, int(m_plan.steps.size()));
        }
        m_plan.steps.push_back(std::move(planned));
    }

    void block(const QString &id, const QString &subject, const QStringList &arguments = {})
    {
        m_plan.findings.push_back({id, Verdict::Block, subject, arguments});
        m_plan.verdict = Verdict::Block;
    }

    // What the entry made itself is nobody's loss.
    void settle(const Judge &judge)
    {
        for (Finding finding : judge.findings()) {
            const bool isOwnFile = finding.id == "state-lost"_L1 && finding.arguments.value(0) == "image"_L1
                && m_free.contains(finding.subject);
            if (isOwnFile)
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
        std::stable_sort(m_plan.findings.begin(), m_plan.findings.end(),
            [](const Finding &a, const Finding &b) { return a.severity > b.severity; });
        m_plan.effects = m_draft.effects();
        m_plan.losses = judge.losses();
        if (!m_hasFailed)
            m_plan.outcome = std::make_shared<const Draft>(m_draft);
    }

    const JournalEntry &m_entry;
    const JobHost &m_host;
    Draft m_draft;
    const Draft m_before;
    Plan m_plan;
    QSet<QString> m_free; // files that may go: nothing is in them that is not elsewhere
    const bool m_canEditFiles;
    bool m_isOn = false;
    bool m_hasFailed = false;
};

} // namespace

Result<> playUndoStep(const JournalEntry &entry, const Step &step, Draft &draft)
{
    // A change replaces what it changes; the machine as it was stays alive with this copy.
    const Draft before = draft;
    const DraftDomain *domain = before.domain(step.domain);
    if (!domain)
        return failure(ErrorCode::NotFound, step.domain.value);
    if ((step.kind == StepKind::CopyFile || step.kind == StepKind::ReplaceFile) && isPin(step.base))
        return restorePin(entry, step, draft);
    if (step.kind == StepKind::PointDisks && !step.text.isEmpty())
        return redefine(step, *domain, draft);
    if (step.kind == StepKind::PointSnapshot && !step.text.isEmpty())
        return retell(step, *domain, draft);
    return play(step, draft);
}

Plan planUndo(const JournalEntry &entry, const std::shared_ptr<const Inventory> &inventory, const JobHost &host)
{
    return UndoPlanner(entry, inventory, host).plan();
}

} // namespace treewarden
