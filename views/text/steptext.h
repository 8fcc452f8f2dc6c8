// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/effect.h"
#include "model/plan/step.h"

#include <QCoreApplication>

namespace treewarden {

// Steps and their effects for people: what is done to which file.
class StepText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::StepText)

public:
    // What a step does, as an order: "Take the snapshot “before”". `machine` is its domain's name.
    static QString sentence(const Step &step, const QString &machine);

    // "removes", "changes", ...: the first column of a table of effects.
    static QString effect(EffectKind kind);
    // What it happens to: "disk.qcow2", "the internal snapshot “a” in disk.qcow2".
    static QString subject(const Effect &effect);
    // Both in one: "removes disk.qcow2".
    static QString sentence(const Effect &effect);
    // Whether it happens to a file, and not only to what libvirt knows of a machine.
    static bool isAboutFiles(EffectKind kind);

private:
    static QString ofSnapshot(const Step &step);
    static QString ofMachine(const Step &step, const QString &machine);
    static QString ofFile(const Step &step);
    static QString ofBackup(const Step &step, const QString &machine);
};

} // namespace treewarden
