// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/snapshot.h"

namespace treewarden {

// libvirt keeps no copy of a raw NVRAM file with any snapshot, so Treewarden keeps one beside the file, named after
// both ("web_VARS.fd.before upgrade.nvram"), so that whoever looks into the folder finds it again (docs/adr/0007).
// libvirt allows no slash in a snapshot's name. Empty: the NVRAM is no raw file (a qcow2 one holds tags of its own), or
// the name would be too long for a file system.
QString nvramCopyPath(const Nvram &nvram, const QString &snapshot);
QString nvramCopyPath(const Snapshot &snapshot);

// The name of the snapshot that a file is such a copy for; empty: it is none of this NVRAM's.
QString snapshotOfNvramCopy(const Nvram &nvram, const QString &path);

} // namespace treewarden
