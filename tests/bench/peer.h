// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/bench/processes.h"
#include "tests/bench/screen.h"

namespace treewarden::bench {

// Starts Treewarden and virt-manager the same way: same user, same display, same message bus, homes of their own.
class Programs
{
public:
    Programs(const Workplace &workplace, const VirtualDisplay &display);
    ~Programs();

    std::unique_ptr<QProcess> startTreewarden(const QString &uri, const QString &machine = {}) const;
    std::unique_ptr<QProcess> startVirtManager(const QString &uri, const QString &machine = {}) const;
    // The snapshot page of the machine's window, which is at the display's corner; from the click on.
    static std::optional<Change> openSnapshotPage();

private:
    QProcessEnvironment environment(const QString &home) const;

    const Workplace &m_workplace;
    QString m_display;
    QString m_ownHome;
    QString m_peerHome;
    QString m_treewarden; // a copy that its user may run
    QString m_busAddress;
    std::unique_ptr<QProcess> m_bus;
};

// Resident memory of a process in MB (10^6 bytes).
double residentMemory(const QProcess &process);

} // namespace treewarden::bench
