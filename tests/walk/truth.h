// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/plan/intent.h"
#include "tests/walk/oracle.h"

namespace treewarden::test {

// What everybody reads who is to keep his contents.
struct Truth
{
    struct Machine
    {
        Contents current;
        QMap<QString, Contents> snapshots;
    };
    QMap<QString, Machine> machines;
};
Truth truthOf(const Sight &sight);

// Something that somebody does not read any more.
struct Missed
{
    QString machine;
    QString snapshot; // empty: the current state
    QString what; // for people

    QString toString() const;
};

// What has to be there after `intent` reached its end, whichever way it was reached: what it is about is gone from it.
Truth afterIntent(const Truth &before, const Sight &sight, const QString &machine, const Intent &intent);
std::vector<Missed> missing(const Truth &expected, const Sight &after);

// The names of a snapshot's descendants, without itself.
QStringList descendants(const SeenDomain &domain, const QString &snapshot);

} // namespace treewarden::test
