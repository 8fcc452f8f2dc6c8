// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/steps/steprunner.h"

#include <QStringList>

namespace treewarden::steps {

// Lets QEMU's jobs on these disks stand still, and go on, as the context wants it. libvirt has no call for that; on its
// own backup job QEMU's does it (seen on 9.0.0 and 12.8.0).
class Pausing
{
public:
    Pausing(const Step &step, JobHost &host, const StepContext &context)
        : m_step(step)
        , m_host(host)
        , m_context(context)
    {
    }
    void follow(); // once in a while
    void goOn(); // what is to be ended must not stand still

private:
    bool pauseAll(bool isWanted);

    const Step &m_step;
    JobHost &m_host;
    const StepContext &m_context;
    bool m_isPaused = false;
};

} // namespace treewarden::steps
