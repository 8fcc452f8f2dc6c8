// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace treewarden {

// A list that only grows, whose copies share what they have in common: neither a copy nor another entry costs more the
// longer it is. Copies may be used in several threads.
template <typename T>
class SharedLog
{
public:
    qsizetype size() const { return m_last ? m_last->number + 1 : 0; }
    void append(T entry)
    {
        const qsizetype number = size();
        m_last = std::make_shared<Node>(std::move(entry), number, std::move(m_last));
    }
    // Those after so many, in their order.
    std::vector<T> entries(qsizetype after = 0) const
    {
        std::vector<T> found(size_t(std::max<qsizetype>(0, size() - after)));
        auto place = found.rbegin();
        for (const Node *node = m_last.get(); node && node->number >= after; node = node->before.get())
            *place++ = node->entry;
        return found;
    }

private:
    struct Node
    {
        Node(T one, qsizetype place, std::shared_ptr<Node> previous)
            : entry(std::move(one))
            , number(place)
            , before(std::move(previous))
        {
        }
        Node(const Node &) = delete;
        Node &operator=(const Node &) = delete;
        // One after the other: a long list would need as deep a stack.
        ~Node()
        {
            while (before && before.use_count() == 1)
                before = std::exchange(before->before, nullptr);
        }

        T entry;
        qsizetype number;
        std::shared_ptr<Node> before;
    };

    std::shared_ptr<Node> m_last;
};

} // namespace treewarden
