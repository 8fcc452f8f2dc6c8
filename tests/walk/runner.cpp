// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/runner.h"

#include "model/job/runner.h"

#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace treewarden::test {

namespace {

JobHost jobHost(const WalkHost &host)
{
    JobHost jobs;
    jobs.hypervisor = host.hypervisor();
    jobs.editor = host.editor();
    jobs.stores = host.stores();
    const auto reader = std::make_shared<InventoryReader>(jobs.hypervisor, jobs.stores);
    jobs.read = [reader] { return reader->readAll(); };
    return jobs;
}

Result<QString> finished(const Task &task)
{
    if (task.outcome == Outcome::Succeeded)
        return task.entry;
    return failure(task.error);
}

} // namespace

WalkRunner jobRunner(const WalkHost &host)
{
    const JobHost jobs = jobHost(host);
    const auto journal = std::make_shared<Journal>(host.makeClientFolder(u"journal"_s), host.uri());
    WalkRunner runner;
    runner.run = [jobs, journal, &host](const ConfirmedPlan &plan) {
        return finished(Runner(jobs, journal).run(orderOf(plan, host.surroundings())));
    };
    runner.undo = [jobs, journal](const QString &entry) -> Result<> {
        const auto order = undoOrder(*journal, jobs, entry);
        if (!order)
            return failure(order.error());
        return finished(Runner(jobs, journal).run(*order)).map([](const QString &) {});
    };
    return runner;
}

} // namespace treewarden::test
