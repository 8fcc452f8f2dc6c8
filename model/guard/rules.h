// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/assessment.h"
#include "model/guard/tagindex.h"

namespace treewarden {

// What the rules of an assessment look at; valid as long as the inventory.
struct RuleInput
{
    const Inventory &inventory;
    const ImageGraph &images;
    const Claims &claims;
    TagIndex tags;
};

// Whether what a snapshot needs of one disk is still there.
enum class PartState { There, FileGone, TagGone, Unknown };

inline PartState stateOf(
    const ImageGraph &images, const TagIndex &tags, const ImageLocation &location, const QString &tag = {})
{
    const Image *image = images.at(location);
    if (!image || image->facts.isUnknown())
        return PartState::Unknown;
    if (image->facts.isAbsent())
        return PartState::FileGone;
    return tag.isEmpty() || tags.find(image->id, tag) ? PartState::There : PartState::TagGone;
}

// A domain whose state is not known may be running.
inline bool mayRun(const Domain &domain)
{
    return domain.state == DomainState::Unknown || isActive(domain.state);
}

// The domain's snapshots whose states are read through the image's present contents. A tag in it keeps its own.
QStringList snapshotsOn(const RuleInput &input, const Domain &domain, const ImageId &image);

// Fills in the orphans, and what hides whether there are more.
void findOrphans(const RuleInput &input, Assessment &assessment);
void addImageProblems(const RuleInput &input, const Domain &domain, std::vector<Problem> &problems);
// Of images that no machine relies on: of the machine whose snapshots name them, else of none.
void addUnclaimedImageProblems(const RuleInput &input, std::vector<Problem> &problems);
void addSnapshotProblems(const RuleInput &input, const Domain &domain, std::vector<Problem> &problems);

} // namespace treewarden
