// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

namespace treewarden {

// A <domainsnapshot> without the elements that no reader of snapshots looks at (<inactiveDomain>, <cpu>, <controller>,
// ...), without devices' addresses and without indentation. Qt's parser needs most of its time for those, and a machine
// can have 10,000 snapshots. A well-formed document stays well-formed and keeps all else; one that is not, or that
// holds comments, CDATA or processing instructions, in which a '<' need not begin an element, comes back as it is.
QByteArray pruned(const QByteArray &snapshot);

} // namespace treewarden
