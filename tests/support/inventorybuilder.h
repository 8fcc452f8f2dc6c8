// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"

namespace treewarden::test {

// A host written down as text, one thing a line; NAMEs of files are files of /images, "#" begins a comment.
//
//   libvirt 11.3.0
//   distribution debian 13
//   free MIB                                          in /images; without it there is plenty; "free unknown"
//   links no|unknown                                  whether /images takes hard links; without it, it does
//   image NAME [on=NAME] [tags=A,B:64,C@700] [bitmaps=C,D!,E?] [allocated=MIB] [size=MIB] [pool=P] [data=NAME] [raw]
//              [changed=MACHINE/SNAPSHOT,NAME] [touched=...]
//              [disputed=FORMAT,FORMAT] [outside=PATH,PATH]
//              [save] [corrupt] [dirty] [noformat] [absent] [unreadable] [malformed] [folder] [notread]
//       tags: ":64" MiB of saved memory, "@700" when (else 500), "~9" MiB of virtual size then, ids from 1; bitmaps:
//       "!" inconsistent, "?" in use, "." does not record; "changed": not as it was when that snapshot, or overlay,
//       came to rest on it
//   machine NAME [running|blocked|paused|suspended|crashed|ending|unknown] [managedsave] [transient] [agent]
//   [unreadable] [nosnapshots] [ioerror|leaving|saved] [migrating|job-unread]
//       ioerror, leaving, saved: why it is paused
//       (what follows belongs to it)
//   disk TARGET NAME [raw] [cdrom] [lun] [readonly] [transient] [encrypted] [shareable] [sd]
//                    [block|network|volume|dir|nvme|vhostuser]
//                    [mirror=NAME] [chain=NAME,NAME]
//   next TARGET NAME                                  the persistent definition's disk
//   nvram NAME [qcow2] [varstore]
//   has [efi] [tpm] [hostdev] [apparmor] [windows-server] [genid] [memory=MIB] [cpus=N] [policy=internal|external]
//   job DISK TYPE [foreign] | job unknown
//   internal NAME [parent=P] [memory] [nodefinition] [state=S] TARGET=FROZEN ...
//   external NAME [parent=P] [memory=FILE] [nodefinition] [deleting] [state=S] [reverted=TARGET:FILE]
//            TARGET=FROZEN>OVERLAY ...
//       state: shutoff, running, paused, disk; without it running where memory was kept, else shutoff. The machine is
//       as the lines above say;
//   current NAME
//   checkpoint NAME TARGET=BITMAP ...
//
// Machines have their name as UUID, images "id:NAME" as id. A line that cannot be understood ends the program.
Inventory inventoryOf(const QString &text);

QString path(const QString &name); // "/images/NAME"
ImageId imageId(const QString &name); // "id:NAME"

} // namespace treewarden::test
