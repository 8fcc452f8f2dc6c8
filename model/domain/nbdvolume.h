// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <optional>

namespace treewarden {

// What an NBD server gives under a name: as big as a disk, and of one content, which is written in place.
struct NbdVolume
{
    QString host; // empty: of a socket
    int port = 10809;
    QString socket = {}; // absolute path
    QString name = {}; // of the export; empty: the server's only one
};

bool isVolume(const QString &target); // whether it is a URL, and no folder
// "nbd://HOST[:PORT]/NAME", "nbd+unix:///NAME?socket=PATH" (the NBD URI specification). Null: none of these.
std::optional<NbdVolume> nbdVolume(const QString &url);

} // namespace treewarden
