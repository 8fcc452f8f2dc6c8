// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/bytes.h"
#include "model/base/fact.h"

#include <QStringList>

namespace treewarden {

// What the guard says of a plan, or of one finding about it. Ordered: a plan is as bad as its worst finding.
enum class Verdict {
    Allow,
    Warn, // worth knowing, nothing is lost
    Confirm, // something the intent is about is lost: only with an explicit yes
    Block, // never run
};
QString verdictName(Verdict verdict); // "allow", "warn", "confirm", "block"

// One remark of the guard. Ids are kebab-case and never reused; docs/hazards.md explains each to a user, views/text has
// its sentence, and the files of model/guard and model/plan that make it document subject and arguments.
struct Finding
{
    QString id;
    Verdict severity = Verdict::Warn;
    QString subject; // a snapshot, a path, a disk target: see where it is made
    QStringList arguments = {};

    bool operator==(const Finding &) const = default;
};

// Something that is gone when a plan has run.
struct Loss
{
    enum class What {
        CurrentState, // the contents of the machine's disks as they are now
        Memory, // what the machine has in memory
        Snapshot, // a state that a snapshot kept
        SnapshotMemory, // what was saved with a snapshot that goes on without
        SavedState, // a managed save
        OtherState, // the state of another machine, or of an image that nobody here explains
    };
    What what = What::CurrentState;
    QString subject; // the snapshot's or machine's name, or a path
    QString path = {}; // the file that held it, if one did
    Fact<Bytes> bytes = Fact<Bytes>::absent(); // what is freed or given up, as far as that is known
    int keptBy = -1; // the step after which the same contents are kept elsewhere: then nothing is lost. -1: none.

    bool operator==(const Loss &) const = default;
};

} // namespace treewarden
