// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/job/jobhost.h"
#include "model/plan/pinpath.h"
#include "model/plan/step.h"

#include <atomic>
#include <chrono>
#include <functional>

namespace treewarden {

// What a step tells and is told while it runs.
struct StepContext
{
    // On the thread that runs the step or on one that looks after it; unknown while nobody can say.
    std::function<void(const Fact<Bytes> &done, const Fact<Bytes> &total)> progress = {};
    const std::atomic<bool> *cancel = nullptr; // null: nobody will
    std::chrono::milliseconds pollInterval = std::chrono::milliseconds(250);
    std::chrono::milliseconds shutDownPatience = std::chrono::seconds(120);
    const std::atomic<bool> *pause = nullptr; // whether it is to stand still, where canPause(); null: never
    std::function<void(bool isPaused)> paused = {}; // told when it does, and when it goes on
    bool isCancelled() const { return cancel && cancel->load(); }
};

// Runs one step and looks whether it was done; a success code alone is never believed. Blocks, for as long as the step
// takes. An error says that the step is not, or not wholly, done: what of it is there has to be looked at. Cancelled:
// it was stopped; see canCancel(). ConnectionLost: nobody knows.
//
// A step that undoOf() made may carry a document to put back in `text`: PointSnapshot a <domainsnapshot>, PointDisks a
// <domain>. A CopyFile from or to a pin (isPin()) moves it, because it is the same file.
Result<> runStep(const Step &step, JobHost &host, const StepContext &context);
// Whether what the step is for is there now; also of one that never ran. An error: it could not be looked at.
Result<bool> isDone(const Step &step, JobHost &host);
// Whether it can be stopped while it runs, so that nothing of it is left. A commit leaves its base half written, which
// the machine does not mind, but whoever relied on that state alone does (he was to lose it): its error then has the
// subject "partly-merged", and the base as its detail.
bool canCancel(const Step &step);
// Whether it can stand still while it runs, and go on.
bool canPause(const Step &step);

} // namespace treewarden
