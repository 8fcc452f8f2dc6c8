// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/image.h"
#include "model/qcow2/extensions.h"

namespace treewarden::qcow2 {

Result<std::vector<Bitmap>> readBitmapDirectory(
    Window &window, const Header &header, const BitmapsExtension &extension);

} // namespace treewarden::qcow2
