// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/assessment.h"

#include <QJsonObject>

namespace treewarden::cli {

// The shapes of docs/cli.md: sizes in bytes, times in seconds since 1970, unknown = null with an entry in "unknown".
QJsonObject listJson(const Inventory &inventory, const Assessment &assessment);
QJsonObject treeJson(const Inventory &inventory, const Assessment &assessment, const Domain &domain);
// All images, or those of one domain.
QJsonObject imagesJson(const Inventory &inventory, const Assessment &assessment, const Domain *domain);

// Names that scripts rely on.
QString stateName(DomainState state);
QString stateName(SnapshotState state);
QString kindName(TreeKind kind);
QString kindName(SnapshotKind kind);
QString kindName(OrphanKind kind);

} // namespace treewarden::cli
