// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/connection/session.h"

#include "model/inventory/inventoryreader.h"

#include <QDateTime>
#include <QMetaObject>

namespace treewarden {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Events come in flocks.
constexpr auto EventPause = 100ms;
constexpr std::chrono::seconds RetryPauses[] = {3s, 5s, 10s, 20s, 30s};
constexpr std::chrono::seconds ForGood = 24h * 365; // or until the user asks

// After others (an I/O error, a step of a job) the machine has the same disks and snapshots as before.
bool changesMachine(const Event &event)
{
    return event.name == "lifecycle"_L1 || event.name == "job-completed"_L1 || event.name == "block-job-2"_L1
        || event.name == "metadata-change"_L1;
}

} // namespace

Session::Session(Connection *connection, Backend backend)
    : m_backend(std::move(backend))
    , m_mail(connection->m_mailbox.address())
    , m_errands(TaskQueue::start("errands"))
    , m_desk(std::make_shared<JobDesk>(std::make_shared<Journal>(
          m_backend.stateFolder.isEmpty() ? Journal::standardFolder() : m_backend.stateFolder, connection->uri())))
    , m_connection(connection)
{
}

void Session::start()
{
    startWorker("reader", [self = shared_from_this()] { self->run(); });
}

void Session::detach()
{
    m_errands->stop();
    const std::lock_guard lock(m_mutex);
    m_connection = nullptr;
    m_wakeUp.notify_all();
}

void Session::refresh()
{
    const std::lock_guard lock(m_mutex);
    m_demands.refresh = true;
    m_wakeUp.notify_all();
}

void Session::readFresh(quint64 number)
{
    const std::lock_guard lock(m_mutex);
    m_demands.fresh.push_back(number);
    m_wakeUp.notify_all();
}

// `jobFiles`: what unfinished jobs named before the host was read. One that another program began or ended meanwhile
// keeps its files.
void Session::answerFresh(const std::vector<quint64> &numbers, QSet<QString> jobFiles)
{
    if (numbers.empty())
        return;
    const auto files = filesOfUnfinishedJobs(*m_desk->journal());
    if (files)
        jobFiles += *files;
    post([numbers, jobFiles, isKnown = files.has_value()](Connection &connection) {
        if (isKnown)
            connection.m_jobFiles = jobFiles;
        for (const quint64 number : numbers)
            Q_EMIT connection.freshlyRead(number);
    });
}

void Session::touch(const std::vector<DomainId> &domains)
{
    const std::lock_guard lock(m_mutex);
    for (const DomainId &domain : domains)
        m_demands.touched.insert(domain);
    m_wakeUp.notify_all();
}

std::shared_ptr<Hypervisor> Session::hypervisor() const
{
    const std::lock_guard lock(m_mutex);
    return m_hypervisor;
}

void Session::runJob(JobDesk::Job job)
{
    const std::weak_ptr<Session> weak = weak_from_this();
    job.changed = [weak](const Task &task) {
        if (const auto self = weak.lock())
            self->post([task](Connection &connection) { connection.setTask(task); });
    };
    job.ended = [weak, machines = job.machines] {
        const auto self = weak.lock();
        if (!self)
            return;
        self->touch(machines);
        self->post([](Connection &connection) { connection.lookAfterJobs(); });
    };
    m_desk->post(std::move(job));
}

JobHost Session::jobHost(const std::shared_ptr<Hypervisor> &hypervisor) const
{
    return makeJobHost(
        hypervisor, m_backend.editor ? m_backend.editor(hypervisor) : nullptr, m_backend.stores(hypervisor));
}

void Session::retry()
{
    const std::lock_guard lock(m_mutex);
    m_demands.retry = true;
    m_wakeUp.notify_all();
}

void Session::setInView(const DomainId &domain)
{
    const std::lock_guard lock(m_mutex);
    if (m_demands.inView == domain)
        return;
    m_demands.inView = domain;
    m_demands.look = true;
    m_wakeUp.notify_all();
}

std::optional<Connection::Activity> Session::activity() const
{
    const std::lock_guard lock(m_mutex);
    // What has waited longest is what a user asks about.
    std::optional<Connection::Activity> longest;
    for (const auto *slot : {&m_reading, &m_controlling, &m_running}) {
        if (*slot && (!longest || (*slot)->since < longest->since))
            longest = *slot;
    }
    return longest;
}

void Session::announce(std::optional<Connection::Activity> &slot, const QString &what, const QString &subject)
{
    const std::lock_guard lock(m_mutex);
    // The same kind of work on one subject after the other is one wait.
    const qint64 since = slot && slot->what == what ? slot->since : QDateTime::currentMSecsSinceEpoch();
    slot = Connection::Activity{what, subject, since};
}

void Session::settle(std::optional<Connection::Activity> &slot)
{
    const std::lock_guard lock(m_mutex);
    slot.reset();
}

void Session::post(std::function<void(Connection &)> action)
{
    m_mail->post([weak = weak_from_this(), action = std::move(action)] {
        const auto self = weak.lock();
        if (!self)
            return;
        Connection *connection = nullptr;
        {
            const std::lock_guard lock(self->m_mutex);
            connection = self->m_connection;
        }
        if (connection)
            action(*connection); // it cannot go meanwhile: this is its thread
    });
}

void Session::control(
    const QString &what, const QString &subject, const DomainId &domain, std::function<Result<>(Hypervisor &)> action)
{
    // A worker for each: forcing a machine off must not wait for another that does not start.
    startWorker("control", [self = shared_from_this(), what, subject, domain, action = std::move(action)] {
        std::shared_ptr<Hypervisor> hypervisor;
        {
            const std::lock_guard lock(self->m_mutex);
            hypervisor = self->m_hypervisor;
        }
        Result<> done = failure(ErrorCode::ConnectionLost);
        if (hypervisor) {
            self->announce(self->m_controlling, what, subject);
            done = action(*hypervisor);
            self->settle(self->m_controlling);
        }
        if (!done) {
            self->post([what, domain, error = done.error()](
                           Connection &connection) { Q_EMIT connection.operationFailed(what, domain, error); });
        }
        const std::lock_guard lock(self->m_mutex);
        if (domain.isEmpty())
            self->m_demands.refresh = true;
        else
            self->m_demands.touched.insert(domain);
        self->m_wakeUp.notify_all();
    });
}

void Session::errand(const QString &what, const QString &subject, Errand errand)
{
    m_errands->post([weak = weak_from_this(), what, subject, errand = std::move(errand)] {
        const auto self = weak.lock();
        if (!self)
            return;
        std::shared_ptr<Hypervisor> hypervisor;
        {
            const std::lock_guard lock(self->m_mutex);
            hypervisor = self->m_hypervisor;
        }
        self->announce(self->m_running, what, subject);
        errand(*self, hypervisor);
        self->settle(self->m_running);
    });
}

// Storage volumes alone are no files; asked of a file that is not there, so that nothing is read.
bool Session::canEdit(const std::shared_ptr<Hypervisor> &hypervisor) const
{
    const auto editor = m_backend.editor ? m_backend.editor(hypervisor) : nullptr;
    if (!editor)
        return false;
    const auto checked = editor->check(u"/nonexistent/treewarden"_s);
    return checked || checked.error().code != ErrorCode::Unsupported;
}

bool Session::waitUntil(Clock::time_point due, const std::function<bool()> &wanted)
{
    std::unique_lock lock(m_mutex);
    m_wakeUp.wait_until(lock, due, [&] { return !m_connection || wanted(); });
    return m_connection != nullptr;
}

void Session::run()
{
    size_t failures = 0;
    for (;;) {
        post([](Connection &connection) { connection.setStatus(Connection::Status::Connecting, {}, 0); });
        announce(m_reading, u"open"_s, {});
        Result<std::shared_ptr<Hypervisor>> opened = m_backend.open(
            [this](const QString &what, const QString &subject) { announce(m_reading, what, subject); });
        settle(m_reading);
        const bool wasOpen = opened.has_value();
        Error why;
        if (opened) {
            {
                const std::lock_guard lock(m_mutex);
                m_hypervisor = *opened;
                m_demands.lost = false;
                m_demands.refresh = false;
                m_demands.retry = false;
            }
            why = serve(*opened);
            settle(m_reading);
            failures = 0;
            {
                const std::lock_guard lock(m_mutex);
                m_hypervisor.reset();
                m_published.reset();
            }
            opened = failure(why); // the last reference of ours: a close may block, here it may
        } else {
            why = opened.error();
        }

        // An address that is none does not become one by waiting.
        const bool isHopeless = !wasOpen && why.code == ErrorCode::Malformed;
        const auto pause = isHopeless ? ForGood : RetryPauses[std::min(failures++, std::size(RetryPauses) - 1)];
        const qint64 retryAt
            = isHopeless ? 0 : QDateTime::currentMSecsSinceEpoch() + std::chrono::milliseconds(pause).count();
        const auto status = wasOpen ? Connection::Status::Lost : Connection::Status::Failed;
        post([status, why, retryAt](Connection &connection) { connection.setStatus(status, why, retryAt); });
        if (!waitUntil(Clock::now() + pause, [this] { return m_demands.retry || m_demands.refresh; }))
            return;
        const std::lock_guard lock(m_mutex);
        m_demands.retry = false;
        m_demands.refresh = false;
    }
}

Error Session::serve(const std::shared_ptr<Hypervisor> &hypervisor)
{
    const std::weak_ptr<Session> weak = weak_from_this();
    const Result<> subscribed = hypervisor->subscribe(
        [weak](const Event &event) {
            const auto self = weak.lock();
            if (!self)
                return;
            self->post([event](Connection &connection) { Q_EMIT connection.eventReceived(event); });
            if (!changesMachine(event))
                return;
            const std::lock_guard lock(self->m_mutex);
            self->m_demands.touched.insert(event.domain);
            self->m_wakeUp.notify_all();
        },
        [weak](const Error &error) {
            const auto self = weak.lock();
            if (!self)
                return;
            const std::lock_guard lock(self->m_mutex);
            self->m_demands.lost = true;
            self->m_demands.lostWhy = error;
            self->m_wakeUp.notify_all();
        });
    if (!subscribed)
        return subscribed.error();

    InventoryReader reader(hypervisor, m_backend.stores(hypervisor));
    if (!m_backend.frozenFiles.isEmpty())
        reader.setFrozenFiles(std::make_unique<FrozenFiles>(m_backend.frozenFiles));
    reader.setProgress([this](const QString &what, const QString &subject) { announce(m_reading, what, subject); });
    std::vector<quint64> fresh;
    {
        const std::lock_guard lock(m_mutex);
        fresh = std::exchange(m_demands.fresh, {});
    }
    const bool canEditFiles = canEdit(hypervisor);
    const auto jobFiles = [this, &fresh] {
        return fresh.empty() ? QSet<QString>() : filesOfUnfinishedJobs(*m_desk->journal()).value_or(QSet<QString>());
    };
    QSet<QString> jobFilesBefore = jobFiles();
    auto inventory = reader.readAll();
    post([canEditFiles](Connection &connection) { connection.m_canEditFiles = canEditFiles; });
    bool isFirst = true;
    auto hostDue = Clock::now() + HostInterval;
    Comparisons comparisons;
    for (;;) {
        settle(m_reading);
        if (!inventory)
            return inventory.error();
        {
            // What was read while the connection broke is half of the truth; the last inventory is better.
            const std::lock_guard lock(m_mutex);
            if (m_demands.lost)
                return m_demands.lostWhy;
        }
        publish(*inventory);
        answerFresh(std::exchange(fresh, {}), jobFilesBefore);
        if (std::exchange(isFirst, false))
            post([](Connection &connection) { connection.lookAfterJobs(); });

        const auto inViewDue = [&] {
            const std::lock_guard lock(m_mutex);
            return m_demands.inView.isEmpty() ? hostDue : std::min(hostDue, Clock::now() + InViewInterval);
        }();
        if (!compareUntil(inViewDue, reader, comparisons))
            return {ErrorCode::Cancelled, {}, {}};
        bool isTouched = false;
        {
            const std::lock_guard lock(m_mutex);
            isTouched = !m_demands.touched.isEmpty();
        }
        if (isTouched && !waitUntil(Clock::now() + EventPause, [this] { return m_demands.lost; }))
            return {ErrorCode::Cancelled, {}, {}};

        Demands demands;
        {
            const std::lock_guard lock(m_mutex);
            demands = m_demands;
            m_demands.refresh = false;
            m_demands.look = false;
            m_demands.fresh.clear();
            m_demands.touched.clear();
        }
        if (demands.lost)
            return demands.lostWhy;
        for (const DomainId &touched : std::as_const(demands.touched))
            reader.forget(touched);
        const bool wholeHost = !demands.touched.isEmpty() || Clock::now() >= hostDue;
        fresh = demands.fresh;
        jobFilesBefore = jobFiles();
        const bool isFull = demands.refresh || !fresh.empty();
        if (isFull)
            inventory = reader.readAll();
        else
            inventory = reader.poll(wholeHost ? DomainId() : demands.inView);
        if (isFull || wholeHost)
            hostDue = Clock::now() + HostInterval;
    }
}

// Returns at the time, on a demand, or when a snapshot differs; false: detached.
bool Session::compareUntil(Clock::time_point due, InventoryReader &reader, Comparisons &comparisons)
{
    const auto demanded = [this] {
        return m_demands.lost || m_demands.refresh || m_demands.look || !m_demands.touched.isEmpty()
            || !m_demands.fresh.empty();
    };
    for (;;) {
        DomainId inView;
        {
            const std::lock_guard lock(m_mutex);
            inView = m_demands.inView;
        }
        if (std::exchange(comparisons.inView, inView) != inView)
            comparisons.inViewDue = {};
        const auto next
            = inView.isEmpty() ? comparisons.elsewhereDue : std::min(comparisons.inViewDue, comparisons.elsewhereDue);
        if (!waitUntil(std::min(due, next), demanded))
            return false;
        {
            const std::lock_guard lock(m_mutex);
            if (Clock::now() >= due || demanded())
                return true;
        }
        const auto compare = [&](InventoryReader::Watched which, Clock::time_point &shareDue) {
            if (Clock::now() < shareDue)
                return false;
            shareDue = Clock::now() + reader.comparisonPause(which, inView);
            return reader.compareSnapshots(which, inView);
        };
        const bool differs = (!inView.isEmpty() && compare(InventoryReader::Watched::InView, comparisons.inViewDue))
            || compare(InventoryReader::Watched::Elsewhere, comparisons.elsewhereDue);
        settle(m_reading);
        if (differs)
            return true;
    }
}

void Session::publish(const std::shared_ptr<const Inventory> &inventory)
{
    std::erase_if(m_past, [](const auto &past) { return past.use_count() == 1; });
    {
        const std::lock_guard lock(m_mutex);
        if (m_published == inventory)
            return;
        m_published = inventory;
    }
    auto assessment = std::make_shared<const Assessment>(assess(*inventory));
    auto draft = std::make_shared<const Draft>(inventory);
    m_past.insert(m_past.end(), {draft, assessment, inventory});
    post([inventory, assessment, draft](
             Connection &connection) { connection.setInventory(inventory, assessment, draft); });
}

} // namespace treewarden
