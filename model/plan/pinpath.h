// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLatin1StringView>
#include <QString>

namespace treewarden {

// Whether it is the second name by which a job keeps a file that it removed. A CopyFile from or to one moves the file.
inline bool isPin(const QString &path)
{
    return path.contains(QLatin1StringView("/.treewarden/"));
}

} // namespace treewarden
