// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/mailbox.h"
#include "model/connection/worker.h"
#include "model/guard/finding.h"

#include <QHash>
#include <QObject>

#include <functional>
#include <memory>
#include <optional>

namespace treewarden {

// What the guard says of one thing done to one snapshot, in short.
struct RowVerdict
{
    Verdict verdict = Verdict::Allow;
    std::optional<Finding> reason; // the worst finding, where there is one

    bool operator==(const RowVerdict &) const = default;
};

// Verdicts for rows that somebody looks at, worked out on a worker. Nothing is judged before it is asked for, what was
// asked for last comes first, and what waits too long is dropped until it is asked for again: a tree of ten thousand
// snapshots costs no more than the screen shows. Lives on the GUI thread.
class Verdicts : public QObject
{
    Q_OBJECT

public:
    // Called on the worker; owns all that it needs.
    using Judge = std::function<RowVerdict(const QString &snapshot)>;

    explicit Verdicts(QObject *parent = nullptr);
    ~Verdicts() override; // waits for nothing

    // Another state of the host. Of the same `subject` (a machine) the old verdicts are still given until the new ones
    // are there, so that nothing flickers.
    void setJudge(const QString &subject, Judge judge);

    // Nothing: not known yet, found() will follow.
    std::optional<RowVerdict> of(const QString &snapshot);

    static constexpr int MostWaiting = 100;

Q_SIGNALS:
    void found(const QString &snapshot);

private:
    struct Shared;
    struct Known
    {
        RowVerdict verdict;
        quint64 round = 0; // of setJudge()
    };

    void take(quint64 round, const QString &snapshot, const RowVerdict &verdict);

    Mailbox m_mailbox;
    std::shared_ptr<Shared> m_shared; // with the worker
    std::shared_ptr<TaskQueue> m_queue; // started when first asked
    QString m_subject;
    QHash<QString, Known> m_known;
    quint64 m_round = 0;
};

} // namespace treewarden
