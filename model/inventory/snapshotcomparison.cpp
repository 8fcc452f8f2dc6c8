// SPDX-License-Identifier: GPL-3.0-or-later
// Snapshots that another program edited under their names.
#include "model/inventory/inventoryreader.h"

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// 0.08 ms of our processor time each, our event thread's with it: 4 ms.
constexpr qsizetype ShareSize = 50;
// All in view within 2 s and the others within 15 s, less the time to read the machine anew and to draw it.
constexpr auto RoundInView = 1400ms;
constexpr auto RoundElsewhere = 13'000ms;
constexpr auto ShortestPause = 140ms;
// Each is a call, which a far host answers in its own time.
constexpr auto LongestShare = 200ms;

} // namespace

qsizetype InventoryReader::snapshotCount(Watched which, const DomainId &inView) const
{
    qsizetype count = 0;
    for (const Known &known : m_known) {
        if ((known.summary.uuid == inView) == (which == Watched::InView) && known.names)
            count += known.names->names.size();
    }
    return count;
}

std::chrono::milliseconds InventoryReader::comparisonPause(Watched which, const DomainId &inView) const
{
    const auto round = which == Watched::InView ? RoundInView : RoundElsewhere;
    const qsizetype shares = (snapshotCount(which, inView) + ShareSize - 1) / ShareSize;
    return std::max<std::chrono::milliseconds>(ShortestPause, round / std::max<qsizetype>(shares, 1));
}

bool InventoryReader::compareSnapshots(Watched which, const DomainId &inView)
{
    bool differs = false;
    qsizetype left = ShareSize;
    // Each machine at most once in a share.
    for (size_t visited = 0; visited < m_known.size() && left > 0; ++visited) {
        Known &known = m_known[which == Watched::InView ? visited : m_nextElsewhere % m_known.size()];
        if ((known.summary.uuid == inView) == (which == Watched::InView)) {
            const Compared compared = compare(known, left);
            differs = differs || compared.differs;
            left -= compared.count;
            // It goes on with this one next time.
            if (known.nextSnapshot > 0 && !compared.differs)
                return differs;
        }
        if (which == Watched::Elsewhere)
            m_nextElsewhere = (m_nextElsewhere + 1) % m_known.size();
    }
    return differs;
}

InventoryReader::Compared InventoryReader::compare(Known &known, qsizetype atMost)
{
    // What is going to be read anew, or could not be read, tells by itself.
    if (!known.domain || !known.names || known.names->names.isEmpty())
        return {};
    announce(u"snapshots"_s, known.summary.name);
    const QStringList &names = known.names->names;
    const auto end = std::chrono::steady_clock::now() + LongestShare;
    Compared compared;
    // What cannot be asked, or is gone by now, the next look tells.
    const Result<> asked = m_hypervisor->readSnapshots(
        known.summary.uuid, names.mid(known.nextSnapshot, atMost), [&](const QString &name, const QByteArray &xml) {
            ++compared.count;
            const auto sum = known.snapshotSums.constFind(name);
            compared.differs = sum != known.snapshotSums.constEnd() && *sum != qHash(xml);
            return !compared.differs && std::chrono::steady_clock::now() < end;
        });
    const bool isCutShort = asked && compared.count > 0 && std::chrono::steady_clock::now() >= end;
    known.nextSnapshot += isCutShort ? compared.count : atMost;
    if (compared.differs || known.nextSnapshot >= names.size())
        known.nextSnapshot = 0;
    if (compared.differs)
        known.domain = nullptr;
    return compared;
}

} // namespace treewarden
