// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/mailbox.h"
#include "model/connection/worker.h"
#include "model/plan/plan.h"

#include <QObject>

#include <functional>
#include <memory>

namespace treewarden {

// Plans on a worker, so that a huge tree does not hold the window up; answers on the GUI thread, where it lives. A
// planner that is gone answers nobody.
class Planner : public QObject
{
    Q_OBJECT

public:
    explicit Planner(QObject *parent = nullptr);
    ~Planner() override; // waits for nothing

    void propose(const Intent &intent, std::shared_ptr<const Draft> base, const Surroundings &surroundings,
        std::function<void(Proposal)> answer);

private:
    Mailbox m_mailbox;
    std::shared_ptr<TaskQueue> m_queue; // started when first needed
};

} // namespace treewarden
