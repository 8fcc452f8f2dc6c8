// SPDX-License-Identifier: GPL-3.0-or-later
// What a user does to the power of the machine that is shown.
#include "views/intentform.h"
#include "views/operations.h"

#include <QAction>

#include <algorithm>

namespace treewarden {

void Operations::makePower()
{
    using To = PowerIntent::To;
    const std::pair<To, QString> texts[] = {
        {To::Start, tr("Start")},
        {To::Pause, tr("Pause")},
        {To::Resume, tr("Resume")},
        {To::ShutDown, tr("Shut down")},
        {To::ForceOff, tr("Force off…")},
    };
    for (const auto &[to, text] : texts) {
        auto *action = new QAction(text, this);
        connect(action, &QAction::triggered, this, [this, to = to] { power(to); });
        m_power.emplace(to, action);
    }
}

QList<QAction *> Operations::powerActions() const
{
    QList<QAction *> actions;
    for (const auto &[to, action] : m_power)
        actions += action;
    return actions;
}

void Operations::updatePower()
{
    using To = PowerIntent::To;
    const QString notNow = whyNotNow();
    const DomainState state = notNow.isEmpty() ? domain()->state : DomainState::Unknown;
    QString off = notNow; // why it cannot be stopped
    QString on = notNow; // why it cannot be started
    if (notNow.isEmpty() && state == DomainState::Unknown)
        off = on = tr("Whether this machine runs is not known");
    else if (notNow.isEmpty())
        (isActive(state) ? on : off) = isActive(state) ? tr("This machine is on already") : tr("This machine is off");
    const auto unless = [&off](bool can, const QString &whyNot) { return off.isEmpty() && !can ? whyNot : off; };
    const bool runs = state == DomainState::Running;
    const bool isPaused = state == DomainState::Paused;
    enable(m_power.at(To::Start), on, tr("Starts this machine"));
    enable(m_power.at(To::Pause),
        unless(runs, isPaused ? tr("This machine is paused already") : tr("This machine does not run")),
        tr("Stops the guest where it is, and keeps its memory"));
    enable(m_power.at(To::Resume), unless(isPaused, tr("This machine is not paused")), tr("Resumes a paused machine"));
    enable(m_power.at(To::ShutDown),
        unless(runs, isPaused ? tr("A paused guest cannot shut down") : tr("This machine does not run")),
        tr("Asks the guest to shut down"));
    // A guest that does not shut down has to be stopped.
    const bool isWaiting = whyNotReached().isEmpty() && isShuttingDown(*m_connection, m_machine);
    enable(m_power.at(To::ForceOff), isWaiting ? QString() : off,
        tr("Stops the machine at once, as if its power was cut"));
}

bool Operations::isShuttingDown(const Connection &connection, const DomainId &machine)
{
    const auto isThere = [&](const Task &task) { return !task.outcome && task.intent.domain == machine; };
    const auto isOther = [&](const Task &task) {
        const auto *power = std::get_if<PowerIntent>(&task.intent.what);
        return isThere(task) && (task.isUndo || !power || power->to != PowerIntent::To::ShutDown);
    };
    const std::vector<Task> &tasks = connection.tasks();
    return std::any_of(tasks.begin(), tasks.end(), isThere) && std::none_of(tasks.begin(), tasks.end(), isOther);
}

// What is to be done to the machine now would wait behind it.
void Operations::stopWaitingForGuest(Connection &connection, const DomainId &machine)
{
    if (!isShuttingDown(connection, machine))
        return;
    std::vector<quint64> waiting;
    for (const Task &task : connection.tasks()) {
        if (!task.outcome && task.intent.domain == machine)
            waiting.push_back(task.id);
    }
    for (const quint64 task : waiting)
        connection.cancel(task);
}

void Operations::power(PowerIntent::To to)
{
    if (!m_connection)
        return;
    const Intent intent{m_machine, PowerIntent{to}};
    if (to == PowerIntent::To::ForceOff) { // there is always something to lose
        openDialog(m_connection, new FixedForm(intent));
        return;
    }
    m_planner.propose(intent, m_connection->draft(), m_connection->surroundings(),
        [this, connection = m_connection, intent](const Proposal &proposal) {
            if (!connection || isUnderWay(*connection, intent.domain))
                return; // it was chosen twice
            if (proposal.plan.verdict <= Verdict::Warn)
                run(connection, std::make_shared<const Plan>(proposal.plan), {});
            else
                openDialog(connection, new FixedForm(intent));
        });
}

} // namespace treewarden
