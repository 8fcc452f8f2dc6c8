// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"
#include "model/domain/backup.h"

#include <QByteArray>

namespace treewarden {

// manifest.json: {"version":1,"program":"treewarden","domain":{"name","uuid"},"points":[{"number","level":"full|
// incremental|top","time","checkpoint":NAME|null,"checkpointTime","bitmap":NAME|null,"quiesced",
// "disks":[{"target","file","size","sha256","backing":NAME|null,"virtual","source","below":PATH}],
// "domainXml":{"file","size","sha256"},"nvram":{...}|null,"checkpointXml":{...}|null}]}. Sizes in bytes, times in
// seconds since 1970; names are of files in the manifest's own folder. It lists what is finished and nothing else.
// Of a volume the disk has "volume":URL in place of a file, and the whole "unfinished":true while it may show no point.
QByteArray writeManifest(const BackupManifest &manifest);
// Malformed (the detail says what) also where a name leads out of the folder or points are not in order; Unsupported:
// of a later version.
Result<BackupManifest> readManifest(const QByteArray &json);

} // namespace treewarden
