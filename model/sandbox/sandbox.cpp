// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sandbox/sandbox.h"

#include "model/sandbox/filelock.h"
#include "model/sandbox/keeper.h"
#include "model/sandbox/machines.h"

#include <sys/stat.h>

using namespace std::chrono_literals;

namespace treewarden {

namespace {

constexpr auto OpeningPatience = 180s; // as long as somebody else may take to make the machines
constexpr auto StartPatience = 90s; // QEMU is probed at the first start
constexpr auto EndPatience = 25s; // the keeper's own for machines and daemon, and some more

Result<> reset(const SandboxPaths &paths)
{
    if (const auto ended = endKeeper(paths, EndPatience); !ended)
        return ended;
    return clearRoot(paths);
}

} // namespace

Result<QString> openSandbox(const SandboxOptions &options, const SandboxConnect &connect,
    const std::function<void(const SandboxProgress &)> &progress)
{
    using Phase = SandboxProgress::Phase;
    const auto report = [&](const SandboxProgress &state) {
        if (progress)
            progress(state);
    };
    const auto paths = sandboxPaths();
    if (!paths)
        return failure(paths.error());
    const SandboxUser user = sandboxUser(*paths);
    if (const auto prepared = prepareRoot(*paths, user); !prepared)
        return failure(prepared.error());

    report({Phase::Waiting});
    const auto lock = FileLock::take(paths->openLock(), OpeningPatience);
    if (!lock)
        return failure(lock.error());
    futimens(lock->descriptor(), nullptr); // the keeper counts its time from here
    if (options.reset) {
        report({Phase::Resetting});
        if (const auto done = reset(*paths); !done)
            return failure(done.error());
    }

    report({Phase::Starting});
    if (const auto started = startKeeper(*paths, StartPatience); !started)
        return failure(started.error());
    if (!areExamplesMade(*paths)) {
        const auto hypervisor = connect(paths->uri());
        if (!hypervisor)
            return failure(hypervisor.error());
        const auto made
            = makeExamples(*paths, user, **hypervisor, options.data, [&](const QString &machine, int done, int total) {
                  report({Phase::Making, machine, done, total});
              });
        if (!made)
            return failure(made.error());
    }
    return paths->uri();
}

} // namespace treewarden
