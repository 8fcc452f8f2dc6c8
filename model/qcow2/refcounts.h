// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/qcow2/header.h"

#include <QHash>

namespace treewarden::qcow2 {

// How often each host cluster is referred to, as the image itself records it. Blocks are read when first asked for and
// kept within a bound. A budget, shared with whoever walks the tables, ends what a forged image would make endless.
class Refcounts
{
public:
    static Result<Refcounts> open(Window &window, const Header &header, Bytes budget);

    Result<quint64> of(quint64 cluster);
    // Window::fetch against the budget. Unsupported when it is used up.
    Result<QByteArray> fetch(Bytes offset, Bytes length, QLatin1StringView field);

private:
    Refcounts(Window &window, const Header &header, Bytes budget);

    Window *m_window;
    Header m_header;
    Bytes m_budget;
    QByteArray m_table;
    QHash<quint64, QByteArray> m_blocks;
    // The block asked for last: neighbours are most often asked for one after the other.
    quint64 m_lastIndex = ~quint64(0);
    QByteArray m_lastBlock;
};

} // namespace treewarden::qcow2
