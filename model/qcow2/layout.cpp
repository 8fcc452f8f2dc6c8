// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qcow2/layout.h"

#include "model/qcow2/bigendian.h"

#include <algorithm>

namespace treewarden::qcow2 {

void Layout::take(Bytes offset, Bytes length, QLatin1StringView field)
{
    if (length > 0)
        m_ranges.push_back({offset, length, field});
}

Result<> Layout::check() const
{
    std::vector<Range> ranges = m_ranges;
    std::sort(ranges.begin(), ranges.end(), [](const Range &a, const Range &b) { return a.offset < b.offset; });
    for (size_t i = 1; i < ranges.size(); ++i) {
        if (ranges[i].offset - ranges[i - 1].offset < ranges[i - 1].length)
            return malformed(ranges[i].field, QStringLiteral("lies over %1").arg(ranges[i - 1].field));
    }
    return {};
}

} // namespace treewarden::qcow2
