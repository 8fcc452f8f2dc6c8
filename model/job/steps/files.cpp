// SPDX-License-Identifier: GPL-3.0-or-later
// Images and other files.
#include "model/job/steps/families.h"
#include "model/job/steps/look.h"

#include <algorithm>

namespace treewarden::steps {

using namespace Qt::StringLiterals;

namespace {

Result<bool> hasTag(const Step &step, JobHost &host)
{
    const auto facts = look::image(host, step.path);
    if (!facts)
        return failure(facts.error());
    return std::any_of(facts->tags.begin(), facts->tags.end(), [&](const Tag &tag) { return tag.name == step.name; });
}

// There was a file at the path before as well: what moved there is not where it was, and a copy holds the same.
Result<bool> isReplaced(const Step &step, JobHost &host)
{
    if (!isPin(step.base))
        return host.editor ? host.editor->holdSame(step.path, step.base) : failure(ErrorCode::Unsupported, step.path);
    const auto kept = look::exists(host, step.base);
    const auto there = look::exists(host, step.path);
    if (!kept || !there)
        return kept ? there : kept;
    return *there && !*kept;
}

// The layers between the two are left as they are. What is committed is often removed next, and metadata do not show
// whether it has arrived: so both are compared.
Result<> commit(const Step &step, JobHost &host, const EditProgress &progress)
{
    const auto there = look::exists(host, step.base);
    if (!there || !*there)
        return there ? failure(ErrorCode::NotFound, step.base) : failure(there.error());
    if (const auto done = host.editor->commit(step.path, step.base, progress); !done)
        return done;
    const auto same = host.editor->compare(step.path, step.base, {});
    return same ? same
                : failure(ErrorCode::Failed, step.base, u"not the same after the commit: "_s + same.error().detail);
}

} // namespace

Result<> runFile(const Step &step, JobHost &host, const StepContext &context)
{
    ImageEditor &editor = *host.editor;
    const EditProgress progress = [&](Bytes done, Bytes total) {
        if (context.progress)
            context.progress(done, total ? Fact<Bytes>(total) : Fact<Bytes>());
        return !context.isCancelled();
    };
    switch (step.kind) {
    case StepKind::CreateOverlay:
        return editor.createOverlay(step.path, step.base, step.format);
    case StepKind::ExtractTag:
        return editor.extractTag(step.path, step.base, step.name, step.has(Step::KeepMemory), progress);
    case StepKind::CommitOffline:
        return commit(step, host, progress);
    case StepKind::AddTag:
        return editor.addTag(step.path, step.name);
    case StepKind::RemoveTag:
        return editor.removeTag(step.path, step.name);
    case StepKind::RemoveFile:
        return editor.remove(step.path);
    case StepKind::CopyFile:
        if (step.has(Step::Replace))
            return isPin(step.base) ? editor.renameOver(step.base, step.path) : editor.copyOver(step.path, step.base);
        if (step.has(Step::InUse))
            return editor.copyInUse(step.path, step.base);
        return isPin(step.base) || isPin(step.path) ? editor.rename(step.base, step.path)
                                                    : editor.copy(step.path, step.base, progress);
    case StepKind::RepointOverlay:
        return editor.repoint(step.path, step.base, step.format);
    default:
        Q_UNREACHABLE();
    }
}

Result<bool> isFileDone(const Step &step, JobHost &host)
{
    switch (step.kind) {
    case StepKind::CreateOverlay:
    case StepKind::RepointOverlay: {
        const auto backing = look::backing(host, step.path);
        if (!backing && backing.error().code == ErrorCode::NotFound)
            return false;
        return backing ? Result<bool>(*backing == step.base) : failure(backing.error());
    }
    case StepKind::ExtractTag: {
        const auto facts = look::image(host, step.path);
        if (!facts && facts.error().code == ErrorCode::NotFound)
            return false;
        if (!facts)
            return failure(facts.error());
        const bool isTagged = std::any_of(
            facts->tags.begin(), facts->tags.end(), [&](const Tag &tag) { return tag.name == step.name; });
        return !step.has(Step::KeepMemory) || isTagged;
    }
    case StepKind::CopyFile:
        if (step.has(Step::Replace))
            return isReplaced(step, host);
        return look::exists(host, step.path);
    case StepKind::CommitOffline: {
        // Both are as they were by all that metadata show: that they open. The step itself compares what they hold.
        const auto top = look::image(host, step.path);
        const auto base = look::exists(host, step.base);
        if (!top || !base)
            return failure(!top ? top.error() : base.error());
        return *base;
    }
    case StepKind::AddTag:
        return hasTag(step, host);
    case StepKind::RemoveTag:
        return hasTag(step, host).map([](bool has) { return !has; });
    case StepKind::RemoveFile:
        return look::exists(host, step.path).map([](bool there) { return !there; });
    default:
        Q_UNREACHABLE();
    }
}

} // namespace treewarden::steps
