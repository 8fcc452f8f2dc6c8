// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/bench/processes.h"

#include <vector>

namespace treewarden::bench {

enum class Shape { Chain, Bushy };

struct Machine
{
    QString name;
    int snapshots = 0; // internal ones, of which the disk has the tags
    Shape shape = Shape::Chain;
};

// A libvirt daemon of the bench's own with machines that are off. What libvirt keeps of them is written before it
// starts, because it takes 15 ms to be told of one snapshot.
class PrivateHost
{
public:
    PrivateHost(const Workplace &workplace, const QString &name, const std::vector<Machine> &machines);
    ~PrivateHost();

    // Until the daemon has all machines; false: it does not get there.
    bool start();
    QString uri() const;
    QString image(const QString &machine) const;
    // Stops and continues the daemon's process: calls hang in between.
    void suspend();
    void resume();

private:
    void write(const Machine &machine) const;

    const Workplace &m_workplace;
    QString m_home;
    size_t m_machines;
    std::unique_ptr<QProcess> m_daemon;
};

// "snapshot-00042".
QString snapshotName(int number);

} // namespace treewarden::bench
