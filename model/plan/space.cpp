// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/space.h"

#include <algorithm>
#include <map>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr Bytes Metadata = MiB; // tables that an overlay has and a merge does not copy

Bytes known(const Fact<Bytes> &bytes, Bytes otherwise)
{
    return bytes.isKnown() ? *bytes : otherwise;
}

MergeSpace spaceOf(const DraftImage &top, const DraftImage &base)
{
    const Bytes size = std::max(base.virtualSize, top.virtualSize);
    // What tags keep is no room: the merge writes beside it.
    const Bytes taken = base.tags.empty() ? known(base.allocated, 0) : 0;
    // Nobody wrote to what is only about to be made; of what could not be looked at any part may be written.
    const Bytes holds = top.allocated.isAbsent() ? 0 : known(top.allocated, size);
    MergeSpace space;
    space.folder = base.location.name.left(base.location.name.lastIndexOf(u'/'));
    space.atMost = base.isKnown ? std::min(holds, size - std::min(size, taken)) : holds;
    if (top.tags.empty() && top.allocated.isKnown() && base.allocated.isKnown())
        space.atLeast = std::min(holds - std::min(holds, *base.allocated + Metadata), space.atMost);
    return space;
}

} // namespace

void addMerges(const Step &step, const std::vector<Effect> &effects, const Draft &before,
    std::vector<MergeSpace> &merges, std::vector<std::pair<QString, Bytes>> &space)
{
    const auto add = [&](const QString &topPath, const QString &basePath) {
        const DraftImage *top = before.imageAt({SourceKind::File, topPath});
        const DraftImage *base = before.imageAt({SourceKind::File, basePath});
        if (!top || !base || base->location.kind != SourceKind::File)
            return;
        const MergeSpace merge = spaceOf(*top, *base);
        addSpace(space, merge.folder, merge.atMost);
        merges.push_back(merge);
    };
    if (step.kind == StepKind::CommitOffline)
        add(step.path, step.base);
    if (step.kind == StepKind::CommitLive && !step.disks.empty())
        add(step.disks.front().path, step.disks.front().base);
    if (step.kind == StepKind::DeleteSnapshot) {
        for (const Effect &written : effects) {
            if (written.kind != EffectKind::Write)
                continue;
            const ImageId base = before.idAt({SourceKind::File, written.path});
            for (const Effect &removed : effects) {
                if (removed.kind == EffectKind::Remove
                    && before.isBelow(base, before.idAt({SourceKind::File, removed.path})))
                    add(removed.path, written.path);
            }
        }
    }
}

void addSpace(std::vector<std::pair<QString, Bytes>> &space, const QString &folder, Bytes bytes)
{
    const auto known = std::find_if(
        space.begin(), space.end(), [&folder](const std::pair<QString, Bytes> &need) { return need.first == folder; });
    if (known != space.end())
        known->second += bytes;
    else
        space.emplace_back(folder, bytes);
}

std::vector<Finding> checkSpace(const Inventory &inventory, const std::vector<std::pair<QString, Bytes>> &space,
    const std::vector<MergeSpace> &merges)
{
    struct Need
    {
        Bytes atMost = 0;
        Bytes ofMerges = 0; // of that
        Bytes atLeast = 0; // by the largest merge alone: each gives space back when it ends, as freeMerged() has it
        const FileSystem *where = nullptr;
    };
    std::vector<Finding> found;
    // Folders of one file system share its space.
    std::map<QString, Need> needed;
    for (const auto &[folder, bytes] : space) {
        const FileSystem *fileSystem = inventory.fileSystemOf(folder);
        if (!fileSystem || !fileSystem->free.isKnown()) {
            found.push_back({u"space-unknown"_s, Verdict::Warn, folder, {QString::number(bytes)}});
            continue;
        }
        Need &need = needed[fileSystem->id];
        need.atMost += bytes;
        need.where = fileSystem;
    }
    for (const MergeSpace &merge : merges) {
        const FileSystem *fileSystem = inventory.fileSystemOf(merge.folder);
        if (!fileSystem || !fileSystem->free.isKnown())
            continue;
        Need &need = needed[fileSystem->id];
        need.ofMerges += merge.atMost;
        need.atLeast = std::max(need.atLeast, merge.atLeast);
    }
    for (const auto &[id, need] : needed) {
        const Bytes free = *need.where->free;
        const auto find = [&](const QString &finding, Verdict severity, Bytes bytes) {
            found.push_back(
                {finding, severity, need.where->folders.value(0), {QString::number(bytes), QString::number(free)}});
        };
        const Bytes atLeast = need.atMost - need.ofMerges + need.atLeast;
        if (atLeast > free)
            find(u"no-space"_s, Verdict::Block, atLeast);
        else if (need.atMost > free)
            find(u"merge-may-not-fit"_s, Verdict::Confirm, need.atMost);
        else if (free - need.atMost < free / 5)
            find(u"little-space"_s, Verdict::Warn, need.atMost);
    }
    return found;
}

} // namespace treewarden
