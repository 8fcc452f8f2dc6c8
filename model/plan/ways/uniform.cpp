// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to give every snapshot of a machine the same kind.
#include "model/plan/ways/ways.h"

#include <algorithm>

namespace treewarden::ways {

using namespace Qt::StringLiterals;

// Findings of this file:
//
// already-uniform       Block  machine  kind
// uniform-not-possible  Block  machine  kind
Proposal proposeUniform(
    const Intent &intent, const UniformIntent &uniform, const Draft &base, const Surroundings &, Depth)
{
    const DraftDomain &domain = *base.domain(intent.domain);
    const QString kind = intentWords(intent).last();
    const bool isUniform = std::all_of(domain.snapshots.begin(), domain.snapshots.end(),
        [&](const auto &snapshot) { return snapshot->kind() == uniform.kind; });
    return {blocked(intent,
                {isUniform ? u"already-uniform"_s : u"uniform-not-possible"_s, Verdict::Block, domain.name, {kind}}),
        {}};
}

} // namespace treewarden::ways
