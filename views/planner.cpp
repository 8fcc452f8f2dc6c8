// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/planner.h"

#include <mutex>

namespace treewarden {

struct Planner::Shared
{
    std::mutex mutex;
    Planner *owner = nullptr; // null: gone
};

Planner::Planner(QObject *parent)
    : QObject(parent)
    , m_shared(std::make_shared<Shared>())
{
    m_shared->owner = this;
}

Planner::~Planner()
{
    {
        const std::lock_guard lock(m_shared->mutex);
        m_shared->owner = nullptr;
    }
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
        [shared = m_shared, intent, base = std::move(base), surroundings, onGui = std::move(onGui)]() mutable {
            auto proposal = std::make_shared<Proposal>(treewarden::propose(intent, *base, surroundings));
            const std::lock_guard lock(shared->mutex);
            if (!shared->owner)
                return;
            QMetaObject::invokeMethod(
                shared->owner, [proposal, onGui = std::move(onGui)] { (*onGui)(std::move(*proposal)); },
                Qt::QueuedConnection);
        });
}

} // namespace treewarden
