// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QVarLengthArray>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace treewarden {

// A map in the order of its keys whose copies share all that they have in common: a copy costs nothing, a change about
// as much as a lookup, and to find where two of them differ what that difference is. What a lookup or an iterator
// points at is valid as long as any copy that has it. Copies may be used in several threads.
//
// A tree of nodes that never change, balanced by weight (Adams 1993; the bounds are those of Hirai and Yamamoto 2011).
template <typename Key, typename Value>
class SharedMap
{
    struct Node;
    using Pointer = std::shared_ptr<const Node>;

public:
    using Entry = std::pair<Key, Value>;

    class const_iterator
    {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = Entry;
        using difference_type = std::ptrdiff_t;
        using pointer = const Entry *;
        using reference = const Entry &;

        const_iterator() = default;
        reference operator*() const { return m_path.back()->entry; }
        pointer operator->() const { return &m_path.back()->entry; }
        const_iterator &operator++()
        {
            const Node *node = m_path.back();
            m_path.removeLast();
            descend(node->right.get());
            return *this;
        }
        const_iterator operator++(int)
        {
            const_iterator before = *this;
            ++*this;
            return before;
        }
        bool operator==(const const_iterator &other) const
        {
            return m_path.isEmpty() || other.m_path.isEmpty() ? m_path.isEmpty() == other.m_path.isEmpty()
                                                              : m_path.back() == other.m_path.back();
        }

    private:
        friend SharedMap;
        void descend(const Node *node)
        {
            for (; node; node = node->left.get())
                m_path.append(node);
        }
        QVarLengthArray<const Node *, 24> m_path; // what is still to come, the next one last
    };

    SharedMap() = default;
    // At once, which is faster. Of several entries with one key the first counts.
    explicit SharedMap(std::vector<Entry> entries)
    {
        const auto isBefore = [](const Entry &a, const Entry &b) { return a.first < b.first; };
        if (!std::is_sorted(entries.begin(), entries.end(), isBefore))
            std::stable_sort(entries.begin(), entries.end(), isBefore);
        const auto isSame = [&](const Entry &a, const Entry &b) { return !isBefore(a, b); };
        entries.erase(std::unique(entries.begin(), entries.end(), isSame), entries.end());
        m_root = built(entries.begin(), entries.end());
    }

    qsizetype size() const { return sizeOf(m_root); }
    bool empty() const { return !m_root; }
    const_iterator begin() const
    {
        const_iterator first;
        first.descend(m_root.get());
        return first;
    }
    const_iterator end() const { return {}; }
    // The first entry whose key is not less.
    template <typename Like>
    const_iterator lowerBound(const Like &key) const
    {
        const_iterator found;
        for (const Node *node = m_root.get(); node;) {
            const bool isLess = node->entry.first < key;
            if (!isLess)
                found.m_path.append(node);
            node = isLess ? node->right.get() : node->left.get();
        }
        return found;
    }
    const Value *find(const Key &key) const
    {
        for (const Node *node = m_root.get(); node;) {
            const int order = compared(key, node->entry.first);
            if (order == 0)
                return &node->entry.second;
            node = order < 0 ? node->left.get() : node->right.get();
        }
        return nullptr;
    }
    bool contains(const Key &key) const { return find(key) != nullptr; }
    Value value(const Key &key) const
    {
        const Value *found = find(key);
        return found ? *found : Value();
    }

    void insert(const Key &key, Value value) { m_root = inserted(m_root, Entry(key, std::move(value))); }
    void remove(const Key &key) { m_root = removed(m_root, key); }

    // Calls visit(key, then, now) for each key whose values are not equal, in their order; null where there is none.
    template <typename Visit>
    static void visitDifferences(const SharedMap &then, const SharedMap &now, Visit visit)
    {
        compare(then.m_root, now.m_root, visit);
    }

private:
    struct Node
    {
        Entry entry;
        qsizetype size = 1; // with all below
        Pointer left;
        Pointer right;
    };

    // Less than 0: a comes first; 0: they are equal. Strings are looked at once for it.
    static int compared(const Key &a, const Key &b)
    {
        if constexpr (requires { a.compare(b); })
            return a.compare(b);
        else
            return a < b ? -1 : b < a;
    }

    static qsizetype sizeOf(const Pointer &node) { return node ? node->size : 0; }
    static qsizetype weightOf(const Pointer &node) { return sizeOf(node) + 1; }

    static Pointer made(Entry entry, Pointer left, Pointer right)
    {
        const qsizetype size = sizeOf(left) + sizeOf(right) + 1;
        return std::make_shared<const Node>(Node{std::move(entry), size, std::move(left), std::move(right)});
    }

    // One side may have got an entry more than it should have, or have lost one.
    static Pointer balanced(const Entry &entry, const Pointer &left, const Pointer &right)
    {
        if (weightOf(right) > 3 * weightOf(left)) {
            const Pointer &inner = right->left;
            if (weightOf(inner) < 2 * weightOf(right->right))
                return made(right->entry, made(entry, left, inner), right->right);
            return made(inner->entry, made(entry, left, inner->left), made(right->entry, inner->right, right->right));
        }
        if (weightOf(left) > 3 * weightOf(right)) {
            const Pointer &inner = left->right;
            if (weightOf(inner) < 2 * weightOf(left->left))
                return made(left->entry, left->left, made(entry, inner, right));
            return made(inner->entry, made(left->entry, left->left, inner->left), made(entry, inner->right, right));
        }
        return made(entry, left, right);
    }

    template <typename Iterator>
    static Pointer built(Iterator first, Iterator last)
    {
        if (first == last)
            return {};
        const Iterator middle = first + (last - first) / 2;
        return made(std::move(*middle), built(first, middle), built(middle + 1, last));
    }

    static Pointer inserted(const Pointer &node, Entry &&entry)
    {
        if (!node)
            return made(std::move(entry), {}, {});
        const int order = compared(entry.first, node->entry.first);
        if (order < 0)
            return balanced(node->entry, inserted(node->left, std::move(entry)), node->right);
        if (order > 0)
            return balanced(node->entry, node->left, inserted(node->right, std::move(entry)));
        return made(std::move(entry), node->left, node->right);
    }

    static Pointer removed(const Pointer &node, const Key &key)
    {
        if (!node)
            return {}; // it is not there
        const int order = compared(key, node->entry.first);
        if (order < 0)
            return balanced(node->entry, removed(node->left, key), node->right);
        if (order > 0)
            return balanced(node->entry, node->left, removed(node->right, key));
        if (!node->left || !node->right)
            return node->left ? node->left : node->right;
        const Node *next = node->right.get();
        while (next->left)
            next = next->left.get();
        return balanced(next->entry, node->left, removed(node->right, next->entry.first));
    }

    // What has less than the key, the entry, and what has more. What is left as it was is the same node.
    struct Parts
    {
        Pointer less;
        const Entry *same = nullptr;
        Pointer more;
    };
    static Parts split(const Pointer &node, const Key &key)
    {
        if (!node)
            return {};
        const int order = compared(key, node->entry.first);
        if (order < 0) {
            Parts parts = split(node->left, key);
            parts.more = parts.more == node->left ? node : made(node->entry, parts.more, node->right);
            return parts;
        }
        if (order > 0) {
            Parts parts = split(node->right, key);
            parts.less = parts.less == node->right ? node : made(node->entry, node->left, parts.less);
            return parts;
        }
        return {node->left, &node->entry, node->right};
    }

    template <typename Visit>
    static void compare(const Pointer &then, const Pointer &now, Visit &visit)
    {
        if (then == now)
            return;
        if (!then) {
            compare(then, now->left, visit);
            visit(now->entry.first, static_cast<const Value *>(nullptr), &now->entry.second);
            compare(then, now->right, visit);
            return;
        }
        const Parts parts = split(now, then->entry.first);
        compare(then->left, parts.less, visit);
        if (!parts.same)
            visit(then->entry.first, &then->entry.second, static_cast<const Value *>(nullptr));
        else if (!(parts.same->second == then->entry.second))
            visit(then->entry.first, &then->entry.second, &parts.same->second);
        compare(then->right, parts.more, visit);
    }

    Pointer m_root;
};

} // namespace treewarden
