// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/domain/event.h"

#include <QCoreApplication>

namespace treewarden {

class EventText
{
    Q_DECLARE_TR_FUNCTIONS(treewarden::EventText)

public:
    static QString source(EventSource source);
    // What happened, in words where there are any; QMP's own name else.
    static QString name(const Event &event);
    // Disk, job and the data that came with it: "vda, merge, ready to finish". QMP's data keeps its own names.
    static QString details(const Event &event);

private:
    static QString lifecycleDetail(const QString &event, const QString &detail);
    static QString value(const Event &event, const QString &key, const QString &value);
};

} // namespace treewarden
