// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"
#include "model/base/strongid.h"

#include <vector>

namespace treewarden {

// Keeps all other jobs of this user from some machines of one host, in this process and in others, for as long as it
// lives; also when the process is killed. Move-only.
class JobLock
{
public:
    // All or none, at once: Busy where another job works on one of them (subject: the machine's UUID; detail: the
    // journal's entry of that job). The locks are files in `folder`, one a machine, which stay.
    static Result<JobLock> take(const QString &folder, std::vector<DomainId> domains, const QString &entry);
    // Whether some process holds the machine's lock for this entry of the journal.
    static bool isHeld(const QString &folder, const DomainId &domain, const QString &entry);

    JobLock(JobLock &&other) noexcept = default;
    JobLock &operator=(JobLock &&other) noexcept;
    ~JobLock();

private:
    JobLock() = default;
    std::vector<int> m_descriptors;
};

} // namespace treewarden
