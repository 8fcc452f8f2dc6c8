// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QString>

#include <vector>

namespace treewarden {

// What has a subject, in the order it came, and each but once, however many there are.
template <typename T>
class Distinct
{
public:
    bool add(T one) // false: it is there already
    {
        const auto [first, last] = m_places.equal_range(one.subject);
        for (auto place = first; place != last; ++place) {
            if (m_all[*place] == one)
                return false;
        }
        m_places.insert(one.subject, m_all.size());
        m_all.push_back(std::move(one));
        return true;
    }
    const std::vector<T> &all() const { return m_all; }

private:
    std::vector<T> m_all;
    QMultiHash<QString, size_t> m_places; // by subject
};

} // namespace treewarden
