// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/result.h"

#include <QLatin1StringView>

#include <vector>

namespace treewarden::qcow2 {

// Who takes which bytes of the file. Tables that lie over each other mean a damaged or a forged image.
class Layout
{
public:
    // Nothing is taken by a length of 0.
    void take(Bytes offset, Bytes length, QLatin1StringView field);
    Result<> check() const;

private:
    struct Range
    {
        Bytes offset;
        Bytes length;
        QLatin1StringView field;
    };
    std::vector<Range> m_ranges;
};

} // namespace treewarden::qcow2
