// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/assessment.h"

#include <QCoreApplication>

namespace treewarden {

// Machines, snapshots and orphans in words.
class MachineText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::MachineText)

public:
    static QString state(DomainState state, PausedBy pausedBy = PausedBy::Other); // "Running"
    static QString mixed(); // the badge: "mixed"
    static QString kind(TreeKind kind); // the badge's sentence: "Internal and external snapshots in one tree"
    static QString problems(int count); // "2 problems"
    static QString leftOver(int count); // "2 left over"
    static QString badge(int problems, int leftOver); // what is to be looked at, in few words; one of the two
    static QString snapshots(int count); // "6 snapshots"

    static QString snapshotKind(const Snapshot &snapshot); // "External snapshot of 1 disk, machine was off"
    static QString orphanKind(OrphanKind kind, bool isCertain); // "Tag that libvirt does not know"
    static QString filesOfNoMachine();
    static QString filesOfNoMachineMeaning();
    static QString mayRelyOnAnything(const QStringList &unread); // why what is left over is not certain
    static QString orphanMeaning(const Orphan &orphan); // what it is and what that means
};

} // namespace treewarden
