// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace treewarden::libvirt {

// Starts the event thread and registers our own event implementation with libvirt (virEventRegisterImpl); later calls
// do nothing. Must come before the first connection of the process; lives as long as the process.
//
// Not virEventRegisterDefaultImpl(): that one iterates GLib's default main context, which Qt's GUI thread iterates
// too, and libvirt's callbacks were seen to run on the GUI thread.
void startEventLoop();

} // namespace treewarden::libvirt
