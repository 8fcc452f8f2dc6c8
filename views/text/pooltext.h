// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/guard/unlistedfolders.h"
#include "views/text/errortext.h"

#include <QCoreApplication>

namespace treewarden {

// The offer to make a folder a storage pool.
class PoolText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::PoolText)

public:
    static Explanation offer(const UnlistedFolder &folder);
    static QString button();
    // The question before it is done, and what it comes to.
    static Explanation question(const UnlistedFolder &folder, const QString &host);
    static QString verb();
    static QString title();
    static Explanation failure(const Error &error); // its subject is the folder
};

} // namespace treewarden
