// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/connection/connection.h"

#include "model/connection/session.h"
#include "model/qcow2/measure.h"
#include "model/xml/poolxml.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// The first way to the bytes of an image that works.
Result<std::unique_ptr<ByteSource>> openImage(
    const std::vector<std::shared_ptr<ImageStore>> &stores, const QString &path)
{
    Error error{ErrorCode::NotFound, path, {}};
    for (const auto &store : stores) {
        auto source = store->open(path);
        if (source)
            return source;
        error = source.error();
    }
    return failure(error);
}

Fact<Bytes> measureTag(const std::vector<std::shared_ptr<ImageStore>> &stores, const Inventory &inventory,
    const Domain &domain, const QString &name)
{
    const int node = domain.snapshots.isKnown() ? domain.snapshots->find(name) : -1;
    if (node < 0)
        return Fact<Bytes>::absent();
    // What QEMU has in memory is not in the file yet.
    if (isActive(domain.state))
        return Fact<Bytes>::unknown({ErrorCode::Busy, domain.name, {}});
    const Snapshot &snapshot = domain.snapshots->at(node);
    Bytes sum = 0;
    for (const SnapshotDisk &disk : snapshot.disks) {
        if (disk.kind != SnapshotDiskKind::Internal)
            continue;
        const Image *image = inventory.images->at(snapshot.frozen(disk.target).location);
        if (!image || !image->facts.isKnown())
            return Fact<Bytes>::unknown({ErrorCode::NotRead, disk.target, {}});
        const auto &tags = image->facts->tags;
        const auto tag
            = std::find_if(tags.begin(), tags.end(), [&](const Tag &candidate) { return candidate.name == name; });
        if (tag == tags.end())
            return Fact<Bytes>::absent();
        const auto source = openImage(stores, image->location.name);
        if (!source)
            return Fact<Bytes>::unknown(source.error());
        const Result<Bytes> bytes = bytesOnlyIn(**source, tag->id);
        if (!bytes)
            return Fact<Bytes>::unknown(bytes.error());
        sum += *bytes;
    }
    return sum;
}

} // namespace

Connection::Connection(QString uri, Backend backend, QObject *parent)
    : QObject(parent)
    , m_uri(std::move(uri))
    , m_backend(std::move(backend))
{
}

Connection::~Connection()
{
    if (m_session)
        m_session->detach();
}

std::optional<Connection::Activity> Connection::activity() const
{
    return m_session ? m_session->activity() : std::nullopt;
}

void Connection::open()
{
    if (m_session)
        return;
    m_session = std::make_shared<Session>(this, m_backend);
    m_session->setInView(m_inView);
    setStatus(Status::Connecting, {}, 0);
    m_session->start();
}

void Connection::close()
{
    if (!m_session)
        return;
    m_session->detach();
    m_session.reset();
    m_inventory = std::make_shared<Inventory>();
    m_assessment = std::make_shared<Assessment>();
    m_draft = std::make_shared<Draft>();
    // Jobs go on to their end; the journal has it.
    m_tasks.clear();
    m_recoveries.clear();
    m_jobFiles.clear();
    setStatus(Status::Closed, {}, 0);
    Q_EMIT inventoryChanged();
}

void Connection::retry()
{
    if (m_session)
        m_session->retry();
    else
        open();
}

void Connection::refresh()
{
    if (m_session)
        m_session->refresh();
}

void Connection::setInView(const DomainId &domain)
{
    m_inView = domain;
    if (m_session)
        m_session->setInView(domain);
}

void Connection::start(const DomainId &domain)
{
    if (m_session)
        m_session->control(
            u"start"_s, domain.value, domain, [domain](Hypervisor &hypervisor) { return hypervisor.start(domain); });
}

void Connection::stop(const DomainId &domain, Hypervisor::StopKind kind)
{
    if (!m_session)
        return;
    const QString what = kind == Hypervisor::StopKind::Shutdown ? u"shutdown"_s : u"force-off"_s;
    m_session->control(
        what, domain.value, domain, [domain, kind](Hypervisor &hypervisor) { return hypervisor.stop(domain, kind); });
}

void Connection::makePool(const QString &name, const QString &folder)
{
    if (!m_session)
        return;
    m_session->control(u"pool"_s, folder, {}, [name, folder](Hypervisor &hypervisor) {
        return hypervisor.definePool(writeFolderPool(name, folder)).map_error([&](Error error) {
            error.subject = folder;
            return error;
        });
    });
}

void Connection::ask(
    const QString &what, const QString &snapshot, Question question, std::function<void(const Error &)> giveUp)
{
    const quint64 number = ++m_lastQuestion;
    m_unanswered.emplace(number, std::move(giveUp));
    const auto finish = [number](Connection &connection, const Answer &answer) {
        const auto waiting = connection.m_unanswered.extract(number);
        if (waiting.empty())
            return; // given up
        if (answer)
            answer(connection);
        else
            waiting.mapped()({ErrorCode::ConnectionLost, connection.m_uri, {}});
    };
    if (!m_session) {
        QMetaObject::invokeMethod(
            this, [this, finish] { finish(*this, nullptr); }, Qt::QueuedConnection);
        return;
    }
    m_session->errand(what, snapshot,
        [question = std::move(question), finish](Session &session, const std::shared_ptr<Hypervisor> &hypervisor) {
            const Answer answer = hypervisor ? question(session, hypervisor) : nullptr;
            session.post([finish, answer](Connection &connection) { finish(connection, answer); });
        });
}

void Connection::giveUpQuestions(const Error &why)
{
    for (const auto &[number, giveUp] : std::exchange(m_unanswered, {}))
        giveUp(why);
}

void Connection::readSnapshotXml(const DomainId &domain, const QString &snapshot)
{
    ask(
        u"snapshot-xml"_s, snapshot,
        [domain, snapshot](Session &, const std::shared_ptr<Hypervisor> &hypervisor) -> Answer {
            const auto then = hypervisor->snapshotXml(domain, snapshot);
            const auto now = hypervisor->domainXml(domain, Hypervisor::Definition::Persistent);
            const Result<ThenAndNow> xml = !then ? failure(then.error())
                : !now                           ? failure(now.error())
                                                 : Result<ThenAndNow>(ThenAndNow{*then, *now});
            return [domain, snapshot, xml](
                       Connection &connection) { Q_EMIT connection.snapshotXmlRead(domain, snapshot, xml); };
        },
        [this, domain, snapshot](const Error &why) { Q_EMIT snapshotXmlRead(domain, snapshot, failure(why)); });
}

void Connection::measure(const DomainId &domain, const QString &snapshot)
{
    ask(
        u"measure"_s, snapshot,
        [domain, snapshot, inventory = m_inventory](
            Session &session, const std::shared_ptr<Hypervisor> &hypervisor) -> Answer {
            const auto machine = inventory->domain(domain);
            const auto bytes = machine
                ? measureTag(session.backend().stores(hypervisor), *inventory, *machine, snapshot)
                : Fact<Bytes>::unknown({ErrorCode::NotFound, domain.value, {}});
            return [domain, snapshot, bytes](
                       Connection &connection) { Q_EMIT connection.measured(domain, snapshot, bytes); };
        },
        [this, domain, snapshot](const Error &why) { Q_EMIT measured(domain, snapshot, Fact<Bytes>::unknown(why)); });
}

void Connection::setStatus(Status status, const Error &error, qint64 retryAt)
{
    m_status = status;
    m_error = error;
    m_retryAt = retryAt;
    Q_EMIT statusChanged();
    // What still waits behind a call that does not come back would wait for ever.
    if (status == Status::Closed || status == Status::Failed || status == Status::Lost)
        giveUpQuestions({ErrorCode::ConnectionLost, m_uri, error.detail});
}

void Connection::setInventory(std::shared_ptr<const Inventory> inventory, std::shared_ptr<const Assessment> assessment,
    std::shared_ptr<const Draft> draft)
{
    m_inventory = std::move(inventory);
    m_assessment = std::move(assessment);
    m_draft = std::move(draft);
    if (m_status != Status::Open)
        setStatus(Status::Open, {}, 0);
    Q_EMIT inventoryChanged();
}

} // namespace treewarden
