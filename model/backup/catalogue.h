// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/imagestore.h"
#include "model/domain/backup.h"

namespace treewarden {

// What a folder has of a machine's backups: DIRECTORY/MACHINE/chain-0001, chain-0002, ... Blocks; nothing changes.
BackupTarget readTarget(ImageStore &store, const QString &directory, const DomainId &domain, const QString &domainName);
// What is kept in `folder` about a volume, which has one chain at most; the folder need not be there yet.
BackupTarget readVolumeTarget(ImageStore &store, const QString &url, const QString &folder);
// One chain's folder. The manifest is unknown where it cannot be read or understood.
BackupChain readChain(ImageStore &store, const QString &folder);
// A whole file (Unsupported beyond 64 MiB).
Result<QByteArray> readSmall(ImageStore &store, const QString &path);

} // namespace treewarden
