// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connection.h"
#include "model/connection/jobdesk.h"
#include "model/connection/mailbox.h"
#include "model/connection/worker.h"

#include <QSet>

#include <chrono>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace treewarden {

class InventoryReader;

// One opening of a Connection, from open() to close(): what its threads share. The threads own it, the Connection
// only points at it, and it at the Connection until detach(): so nobody waits for anybody.
class Session : public std::enable_shared_from_this<Session>
{
public:
    // How often names are polled, since libvirt says nothing of a snapshot that another program makes or deletes: of
    // the machine in view, which shall show it within 2 s, and of all others, within 15 s.
    static constexpr std::chrono::milliseconds InViewInterval{1000};
    static constexpr std::chrono::milliseconds HostInterval{10'000};

    Session(Connection *connection, Backend backend);

    void start();
    // After it returns nothing reaches the Connection any more; the threads end when their calls come back.
    void detach();

    void refresh();
    void retry();
    void setInView(const DomainId &domain);
    std::optional<Connection::Activity> activity() const;

    // Runs on a worker of its own with the open hypervisor; a failure is reported as `what`. The domain is read anew
    // afterwards; without one the whole host. `subject` is for the activity.
    void control(const QString &what, const QString &subject, const DomainId &domain,
        std::function<Result<>(Hypervisor &)> action);
    // Runs on the errand worker, for questions that may take long.
    using Errand = std::function<void(Session &, const std::shared_ptr<Hypervisor> &)>;
    void errand(const QString &what, const QString &subject, Errand errand);
    // On the GUI thread, unless the Connection is gone by then.
    void post(std::function<void(Connection &)> action);
    const Backend &backend() const { return m_backend; }
    void readFresh(quint64 number); // answers through the Connection
    void touch(const std::vector<DomainId> &domains); // to be read anew
    std::shared_ptr<Hypervisor> hypervisor() const; // null: not open
    // For one job; blocks a little. Only on a worker.
    JobHost jobHost(const std::shared_ptr<Hypervisor> &hypervisor) const;
    const std::shared_ptr<JobDesk> &desk() const { return m_desk; }
    void runJob(JobDesk::Job job); // and tells the Connection of it

private:
    using Clock = std::chrono::steady_clock;
    struct Demands
    {
        bool refresh = false;
        bool retry = false;
        std::vector<quint64> fresh; // full readings that somebody waits for
        bool look = false; // at the machine in view, now
        bool lost = false;
        Error lostWhy;
        QSet<DomainId> touched; // machines that an event spoke of
        DomainId inView;
    };

    // When the next share of snapshots is compared.
    struct Comparisons
    {
        DomainId inView;
        Clock::time_point inViewDue;
        Clock::time_point elsewhereDue;
    };

    void run();
    // Returns why the connection ended.
    Error serve(const std::shared_ptr<Hypervisor> &hypervisor);
    // Until a demand or the time; false: detached.
    bool waitUntil(Clock::time_point due, const std::function<bool()> &wanted);
    bool compareUntil(Clock::time_point due, InventoryReader &reader, Comparisons &comparisons);
    bool canEdit(const std::shared_ptr<Hypervisor> &hypervisor) const;
    void answerFresh(const std::vector<quint64> &numbers, QSet<QString> jobFiles);
    void publish(const std::shared_ptr<const Inventory> &inventory);
    void announce(std::optional<Connection::Activity> &slot, const QString &what, const QString &subject);
    void settle(std::optional<Connection::Activity> &slot);

    const Backend m_backend;
    const std::shared_ptr<Mailbox::Address> m_mail; // the Connection's
    const std::shared_ptr<TaskQueue> m_errands;
    const std::shared_ptr<JobDesk> m_desk;

    // What was published, until nobody else has it: the GUI thread is not to free thousands of snapshots. Reader only.
    std::vector<std::shared_ptr<const void>> m_past;

    mutable std::mutex m_mutex; // all below
    std::condition_variable m_wakeUp;
    Connection *m_connection; // null: detached
    Demands m_demands;
    std::shared_ptr<Hypervisor> m_hypervisor;
    std::shared_ptr<const Inventory> m_published; // null after a loss, so that the same one is published again
    std::optional<Connection::Activity> m_reading;
    std::optional<Connection::Activity> m_controlling; // the newest of them
    std::optional<Connection::Activity> m_running; // an errand
};

} // namespace treewarden
