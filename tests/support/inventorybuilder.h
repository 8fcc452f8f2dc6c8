// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"

namespace treewarden::test {

// A host written down as text, one thing a line; NAMEs of files are files of /images, "#" begins a comment.
//
//   libvirt 11.3.0
//   image NAME [on=NAME] [tags=A,B:64] [bitmaps=C,D!,E?] [allocated=MIB] [pool=P] [data=NAME] [raw] [save] [corrupt]
//              [dirty] [noformat] [absent] [unreadable] [notread]
//       tags: ":64" MiB of saved memory; bitmaps: "!" inconsistent, "?" in use
//   machine NAME [running] [managedsave] [unreadable] [nosnapshots]    (what follows belongs to it)
//   disk TARGET NAME [raw] [cdrom] [readonly] [transient] [mirror=NAME] [chain=NAME,NAME]
//   next TARGET NAME                                  the persistent definition's disk
//   nvram NAME [qcow2]
//   internal NAME [parent=P] [memory] [nodefinition] TARGET=FROZEN ...
//   external NAME [parent=P] [memory=FILE] [nodefinition] [deleting] [reverted=TARGET:FILE] TARGET=FROZEN>OVERLAY ...
//   current NAME
//   checkpoint NAME TARGET=BITMAP ...
//
// Machines have their name as UUID, images "id:NAME" as id. A line that cannot be understood ends the program.
Inventory inventoryOf(const QString &text);

QString path(const QString &name); // "/images/NAME"
ImageId imageId(const QString &name); // "id:NAME"

} // namespace treewarden::test
