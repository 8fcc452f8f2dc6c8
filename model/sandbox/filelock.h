// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <chrono>

namespace treewarden {

// An exclusive lock that lives as long as the open file does, also across fork and exec. Move-only.
class FileLock
{
public:
    // Busy after `patience`. Makes the file where it does not exist, and gives it to the owner of its folder.
    static Result<FileLock> take(const QString &path, std::chrono::milliseconds patience);

    FileLock(FileLock &&other) noexcept;
    FileLock &operator=(FileLock &&other) noexcept;
    ~FileLock();

    int descriptor() const { return m_descriptor; }

private:
    explicit FileLock(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    int m_descriptor = -1;
};

} // namespace treewarden
