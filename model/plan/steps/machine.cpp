// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/steps/steps.h"

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

// Every image of its disks is there, and all that lies below.
Result<> canStart(const Draft &draft, const DomainDefinition &definition)
{
    for (const Disk &disk : definition.disks) {
        if (!disk.isWritten() || !disk.source.location.isLocalPath())
            continue;
        const DraftImage *layer = draft.imageAt(disk.source.location);
        if (!layer)
            return refuses(u"file-missing"_s, disk.source.location.name);
        while (layer && !layer->backing.isEmpty()) {
            const ImageId below = layer->backing;
            layer = draft.image(below);
            const Image *read = draft.inventory().images->find(below);
            if (!layer && (!read || read->facts.isAbsent()))
                return refuses(u"file-missing"_s, read ? read->location.name : below.value);
        }
    }
    return {};
}

Result<> commitLive(const Step &step, const DraftDomain &domain, Draft &draft)
{
    if (step.disks.size() != 1)
        return failure(ErrorCode::Malformed, stepName(step.kind));
    const StepDisk &disk = step.disks.front();
    const DraftImage *top = draft.imageAt({SourceKind::File, disk.path});
    const DraftImage *base = draft.imageAt({SourceKind::File, disk.base});
    if (!top || !base || !draft.isBelow(base->id, top->id))
        return failure(ErrorCode::NotFound, top ? disk.base : disk.path);
    const DraftImage *active = imageOf(draft, *domain.definition, disk.target);
    const bool pivots = active && active->id == top->id;
    const ImageId topId = top->id;
    const ImageId baseId = base->id;
    const QString format = base->format;
    draft.commit(topId, baseId, Draft::Committer::Libvirt);
    if (pivots) {
        draft.define(domain.uuid, withDisks(*domain.definition, {{disk.target, disk.base, {}, format}}));
        return {};
    }
    // QEMU lets what lay on the top lie on the base.
    for (const ImageId &overlay : draft.overlaysOf(topId)) {
        if (active && (overlay == active->id || draft.isBelow(overlay, active->id)))
            draft.repoint(overlay, baseId);
    }
    return {};
}

} // namespace

Result<> playMachine(const Step &step, Draft &draft)
{
    const DraftDomain *domain = draft.domain(step.domain);
    if (!domain || !domain->definition)
        return failure(ErrorCode::NotFound, step.domain.value);
    const bool isOn = isActive(domain->state);
    const auto needs = [&](bool on) -> Result<> {
        if (isOn != on)
            return refuses(on ? u"machine-off"_s : u"machine-running"_s, domain->name);
        return {};
    };
    switch (step.kind) {
    case StepKind::PointDisks:
    case StepKind::DefineAsThen: {
        if (const auto off = needs(false); !off)
            return off;
        const DomainDefinition *from = domain->definition.get();
        if (step.kind == StepKind::DefineAsThen) {
            const Snapshot *snapshot = domain->snapshot(step.name);
            if (!snapshot)
                return refuses(u"no-such-snapshot"_s, step.name);
            if (!snapshot->definition)
                return refuses(u"definition-missing"_s, step.name);
            from = snapshot->definition.get();
        }
        for (const StepDisk &disk : step.disks) {
            if (!from->disk(disk.target) || !draft.imageAt({SourceKind::File, disk.path}))
                return failure(ErrorCode::NotFound, disk.path);
        }
        draft.define(domain->uuid, withDisks(*from, step.disks));
        return {};
    }
    case StepKind::Start:
        if (const auto off = needs(false); !off)
            return off;
        if (const auto can = canStart(draft, *domain->definition); !can)
            return can;
        draft.start(domain->uuid, domain->savedMemory);
        if (step.has(Step::PauseAfter))
            draft.setState(step.domain, DomainState::Paused);
        return {};
    case StepKind::RestoreMemory: {
        if (const auto off = needs(false); !off)
            return off;
        const DraftImage *memory = draft.imageAt({SourceKind::File, step.path});
        if (!memory)
            return refuses(u"memory-file-missing"_s, step.path);
        const auto definition = withDisks(*domain->definition, step.disks);
        if (const auto can = canStart(draft, *definition); !can)
            return can;
        const View shown = draft.view(memory->id);
        draft.define(domain->uuid, definition);
        draft.start(step.domain, shown);
        if (step.has(Step::PauseAfter))
            draft.setState(step.domain, DomainState::Paused);
        return {};
    }
    case StepKind::Pause:
        if (const auto on = needs(true); !on)
            return on;
        draft.setState(step.domain, DomainState::Paused);
        return {};
    case StepKind::Resume:
        if (const auto on = needs(true); !on)
            return on;
        draft.setState(step.domain, DomainState::Running);
        return {};
    case StepKind::ShutDown:
    case StepKind::ForceOff:
        if (const auto on = needs(true); !on)
            return on;
        draft.stop(step.domain, step.kind == StepKind::ShutDown);
        return {};
    case StepKind::DropSavedState:
        if (!domain->savedMemory)
            return failure(ErrorCode::NotFound, domain->name);
        draft.dropSavedMemory(step.domain);
        return {};
    case StepKind::CommitLive:
        if (const auto on = needs(true); !on)
            return on;
        return commitLive(step, *domain, draft);
    default:
        Q_UNREACHABLE();
    }
}

} // namespace treewarden::steps
