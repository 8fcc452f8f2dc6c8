// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/strongid.h"

#include <QJsonObject>
#include <QString>

namespace treewarden {

enum class EventSource { Libvirt, Qmp };

// Something libvirt or QEMU announced, as plain values.
struct Event
{
    qint64 time = 0; // milliseconds since 1970: QEMU's own stamp, or when libvirt's callback ran
    DomainId domain;
    QString domainName;
    EventSource source = EventSource::Libvirt;
    QString name; // "lifecycle", "block-job-2", "JOB_STATUS_CHANGE", ...
    QString disk; // target; empty: none
    QString job; // job id; empty: none
    QJsonObject data;
};

QString sourceName(EventSource source); // "libvirt" or "qmp"

// {"time","domain","source","event","disk","job","data"}: time in seconds since 1970, the domain by name; a disk or job
// that there is none of is null.
QJsonObject toJson(const Event &event);

} // namespace treewarden
