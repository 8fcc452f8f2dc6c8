// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/plan/builder.h"

// How each intent is reached, a file an intent; for propose() alone. The machine is there and its definition is known
// when they are called; its snapshots need not be.
namespace treewarden::ways {

enum class Depth {
    FirstOnly, // libvirt's own way, for a shield in every row
    WithAlternatives,
};

Proposal proposeCreate(
    const Intent &intent, const CreateIntent &create, const Draft &base, const Surroundings &surroundings, Depth depth);
Proposal proposeRevert(
    const Intent &intent, const RevertIntent &revert, const Draft &base, const Surroundings &surroundings, Depth depth);
Proposal proposeDelete(const Intent &intent, const DeleteIntent &deletion, const Draft &base,
    const Surroundings &surroundings, Depth depth);
Proposal proposeRename(
    const Intent &intent, const RenameIntent &rename, const Draft &base, const Surroundings &surroundings, Depth depth);
Proposal proposeDescribe(const Intent &intent, const DescribeIntent &describe, const Draft &base,
    const Surroundings &surroundings, Depth depth);
Proposal proposePolicy(
    const Intent &intent, const PolicyIntent &policy, const Draft &base, const Surroundings &surroundings, Depth depth);
Proposal proposeUniform(const Intent &intent, const UniformIntent &uniform, const Draft &base,
    const Surroundings &surroundings, Depth depth);
Proposal proposePower(
    const Intent &intent, const PowerIntent &power, const Draft &base, const Surroundings &surroundings, Depth depth);
Proposal proposeRemoveOrphan(const Intent &intent, const RemoveOrphanIntent &orphan, const Draft &base,
    const Surroundings &surroundings, Depth depth);

Proposal proposeBackup(
    const Intent &intent, const BackupIntent &backup, const Draft &base, const Surroundings &surroundings, Depth depth);

// Adds what takes a snapshot of the machine as it stands in the builder, with the space it needs and what there is to
// remark: for a snapshot before a revert, too.
void addCreation(PlanBuilder &builder, const CreateIntent &create, const Surroundings &surroundings);

// A plan without steps that says why.
Plan blocked(const Intent &intent, Finding finding);

} // namespace treewarden::ways
