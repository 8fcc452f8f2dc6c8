// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/steps/steps.h"

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

// The machine that has the image open; empty: none.
QString runningUserOf(const Draft &draft, const ImageId &image)
{
    for (const auto &[id, domain] : draft.domains()) {
        if (!isActive(domain->state) || !domain->definition)
            continue;
        const std::optional<Nvram> &nvram = domain->definition->nvram;
        if (nvram && draft.idAt({SourceKind::File, nvram->path}) == image)
            return domain->name;
        for (const Disk &disk : domain->definition->disks) {
            const ImageId top = draft.idAt(disk.source.location);
            if (!disk.source.location.isEmpty() && (top == image || draft.isBelow(image, top)))
                return domain->name;
        }
    }
    return {};
}

} // namespace

Result<> playFile(const Step &step, Draft &draft)
{
    const ImageLocation path{SourceKind::File, step.path};
    const ImageLocation base{SourceKind::File, step.base};
    const DraftImage *image = draft.imageAt(path);
    const DraftImage *below = step.base.isEmpty() ? nullptr : draft.imageAt(base);
    const bool makes
        = step.kind == StepKind::CreateOverlay || step.kind == StepKind::ExtractTag || step.kind == StepKind::CopyFile;
    const bool replaces = step.kind == StepKind::CopyFile && step.has(Step::Replace);
    if (makes && !replaces && image)
        return refuses(u"target-exists"_s, step.path);
    if ((!makes || replaces) && !image)
        return failure(ErrorCode::NotFound, step.path);
    const bool needsBase = makes || step.kind == StepKind::CommitOffline || step.kind == StepKind::RepointOverlay;
    if (needsBase && !below)
        return failure(ErrorCode::NotFound, step.base);

    // qemu-img refuses what a running QEMU has open, and a file that is gone would be missed at the next start.
    const bool changes = !makes || replaces;
    if (changes) {
        if (const QString user = runningUserOf(draft, image->id); !user.isEmpty())
            return refuses(u"machine-running"_s, user);
    }
    if (step.kind == StepKind::CommitOffline) {
        if (const QString user = runningUserOf(draft, below->id); !user.isEmpty())
            return refuses(u"machine-running"_s, user);
    }

    switch (step.kind) {
    case StepKind::CreateOverlay:
        draft.createOverlay(step.path, below->id);
        return {};
    case StepKind::ExtractTag: {
        const DraftTag *tag = below->tag(step.name);
        if (!tag)
            return refuses(u"tag-missing"_s, step.name);
        DraftTag kept;
        if (step.has(Step::KeepMemory))
            kept = {tag->name, {}, tag->memory, tag->memorySize};
        // A copy with the memory is one of the whole file; without, the contents alone, which need nothing below.
        const ImageId backing = step.has(Step::KeepMemory) ? below->backing : ImageId();
        draft.createCopy(step.path, below->format, below->virtualSize, backing, draft.view(below->id, step.name), kept);
        return {};
    }
    case StepKind::CopyFile:
        if (replaces)
            draft.remove(image->id);
        draft.createCopy(step.path, below->format, below->virtualSize, below->backing, draft.view(below->id));
        return {};
    case StepKind::CommitOffline:
        if (!draft.isBelow(below->id, image->id))
            return failure(ErrorCode::Malformed, step.base, u"not below the image"_s);
        draft.commit(image->id, below->id, Draft::Committer::QemuImg);
        return {};
    case StepKind::RepointOverlay:
        // The header alone changes: over a base that shows something else it would show what nobody ever saw.
        if (draft.view(image->backing) != draft.view(below->id))
            return failure(ErrorCode::Malformed, step.path, u"both bases must show the same"_s);
        draft.repoint(image->id, below->id);
        return {};
    case StepKind::AddTag:
        if (image->tag(step.name))
            return refuses(u"tag-exists"_s, step.name);
        draft.addTag(image->id, step.name, 0, 0);
        return {};
    case StepKind::RemoveTag:
        if (!image->tag(step.name))
            return refuses(u"tag-missing"_s, step.name);
        draft.removeTag(image->id, step.name);
        return {};
    case StepKind::RemoveFile:
        draft.remove(image->id);
        return {};
    default:
        Q_UNREACHABLE();
    }
}

} // namespace treewarden::steps
