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

} // namespace

QByteArray pruned(const QByteArray &snapshot)
{
    QByteArray kept;
    kept.reserve(snapshot.size());
    const char *const end = snapshot.constData() + snapshot.size();
    const char *from = snapshot.constData(); // kept up to here
    const char *at = from;
    int depthInside = 0; // open elements of the unread one that we are in
    while ((at = static_cast<const char *>(std::memchr(at, '<', size_t(end - at))))) {
        const Markup markup = readMarkup(at, end);
        if (markup.kind == Markup::Kind::Other)
            return snapshot;
        if (depthInside == 0 && markup.kind != Markup::Kind::End && isUnread(markup.name)) {
            kept.append(from, at - from);
            depthInside = markup.kind == Markup::Kind::Start;
            from = markup.end;
        } else if (depthInside > 0) {
            depthInside += markup.kind == Markup::Kind::Start;
            depthInside -= markup.kind == Markup::Kind::End;
            from = markup.end;
        }
        at = markup.end;
    }
    if (depthInside > 0)
        return snapshot;
    kept.append(from, end - from);
    return kept;
}

} // namespace treewarden
