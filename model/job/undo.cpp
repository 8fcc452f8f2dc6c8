// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/job/undo.h"

#include "model/job/steps/look.h"
#include "model/job/steps/steprunner.h"
#include "model/xml/domainedit.h"
#include "model/xml/domainxml.h"
#include "model/xml/snapshotxml.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// Collects the steps that put one step back.
class Undoer
{
public:
    Undoer(const Step &step, const Draft &before, JobHost &host, JournalStep &how)
        : m_step(step)
        , m_before(before)
        , m_host(host)
        , m_how(how)
    {
    }

    Result<> plan()
    {
        m_how.undoable = Undoable::Yes;
        switch (m_step.kind) {
        case StepKind::CreateSnapshot:
            createSnapshot();
            return {};
        case StepKind::RevertToSnapshot:
            return revert();
        case StepKind::DeleteSnapshot:
            if (!restoreFiles())
                return {};
            return snapshotAsItIs(m_step.name);
        case StepKind::ForgetSnapshot:
            return forget();
        case StepKind::RenameSnapshot:
            add({StepKind::RenameSnapshot, m_step.domain, m_step.text, m_step.name});
            return {};
        case StepKind::PointSnapshot:
            return pointSnapshot();
        case StepKind::DescribeSnapshot:
        case StepKind::MakeExternal:
        case StepKind::MakeInternal:
            return snapshotAsItIs(m_step.name);
        case StepKind::MakeCurrent:
            return makeCurrent();
        case StepKind::PointDisks:
        case StepKind::DefineAsThen:
            return definitionAsItIs();
        case StepKind::SetPolicy: {
            const auto now = look::definition(m_host, m_step.domain, Hypervisor::Definition::Persistent);
            if (!now)
                return failure(now.error());
            add({StepKind::SetPolicy, m_step.domain, {}, policyName(now->policy)});
            return {};
        }
        case StepKind::Pause:
            add({StepKind::Resume, m_step.domain});
            return {};
        case StepKind::Resume:
            add({StepKind::Pause, m_step.domain});
            return {};
        case StepKind::ShutDown:
            add({StepKind::Start, m_step.domain});
            m_how.undoable = Undoable::Partly;
            return {};
        case StepKind::CreateOverlay:
        case StepKind::ExtractTag:
            removeFile(m_step.path);
            return {};
        case StepKind::CopyFile:
            copyFile();
            return {};
        case StepKind::AddTag: {
            Step remove{StepKind::RemoveTag, m_step.domain, m_step.name};
            remove.path = m_step.path;
            add(remove);
            return {};
        }
        case StepKind::RepointOverlay:
            return repoint();
        case StepKind::PrepareBackup:
            addAs(StepKind::RemoveBackup);
            return {};
        case StepKind::BackUp:
            addAs(StepKind::DropCheckpoint);
            return {};
        case StepKind::BackUpByQmp:
            addAs(StepKind::DropBitmap);
            return {};
        case StepKind::FinishBackup:
            addAs(StepKind::UnlistBackup);
            return {};
        case StepKind::RemoveFile:
            restoreFiles();
            return {};
        case StepKind::ForceOff:
            // What it had in memory is gone; all that came with it can be put back.
            m_how.undoable = Undoable::Partly;
            return {};
        case StepKind::Start:
        case StepKind::RestoreMemory:
        case StepKind::DropSavedState:
        case StepKind::CommitLive:
        case StepKind::CommitOffline:
        case StepKind::RemoveTag:
        case StepKind::UnlistBackup:
        case StepKind::DropCheckpoint:
        case StepKind::DropBitmap:
        case StepKind::RemoveBackup:
            break;
        }
        m_how.undoable = Undoable::No;
        return {};
    }

private:
    void add(Step step) { m_how.undo.push_back(std::move(step)); }
    void addAs(StepKind kind) // of the same things
    {
        Step step = m_step;
        step.kind = kind;
        add(std::move(step));
    }
    void removeFile(const QString &path)
    {
        Step step{StepKind::RemoveFile, m_step.domain};
        step.path = path;
        add(step);
    }
    bool isOn() const
    {
        const DraftDomain *domain = m_before.domain(m_step.domain);
        return domain && isActive(domain->state);
    }

    // What came after the snapshot goes back into what it froze; planUndo() does that as the machine is then.
    void createSnapshot()
    {
        if (!m_step.has(Step::IsExternal)) {
            add({StepKind::DeleteSnapshot, m_step.domain, m_step.name});
            return;
        }
        const DraftDomain *domain = m_before.domain(m_step.domain);
        Step point{StepKind::PointDisks, m_step.domain};
        for (const StepDisk &disk : m_step.disks) {
            const Disk *now = domain && domain->definition ? domain->definition->disk(disk.target) : nullptr;
            if (!now || disk.path.isEmpty()) {
                m_how.undoable = Undoable::No;
                return;
            }
            Step commit{StepKind::CommitOffline, m_step.domain};
            commit.path = disk.path;
            commit.base = now->source.location.name;
            commit.disks = {{disk.target, commit.path, commit.base, now->source.format}};
            point.disks.push_back({disk.target, commit.base, {}, now->source.format});
            add(commit);
        }
        add(point);
        add({StepKind::ForgetSnapshot, m_step.domain, m_step.name});
        for (const StepDisk &disk : m_step.disks)
            removeFile(disk.path);
        if (!m_step.path.isEmpty())
            removeFile(m_step.path);
    }

    void copyFile()
    {
        // Out of a pin it moves, and so it goes back: it is the only one there is.
        const bool moves = isPin(m_step.base) || isPin(m_step.path);
        if (moves) {
            Step back{StepKind::CopyFile, m_step.domain};
            back.path = m_step.base;
            back.base = m_step.path;
            add(back);
        }
        if (m_step.has(Step::Replace))
            putBackPins(moves ? 0 : Step::Replace);
        else if (!moves)
            removeFile(m_step.path);
    }

    Result<> revert()
    {
        if (!restoreFiles())
            return {};
        if (isOn())
            m_how.undoable = Undoable::Partly; // its memory is gone
        if (const auto defined = definitionAsItIs(); !defined)
            return defined;
        // libvirt notes in both which overlays it made.
        const DraftDomain *domain = m_before.domain(m_step.domain);
        const QString current = domain ? domain->current : QString();
        if (const auto kept = snapshotAsItIs(m_step.name); !kept)
            return kept;
        if (current.isEmpty() || current == m_step.name)
            return {};
        if (const auto kept = snapshotAsItIs(current); !kept)
            return kept;
        add({StepKind::MakeCurrent, m_step.domain, current});
        return {};
    }

    Result<> forget()
    {
        const auto documents = look::snapshots(m_host, m_step.domain);
        const auto names = m_host.hypervisor->snapshotNames(m_step.domain);
        if (!documents || !names)
            return failure(documents ? names.error() : documents.error());
        if (const auto kept = snapshotAsItIs(m_step.name); !kept)
            return kept;
        for (const auto &[name, document] : *documents) {
            const auto snapshot = readSnapshot(document);
            if (snapshot && snapshot->parent == m_step.name)
                add({StepKind::PointSnapshot, m_step.domain, name, QString::fromUtf8(document)});
        }
        if (names->current == m_step.name)
            add({StepKind::MakeCurrent, m_step.domain, m_step.name});
        return {};
    }

    // A document that is put back may be of a snapshot that libvirt does not know any more.
    Result<> pointSnapshot()
    {
        const auto names = m_host.hypervisor->snapshotNames(m_step.domain);
        if (!names)
            return failure(names.error());
        if (names->names.contains(m_step.name))
            return snapshotAsItIs(m_step.name);
        add({StepKind::ForgetSnapshot, m_step.domain, m_step.name});
        return {};
    }

    Result<> makeCurrent()
    {
        const auto names = m_host.hypervisor->snapshotNames(m_step.domain);
        if (!names)
            return failure(names.error());
        // libvirt has no call that makes none the current one.
        if (names->current.isEmpty())
            m_how.undoable = Undoable::Partly;
        else
            add({StepKind::MakeCurrent, m_step.domain, names->current});
        return {};
    }

    Result<> snapshotAsItIs(const QString &name)
    {
        const auto xml = m_host.hypervisor->snapshotXml(m_step.domain, name, Hypervisor::Secrets::Include);
        if (!xml)
            return failure(xml.error());
        add({StepKind::PointSnapshot, m_step.domain, name, QString::fromUtf8(*xml)});
        return {};
    }

    Result<> definitionAsItIs()
    {
        const auto xml = m_host.hypervisor->domainXml(
            m_step.domain, Hypervisor::Definition::Persistent, Hypervisor::Secrets::Include);
        const auto now = xml ? readDomain(*xml) : failure(xml.error());
        if (!now)
            return failure(now.error());
        Step step{StepKind::PointDisks, m_step.domain, {}, QString::fromUtf8(*xml)};
        for (const Disk &disk : now->disks) {
            if (!disk.source.location.isEmpty())
                step.disks.push_back({disk.target, disk.source.location.name, {}, disk.source.format});
        }
        add(step);
        return {};
    }

    Result<> repoint()
    {
        const auto backing = look::backing(m_host, m_step.path);
        const auto facts = look::image(m_host, m_step.path);
        if (!backing || !facts)
            return failure(backing ? facts.error() : backing.error());
        Step step{StepKind::RepointOverlay, m_step.domain};
        step.path = m_step.path;
        step.base = *backing;
        step.format = facts->backingFormat;
        add(step);
        return {};
    }

    // False: what the step removes or writes over cannot be put back.
    bool restoreFiles()
    {
        if (touchedBy(m_step, m_before).overwrites) {
            m_how.undoable = Undoable::No;
            return false;
        }
        return putBackPins(0);
    }
    bool putBackPins(int flags)
    {
        if (!m_how.unpinned.isEmpty()) {
            m_how.undoable = Undoable::No;
            return false;
        }
        for (const Pin &pin : m_how.pins) {
            Step step{StepKind::CopyFile, m_step.domain};
            step.path = pin.path;
            step.base = pin.pinned;
            step.flags = flags;
            add(step);
        }
        return true;
    }

    const Step &m_step;
    const Draft &m_before;
    JobHost &m_host;
    JournalStep &m_how;
};

} // namespace

Touched touchedBy(const Step &step, const Draft &before)
{
    Touched touched;
    Draft after = before;
    const qsizetype effectsBefore = after.effectCount();
    if (!play(step, after)) {
        touched.overwrites = true; // nobody knows
        return touched;
    }
    for (const Effect &effect : after.effects(effectsBefore)) {
        const bool wasThere = before.imageAt({SourceKind::File, effect.path}) != nullptr;
        if (effect.kind == EffectKind::Create)
            touched.made += effect.path;
        else if (effect.kind == EffectKind::Remove && wasThere)
            touched.removed += effect.path;
        else if ((effect.kind == EffectKind::Write || effect.kind == EffectKind::RemoveTag) && wasThere)
            touched.overwrites = true;
    }
    return touched;
}

Result<> planUndoOf(const Step &step, const Draft &before, JobHost &host, JournalStep &how)
{
    how.undo.clear();
    return Undoer(step, before, host, how).plan();
}

void noteMade(const Step &step, const Draft &before, JobHost &host, JournalStep &how)
{
    QStringList made;
    for (const QString &path : touchedBy(step, before).made) {
        if (look::exists(host, path).value_or(false))
            made += path;
    }
    if (step.kind == StepKind::CopyFile && isPin(step.base))
        made += step.path;
    if (step.kind == StepKind::RevertToSnapshot) {
        const auto now = look::definition(host, step.domain, Hypervisor::Definition::Persistent);
        for (size_t i = 0; now && i < now->disks.size(); ++i) {
            const QString path = now->disks[i].source.location.name;
            if (path.isEmpty() || before.imageAt(now->disks[i].source.location) || how.undoable == Undoable::No)
                continue;
            made += path;
            Step remove{StepKind::RemoveFile, step.domain};
            remove.path = path;
            how.undo.push_back(remove);
        }
    }
    for (const QString &path : std::as_const(made)) {
        if (const FileMark mark = markOf(host, path); mark.modifiedNanoseconds != 0)
            how.made.push_back(mark);
    }
}

Result<XmlBefore> readXml(JobHost &host, const DomainId &domain)
{
    XmlBefore xml;
    const auto definition
        = host.hypervisor->domainXml(domain, Hypervisor::Definition::Persistent, Hypervisor::Secrets::Include);
    if (!definition)
        return failure(definition.error());
    xml.domain = *definition;
    const auto names = host.hypervisor->snapshotNames(domain);
    const auto documents = look::snapshots(host, domain);
    if (!names || !documents)
        return failure(names ? documents.error() : names.error());
    xml.current = names->current;
    xml.snapshots.assign(documents->begin(), documents->end());
    return xml;
}

} // namespace treewarden
