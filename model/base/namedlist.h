// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/sharedmap.h"

#include <QString>

namespace treewarden {

// What has a name, or refers to one, and where it stands.
struct NamedPlace
{
    QString name;
    int place = 0;

    int compare(const NamedPlace &other) const
    {
        const int order = name.compare(other.name);
        return order != 0 ? order : place < other.place ? -1 : place > other.place;
    }
    bool operator<(const NamedPlace &other) const { return compare(other) < 0; }
    bool operator<(QStringView other) const { return QStringView(name).compare(other) < 0; }
};

// Things in an order, found by their names, of which several may have one; nameOf() gives it. Copies share what they
// have in common, as those of a SharedMap do.
template <typename T>
class NamedList
{
    using Order = SharedMap<int, T>;

public:
    class const_iterator : public Order::const_iterator
    {
    public:
        using value_type = T;
        using pointer = const T *;
        using reference = const T &;

        const_iterator() = default;
        const_iterator(typename Order::const_iterator each)
            : Order::const_iterator(std::move(each))
        {
        }
        reference operator*() const { return Order::const_iterator::operator*().second; }
        pointer operator->() const { return &**this; }
        int place() const { return Order::const_iterator::operator*().first; }
        const_iterator &operator++()
        {
            Order::const_iterator::operator++();
            return *this;
        }
        const_iterator operator++(int)
        {
            const_iterator before = *this;
            ++*this;
            return before;
        }
    };

    NamedList() = default;
    explicit NamedList(std::vector<T> things)
    {
        std::vector<typename Order::Entry> order;
        std::vector<std::pair<NamedPlace, int>> names;
        for (T &thing : things) {
            names.push_back({{nameOf(thing), m_next}, m_next});
            order.push_back({m_next++, std::move(thing)});
        }
        m_order = Order(std::move(order));
        m_names = SharedMap<NamedPlace, int>(std::move(names));
    }

    qsizetype size() const { return m_order.size(); }
    bool empty() const { return m_order.empty(); }
    const_iterator begin() const { return m_order.begin(); }
    const_iterator end() const { return m_order.end(); }
    const T &front() const { return *begin(); }

    // The place of the first of that name, which it keeps; -1: there is none.
    int placeOf(QStringView name) const
    {
        const auto found = m_names.lowerBound(name);
        return found != m_names.end() && found->first.name == name ? found->second : -1;
    }
    const T *find(QStringView name) const { return at(placeOf(name)); }
    const T *at(int place) const { return m_order.find(place); } // null: nothing is there
    const SharedMap<int, T> &byPlace() const { return m_order; }

    int append(T thing)
    {
        replace(m_next, std::move(thing));
        return m_next++;
    }
    void replace(int place, T thing)
    {
        const QString name = nameOf(thing);
        if (const T *then = at(place); then && nameOf(*then) != name)
            m_names.remove({nameOf(*then), place});
        m_names.insert({name, place}, place);
        m_order.insert(place, std::move(thing));
    }
    void remove(int place)
    {
        if (const T *then = at(place))
            m_names.remove({nameOf(*then), place});
        m_order.remove(place);
    }

private:
    Order m_order;
    SharedMap<NamedPlace, int> m_names;
    int m_next = 0;
};

} // namespace treewarden
