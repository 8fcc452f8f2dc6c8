// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/item/verdicts.h"

#include <algorithm>
#include <deque>
#include <mutex>

namespace treewarden {

struct Verdicts::Shared
{
    std::mutex mutex;
    std::shared_ptr<const Judge> judge;
    quint64 round = 0;
    std::deque<QString> waiting; // the first is the next
    std::optional<QString> running; // of this round
};

Verdicts::Verdicts(QObject *parent)
    : QObject(parent)
    , m_shared(std::make_shared<Shared>())
{
}

Verdicts::~Verdicts()
{
    {
        const std::lock_guard lock(m_shared->mutex);
        m_shared->judge = nullptr;
        m_shared->waiting.clear();
    }
    if (m_queue)
        m_queue->stop();
}

void Verdicts::setJudge(const QString &subject, Judge judge)
{
    if (subject != m_subject)
        m_known.clear();
    m_subject = subject;
    ++m_round;
    const std::lock_guard lock(m_shared->mutex);
    m_shared->judge = judge ? std::make_shared<const Judge>(std::move(judge)) : nullptr;
    m_shared->round = m_round;
    m_shared->waiting.clear();
    m_shared->running.reset();
}

std::optional<RowVerdict> Verdicts::of(const QString &snapshot)
{
    const auto known = m_known.constFind(snapshot);
    const std::optional<RowVerdict> answer = known == m_known.constEnd() ? std::nullopt : std::optional(known->verdict);
    if (known != m_known.constEnd() && known->round == m_round)
        return answer;
    {
        const std::lock_guard lock(m_shared->mutex);
        std::deque<QString> &waiting = m_shared->waiting;
        if (!m_shared->judge || m_shared->running == snapshot
            || std::find(waiting.begin(), waiting.end(), snapshot) != waiting.end())
            return answer;
        waiting.push_front(snapshot);
        if (int(waiting.size()) > MostWaiting)
            waiting.pop_back();
    }
    if (!m_queue)
        m_queue = TaskQueue::start("verdicts");
    m_queue->post([this, shared = m_shared, mail = m_mailbox.address()] {
        std::shared_ptr<const Judge> judge;
        quint64 round = 0;
        QString next;
        {
            const std::lock_guard lock(shared->mutex);
            if (!shared->judge || shared->waiting.empty())
                return;
            judge = shared->judge;
            round = shared->round;
            next = shared->waiting.front();
            shared->waiting.pop_front();
            shared->running = next;
        }
        const RowVerdict verdict = (*judge)(next);
        const std::lock_guard lock(shared->mutex);
        if (shared->round == round)
            shared->running.reset();
        mail->post([this, round, next, verdict] { take(round, next, verdict); }); // not delivered when this is gone
    });
    return answer;
}

void Verdicts::take(quint64 round, const QString &snapshot, const RowVerdict &verdict)
{
    if (round != m_round)
        return; // of a host that is no more; who still looks asks again
    Known &known = m_known[snapshot];
    known = {verdict, round};
    Q_EMIT found(snapshot);
}

} // namespace treewarden
