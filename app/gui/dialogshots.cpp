// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of the guarded dialogs, and of what becomes of a yes.
#include "app/gui/palettes.h"
#include "app/gui/walk.h"
#include "views/findingrow.h"
#include "views/hazardsdialog.h"
#include "views/historyview.h"
#include "views/operations.h"
#include "views/plandialog.h"
#include "views/tasksview.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QPushButton>

#include <algorithm>
#include <cstdio>

namespace treewarden {

namespace {

constexpr int WorkingSeconds = 120;

// The sandbox's machine as in virt-manager's issue 811.
const QString Mixed = QStringLiteral("issue-811");

} // namespace

PlanDialog *Walk::openDialog(QAction *action)
{
    if (!settle())
        return nullptr;
    if (!action->isEnabled()) {
        std::fprintf(stderr, "treewarden: %s: %s\n", qUtf8Printable(action->text()), qUtf8Printable(action->toolTip()));
        return nullptr;
    }
    action->trigger();
    return judgedDialog();
}

PlanDialog *Walk::judgedDialog()
{
    PlanDialog *dialog = nullptr;
    const bool isThere = waitFor("a dialog to be judged", SettlingSeconds, [&] {
        dialog = m_window.findChild<PlanDialog *>();
        return dialog && dialog->isVisible() && dialog->isJudged();
    });
    return isThere && settle() ? dialog : nullptr;
}

bool Walk::shootDialog(const QString &name, QAction *action)
{
    PlanDialog *dialog = openDialog(action);
    const bool done = dialog && save(name, *dialog);
    delete dialog;
    return done;
}

// The first of the ways that are offered instead.
bool Walk::shootOtherWay(const QString &name, QAction *action)
{
    PlanDialog *dialog = openDialog(action);
    if (!dialog)
        return false;
    const auto ways = dialog->findChildren<QPushButton *>(QStringLiteral("way"));
    bool done = true;
    if (!ways.isEmpty()) {
        ways.first()->click();
        done = settle() && save(name, *dialog);
    }
    delete dialog;
    return done;
}

bool Walk::shootHazards()
{
    m_window.operations()->explain(QStringLiteral("state-lost"));
    auto *dialog = m_window.findChild<HazardsDialog *>();
    const bool done = dialog && settle() && save(QStringLiteral("dialog-hazards"), *dialog);
    delete dialog;
    return done;
}

bool Walk::shootDialogs(const Connection &sandbox)
{
    Operations *actions = m_window.operations();
    m_window.selectMachine(sandbox.uri(), Mixed);
    for (const auto &[suffix, palette] :
        {std::pair(QStringLiteral("-dark"), darkPalette()), std::pair(QString(), lightPalette())}) {
        QApplication::setPalette(palette);
        if (!m_window.selectSnapshot(QStringLiteral("before-upgrade"))) {
            std::fprintf(stderr, "treewarden: the sandbox has no before-upgrade; --reset-sandbox makes it anew\n");
            return false;
        }
        if (!shootDialog(QStringLiteral("dialog-delete-refused") + suffix, actions->deleteAction())
            || !shootOtherWay(QStringLiteral("dialog-delete-other-way") + suffix, actions->deleteAction())
            || !shootDialog(QStringLiteral("dialog-revert-refused") + suffix, actions->revertAction()))
            return false;
        if (!m_window.selectSnapshot(QStringLiteral("drivers"))
            || !shootDialog(QStringLiteral("dialog-delete") + suffix, actions->deleteAction())
            || !shootDialog(QStringLiteral("dialog-revert") + suffix, actions->revertAction())
            || !shootDialog(QStringLiteral("dialog-create") + suffix, actions->createAction())
            || !shootDialog(QStringLiteral("dialog-describe") + suffix, actions->describeAction())
            || !shootDialog(QStringLiteral("dialog-uniform") + suffix, actions->uniformAction()))
            return false;
    }
    return shootHazards();
}

// What the history has chosen, by its button.
bool Walk::undoByHand()
{
    auto *undo = m_window.history()->findChild<QPushButton *>(QStringLiteral("undo"));
    undo->click();
    PlanDialog *dialog = judgedDialog();
    if (!dialog || !save(QStringLiteral("dialog-undo"), *dialog))
        return false;
    for (FindingRow *row : dialog->findChildren<FindingRow *>()) {
        if (row->box())
            row->box()->click();
    }
    auto *verb = dialog->findChild<QPushButton *>(QStringLiteral("verb"));
    if (!waitFor("the undo to be possible", SettlingSeconds, [verb] { return verb->isEnabled(); }))
        return false;
    verb->click();
    return true;
}

// Takes a snapshot of a running machine, as somebody with a mouse would, and undoes it.
bool Walk::shootTask(Connection &sandbox)
{
    const auto inventory = sandbox.inventory();
    const auto running = std::find_if(inventory->domains.begin(), inventory->domains.end(),
        [](const auto &domain) { return domain->state == DomainState::Running; });
    if (running == inventory->domains.end())
        return true;
    m_window.selectMachine(sandbox.uri(), (*running)->name);
    PlanDialog *dialog = openDialog(m_window.operations()->createAction());
    auto *verb = dialog ? dialog->findChild<QPushButton *>(QStringLiteral("verb")) : nullptr;
    if (!verb || !verb->isEnabled()) {
        std::fprintf(stderr, "treewarden: %s\n", dialog ? qUtf8Printable(dialog->plainText()) : "no dialog");
        return false;
    }
    const size_t before = sandbox.tasks().size();
    verb->click();
    const auto task
        = [&]() -> const Task * { return sandbox.tasks().size() > before ? &sandbox.tasks().back() : nullptr; };
    const auto ended = [&] { return task() && task()->outcome; };
    if (!waitFor("a task to begin", SettlingSeconds, [&] { return ended() || m_window.tasks()->underWay() > 0; })
        || !save(QStringLiteral("task-running"), m_window))
        return false;
    if (!waitFor("a task to end", WorkingSeconds, ended) || task()->outcome != Outcome::Succeeded) {
        std::fprintf(stderr, "treewarden: the snapshot was not taken: %s\n",
            task() ? qUtf8Printable(task()->error.detail) : "no task");
        return false;
    }
    const QString entry = task()->entry;
    m_window.showBottom(MainWindow::Bottom::History);
    const bool isShot = waitFor("the history", SettlingSeconds, [&] {
        return !sandbox.history().empty() && sandbox.history().front().entry == entry;
    }) && shoot(QStringLiteral("history"));
    return isShot && undoByHand()
        && waitFor(
            "an undo to end", WorkingSeconds, [&] { return sandbox.tasks().size() > before + 1 && task()->outcome; })
        && task()->outcome == Outcome::Succeeded && shoot(QStringLiteral("history-undone"));
}

} // namespace treewarden
