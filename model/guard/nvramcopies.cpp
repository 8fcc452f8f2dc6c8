// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/nvramcopies.h"

#include "model/domain/nvramcopy.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// The copy is made just before the snapshot is, and libvirt counts whole seconds.
constexpr qint64 Skew = 300; // seconds

bool isOlder(const Image &copy, const Snapshot &snapshot)
{
    return snapshot.created > 0 && copy.modified.isKnown() && *copy.modified < snapshot.created - Skew;
}

} // namespace

const Image *nvramCopyOf(const ImageGraph &images, const Snapshot &snapshot)
{
    const QString path = nvramCopyPath(snapshot);
    const Image *copy = path.isEmpty() ? nullptr : images.at({SourceKind::File, path});
    return copy && !copy->facts.isAbsent() && !isOlder(*copy, snapshot) ? copy : nullptr;
}

const DraftImage *nvramCopyOf(const Draft &draft, const Snapshot &snapshot)
{
    const QString path = nvramCopyPath(snapshot);
    const DraftImage *copy = path.isEmpty() ? nullptr : draft.imageAt({SourceKind::File, path});
    const Image *read = copy ? draft.inventory().images->find(copy->id) : nullptr; // null: a step made it
    return read && isOlder(*read, snapshot) ? nullptr : copy;
}

Fact<NvramKept> nvramKept(const ImageGraph &images, const Snapshot &snapshot)
{
    if (!snapshot.definition || !snapshot.definition->nvram)
        return Fact<NvramKept>::absent();
    if (nvramCopyOf(images, snapshot))
        return NvramKept::Beside;
    const Nvram &nvram = *snapshot.definition->nvram;
    if (nvram.format != "qcow2"_L1 || snapshot.kind() != SnapshotKind::Internal)
        return NvramKept::No;
    const Image *image = images.at({SourceKind::File, nvram.path});
    if (!image || image->facts.isAbsent())
        return NvramKept::No;
    if (image->facts.isUnknown())
        return Fact<NvramKept>::unknown(image->facts.why());
    const std::vector<Tag> &tags = image->facts->tags;
    const bool isTagged
        = std::any_of(tags.begin(), tags.end(), [&](const Tag &tag) { return tag.name == snapshot.name; });
    return isTagged ? NvramKept::Inside : NvramKept::No;
}

Fact<bool> tpmKept(const Snapshot &snapshot)
{
    if (!snapshot.definition || !snapshot.definition->hasTpm)
        return Fact<bool>::absent();
    return snapshot.kind() == SnapshotKind::Internal && snapshot.memory == MemoryKind::Internal;
}

} // namespace treewarden
