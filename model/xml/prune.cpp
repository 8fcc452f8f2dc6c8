// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/prune.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace treewarden {

namespace {

bool isUnread(std::string_view name)
{
    static constexpr std::string_view unread[]{"audio", "clock", "console", "controller", "cookie", "cpu",
        "currentMemory", "features", "graphics", "inactiveDomain", "input", "memballoon", "metadata", "on_crash",
        "on_poweroff", "on_reboot", "pm", "rng", "seclabel", "serial", "sound", "video", "watchdog"};
    return std::binary_search(std::begin(unread), std::end(unread), name);
}

struct Markup
{
    enum class Kind { Start, End, Empty, Other };
    Kind kind = Kind::Other;
    std::string_view name;
    const char *end = nullptr; // behind its '>'; null: the document ends before that
};

// What begins with the '<' at `at`.
Markup readMarkup(const char *at, const char *end)
{
    Markup markup;
    const char *name = at + 1;
    if (name == end || *name == '!' || *name == '?')
        return markup;
    markup.kind = *name == '/' ? Markup::Kind::End : Markup::Kind::Start;
    name += markup.kind == Markup::Kind::End;
    const char *c = name;
    while (c != end && !std::strchr(" \t\r\n/>", *c))
        ++c;
    markup.name = {name, size_t(c - name)};
    // '>' may stand in the value of an attribute.
    for (; c != end && *c != '>'; ++c) {
        if (*c == '"' || *c == '\'') {
            c = static_cast<const char *>(std::memchr(c + 1, *c, size_t(end - c - 1)));
            if (!c)
                return {};
        }
    }
    if (c == end)
        return {};
    if (markup.kind == Markup::Kind::Start && c[-1] == '/')
        markup.kind = Markup::Kind::Empty;
    markup.end = c + 1;
    return markup;
}

// The address of a device; the one in a <source>, which tells NVMe disks apart, has no type.
bool isDeviceAddress(const Markup &markup)
{
    return markup.kind == Markup::Kind::Empty && markup.name == "address"
        && std::string_view(markup.name.end(), size_t(markup.end - markup.name.end())).starts_with(" type=");
}

bool isIndentation(const char *from, const char *to)
{
    return std::all_of(from, to, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
}

} // namespace

QByteArray pruned(const QByteArray &snapshot)
{
    QByteArray kept;
    kept.reserve(snapshot.size());
    const char *const end = snapshot.constData() + snapshot.size();
    const char *from = snapshot.constData(); // what is before is kept or left out
    const char *at = from;
    int depthInside = 0; // open elements of the unread one that we are in
    Markup::Kind before = Markup::Kind::Other;
    while ((at = static_cast<const char *>(std::memchr(at, '<', size_t(end - at))))) {
        const Markup markup = readMarkup(at, end);
        if (markup.kind == Markup::Kind::Other)
            return snapshot;
        const bool isEnd = markup.kind == Markup::Kind::End;
        if (depthInside > 0) {
            depthInside += isEnd ? -1 : markup.kind == Markup::Kind::Start;
            from = markup.end;
        } else {
            // Blanks are text only in an element without children.
            if ((before == Markup::Kind::Start && isEnd) || !isIndentation(from, at))
                kept.append(from, at - from);
            if (!isEnd && (isUnread(markup.name) || isDeviceAddress(markup)))
                depthInside = markup.kind == Markup::Kind::Start;
            else
                kept.append(at, markup.end - at);
            from = markup.end;
        }
        before = markup.kind;
        at = markup.end;
    }
    if (depthInside > 0)
        return snapshot;
    kept.append(from, end - from);
    return kept;
}

} // namespace treewarden
