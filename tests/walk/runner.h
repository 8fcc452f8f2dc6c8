// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/walk/walk.h"

namespace treewarden::test {

// The program's own runner on this host, with a journal of its own.
WalkRunner jobRunner(const WalkHost &host);

} // namespace treewarden::test
