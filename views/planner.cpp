// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/planner.h"

namespace treewarden {

Planner::Planner(QObject *parent)
    : QObject(parent)
{
}

Planner::~Planner()
{
    if (m_queue)
        m_queue->stop();
}

void Planner::propose(const Intent &intent, std::shared_ptr<const Draft> base, const Surroundings &surroundings,
    std::function<void(Proposal)> answer)
{
    if (!m_queue)
        m_queue = TaskQueue::start("planner");
    // By pointer: the answer has things of the GUI thread in it and must end there.
    auto onGui = std::make_shared<std::function<void(Proposal)>>(std::move(answer));
    m_queue->post(
        [mail = m_mailbox.address(), intent, base = std::move(base), surroundings, onGui = std::move(onGui)]() mutable {
            auto proposal = std::make_shared<Proposal>(treewarden::propose(intent, *base, surroundings));
            mail->post([proposal, onGui = std::move(onGui)] { (*onGui)(std::move(*proposal)); });
        });
}

} // namespace treewarden
