// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/runner.h"

#include "model/backend/localfiles/localeditor.h"
#include "model/backend/localfiles/localfiles.h"
#include "model/job/runner.h"

#include <QDateTime>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace treewarden::test {

namespace {

JobHost jobHost(const WalkHost &host)
{
    JobHost jobs;
    jobs.hypervisor = host.hypervisor();
    jobs.editor = std::make_shared<LocalEditor>();
    jobs.stores = {std::make_shared<LocalFiles>()};
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
    const auto journal = std::make_shared<Journal>(host.paths().root + u"/journal"_s, host.paths().uri());
    WalkRunner runner;
    runner.run = [jobs, journal](const ConfirmedPlan &plan) {
        return finished(
            Runner(jobs, journal).run(orderOf(plan, Surroundings{QDateTime::currentSecsSinceEpoch(), true})));
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
