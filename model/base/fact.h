// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/error.h"

#include <variant>

namespace treewarden {

// A thing that was found out, found to be absent, or could not be found out. Unknown never reads as empty: there is
// no conversion to T and no default value; a reader must say what it does in each of the three cases.
template <typename T>
class Fact
{
public:
    Fact() = default; // unknown: not read yet
    Fact(T value)
        : m_state(std::move(value))
    {
    }
    static Fact absent()
    {
        Fact fact;
        fact.m_state = Absent{};
        return fact;
    }
    static Fact unknown(Error why) // NOLINT(performance-unnecessary-value-param): it is moved
    {
        Fact fact;
        fact.m_state = std::move(why);
        return fact;
    }

    bool isKnown() const { return std::holds_alternative<T>(m_state); }
    bool isAbsent() const { return std::holds_alternative<Absent>(m_state); }
    bool isUnknown() const { return std::holds_alternative<Error>(m_state); }

    // Only when isKnown().
    const T &value() const { return std::get<T>(m_state); }
    // Only when isUnknown().
    const Error &why() const { return std::get<Error>(m_state); }

    const T *operator->() const { return &value(); }
    const T &operator*() const { return value(); }

    bool operator==(const Fact &) const = default;

private:
    struct Absent
    {
        bool operator==(const Absent &) const = default;
    };
    std::variant<Error, Absent, T> m_state = Error{ErrorCode::NotRead, {}, {}};
};

} // namespace treewarden
