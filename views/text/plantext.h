// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/inventory.h"
#include "model/plan/plan.h"

#include <QCoreApplication>

namespace treewarden {

// A plan for people: what it is, whether it may be done, what is lost and kept. `machine` is the name of its domain.
class PlanText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::PlanText)

public:
    // A path by its last part, anything else as it is.
    static QString shown(const QString &pathOrName);
    static bool isUndo(const Plan &plan); // its intent is that of what it undoes
    // %1, %2, ... of the text replaced all at once, so that a name with a percent sign stays what it is; %b1: as bytes,
    // %p1: a whole path.
    static QString filled(const QString &text, const QStringList &arguments);

    static QString windowTitle(const Intent &intent); // "Delete snapshot"
    static QString title(const Plan &plan, const QString &machine); // a question, or that it cannot be done
    static QString summary(const Plan &plan); // the verdict in one sentence
    static QString spokenVerdict(Verdict verdict); // what the shield says: "Nothing is lost"

    // "What libvirt 10.7.0 would do", "What will happen"
    static QString happens(const Plan &plan, const Host &host);
    // What a plan loses, each thing once: files and memory of one state are one loss.
    static std::vector<Loss> losses(const Plan &plan);
    static QString loss(const Loss &loss); // what it is, without size
    static QString lossSize(const Loss &loss); // empty: nothing to say
    static QString fate(const Plan &plan, const Loss &loss); // "kept by step 1", "lost"
    static QString nothingLost();
    // What is not touched: "what is on the disks of issue-811 now, and 3 other snapshots"; empty: nothing can be said.
    static QString stays(const Plan &plan, const Domain &machine);
    // Who needs what an effect takes away: "needed by a, b and by the machine itself"; empty: nobody is known.
    static QString neededBy(const Plan &plan, const Effect &effect);
    static QString space(const QString &folder, Bytes bytes, const Inventory &inventory);
};

} // namespace treewarden
