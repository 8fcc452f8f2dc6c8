// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"
#include "model/domain/event.h"

#include <QByteArray>

namespace treewarden {

// A QMP event as libvirt's virConnectDomainQemuMonitorEventCallback hands it over: name, QEMU's time stamp (seconds are
// negative where QEMU had none: the time is then 0), and its data as JSON, empty for none. domain and domainName are
// the caller's to fill. Malformed: details that are no JSON object.
Result<Event> readEvent(const QString &name, qint64 seconds, quint32 microseconds, const QByteArray &details);

// The target of the disk that a job of libvirt works on ("commit-vda-libvirt-5-format" is vda's: pull, commit, copy and
// backup name it); empty for any other id, even where the text holds something alike.
QString diskOfJob(const QString &job);

} // namespace treewarden
