// SPDX-License-Identifier: GPL-3.0-or-later
// From the click on an operation to its dialog, with the inventory at hand.
#include "tests/bench/figures.h"
#include "tests/bench/testwindow.h"

#include "views/operations.h"
#include "views/plandialog.h"

#include <QAction>

using namespace Qt::StringLiterals;

namespace treewarden::bench {

namespace {

constexpr int Patience = 30'000; // milliseconds
constexpr double Bound = 100; // milliseconds

struct Times
{
    std::vector<double> painted;
    std::vector<double> judged; // with what a fresh reading of the host says
};

// What was waited for in vain; empty: nothing.
QString measure(TestWindow &test, QAction *action, Times &times)
{
    Application *application = Application::instance();
    const auto clicked = Clock::now();
    action->trigger();
    auto *dialog = test.window().findChild<PlanDialog *>();
    if (!dialog)
        return u"there is no dialog"_s;
    application->watch(dialog);
    if (!spinUntil([&] { return dialog->isVisible() && application->lastPaint() > clicked; }, Patience))
        return u"the dialog is not drawn"_s;
    const double painted = millisecondsBetween(clicked, application->lastPaint());
    if (!spinUntil([&] { return dialog->isJudged(); }, Patience))
        return u"the host is not read anew"_s;
    times.painted.push_back(painted);
    times.judged.push_back(millisecondsBetween(clicked, Clock::now()));
    application->watch(nullptr);
    dialog->reject();
    spin(100);
    // It deletes itself, which no loop does that only looks for events.
    QCoreApplication::sendPostedEvents(dialog, QEvent::DeferredDelete);
    return {};
}

} // namespace

void measureDialog(const Setting &setting, Report &report)
{
    TestWindow test(setting.host.uri());
    if (!test.open(Large, LargeSnapshots + 1)) {
        report.fail(u"dialogs"_s, u"the tree was not drawn"_s);
        return;
    }
    test.window().selectSnapshot(snapshotName(LargeSnapshots / 2));
    spin(500);
    const Operations *operations = test.window().operations();
    const std::pair<QString, QAction *> actions[] = {
        {u"take a snapshot"_s, operations->createAction()},
        {u"revert"_s, operations->revertAction()},
        {u"delete"_s, operations->deleteAction()},
        {u"make uniform"_s, operations->uniformAction()},
    };
    for (const auto &[name, action] : actions) {
        const QString title = u"500 snapshots, from click to dialog: %1"_s.arg(name);
        Times times;
        for (int run = 0; run < setting.runs; ++run) {
            const QString missed = action->isEnabled() ? measure(test, action, times) : action->toolTip();
            if (!missed.isEmpty()) {
                report.fail(title, missed);
                return;
            }
        }
        report.add({title, u"ms"_s, median(times.painted), {}, Bound, {},
            u"judged on a fresh reading of the host after %1 ms"_s.arg(median(times.judged), 0, 'f', 0)});
    }
}

} // namespace treewarden::bench
