// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backup/verify.h"

#include <QCoreApplication>

namespace treewarden {

// Backups for people.
class BackupText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::BackupText)

public:
    static QString level(BackupLevel level); // "full", "increment"
    static QString problem(const CheckedFile &file); // what is wrong with it; empty: nothing
};

} // namespace treewarden
