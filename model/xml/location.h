// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/image.h"

#include <QXmlStreamReader>

namespace treewarden {

// A <source> element: where it points, and what else it may hold.
struct SourceElement
{
    ImageLocation location;
    QString dataFile; // <dataStore> within it
    bool encrypted = false; // <encryption> within it
};

// Reads the <source> the reader stands on (consumes it) of an element whose type attribute is `type`; empty: "file",
// as libvirt takes it. A type this program has no name for (or no protocol) gives SourceKind::Other with what file,
// dev, path or name says.
//
// Names are made so that equal images get equal names:
//   network      PROTOCOL[+TRANSPORT]://HOST[:PORT][,HOST[:PORT]...]/NAME[@SNAPSHOT][?QUERY], hosts in lower case, IPv6
//                in brackets, the protocol's default port left out (libvirt adds it to the XML of a running machine),
//                over a UNIX socket PROTOCOL+unix:///NAME?socket=PATH. Nothing is percent-encoded.
//   nvme         nvme://DOMAIN:BUS:SLOT.FUNCTION/NAMESPACE, as QEMU writes it
//   vhostuser    vhost-user://SOCKET
//   vhostvdpa    vhost-vdpa://DEVICE
SourceElement readSource(QXmlStreamReader &xml, QStringView type);

} // namespace treewarden
