// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connection.h"

#include <QHash>
#include <QMap>
#include <QSet>

#include <condition_variable>
#include <mutex>

namespace treewarden {

// A host in memory, with machines from XML strings and images from bytes. Each Backend::open() gives a new
// FakeHypervisor that looks at it. Thread-safe. Calls are named as Hypervisor's methods ("domains", "snapshotNames",
// "start", ...), "open" for Backend::open, and "status", "openImage", "describe" for the image store's.
class FakeHost : public std::enable_shared_from_this<FakeHost>
{
public:
    static std::shared_ptr<FakeHost> create();
    Backend backend();

    // Machines. Name and UUID are read from the XML.
    DomainId addDomain(const QByteArray &xml, DomainState state = DomainState::ShutOff);
    void setDefinition(const DomainId &domain, const QByteArray &xml); // of now and of the next start
    void setPersistentDefinition(const DomainId &domain, const QByteArray &xml);
    void setState(const DomainId &domain, DomainState state);
    void removeDomain(const DomainId &domain);
    void setSnapshots(const DomainId &domain, const std::vector<QByteArray> &xml, const QString &current);
    void addSnapshot(const DomainId &domain, const QByteArray &xml); // and makes it current
    void removeSnapshot(const DomainId &domain, const QString &name);
    void setCheckpoints(const DomainId &domain, const std::vector<QByteArray> &xml);
    void setQmpReply(const DomainId &domain, const QByteArray &command, const QByteArray &reply);
    void setHost(const Host &host);

    // Images. `allocated`: what it takes on the host. An image with a pool is a volume too.
    void addImage(const QString &path, const QByteArray &bytes, Bytes allocated, const QString &pool = {});
    void removeImage(const QString &path);
    void setUnreadable(const QString &path, const Error &why);

    // Faults. "*" stands for every call.
    void fail(const QString &call, const Error &error);
    void mend(const QString &call);
    void hold(const QString &call); // calls wait from now on, until release()
    void release();
    bool waitUntilHeld(int milliseconds = 5000); // a call has arrived at hold()
    void breakConnections(const Error &why); // what is open is lost; opening anew works
    void announce(const Event &event);

    int count(const QString &call) const; // how often it was called

private:
    friend class FakeHypervisor;
    friend class FakeImageStore;
    struct Machine
    {
        DomainSummary summary;
        QByteArray live;
        QByteArray persistent;
        std::vector<std::pair<QString, QByteArray>> snapshots;
        QString current;
        std::vector<QByteArray> checkpoints;
        QHash<QByteArray, QByteArray> qmp;
    };
    struct File
    {
        int number = 0;
        QByteArray bytes;
        Bytes allocated = 0;
        qint64 modified = 0;
        QString pool;
        std::optional<Error> unreadable;
    };

    FakeHost() = default;
    static Volume volumeOf(const QString &path, const File &file);
    Result<> enter(const QString &call);
    Machine *machine(const DomainId &domain);
    Result<Machine> copyOf(const DomainId &domain);
    void changeState(const DomainId &domain, DomainState state, const QString &what);

    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    Host m_host;
    std::vector<Machine> m_machines;
    QMap<QString, File> m_files;
    int m_nextFile = 1;
    QHash<QString, Error> m_failures;
    QSet<QString> m_held;
    int m_waiting = 0;
    QHash<QString, int> m_counts;
    std::vector<std::weak_ptr<class FakeHypervisor>> m_sessions;
};

class FakeHypervisor : public Hypervisor
{
public:
    explicit FakeHypervisor(std::shared_ptr<FakeHost> host);

    Result<Host> host() override;
    Result<std::vector<DomainSummary>> domains() override;
    Result<QByteArray> domainXml(const DomainId &domain, Definition definition) override;
    Result<SnapshotNames> snapshotNames(const DomainId &domain) override;
    Result<> readSnapshots(const DomainId &domain, const std::function<void(const QByteArray &)> &each) override;
    Result<QByteArray> snapshotXml(const DomainId &domain, const QString &snapshot) override;
    Result<std::vector<QByteArray>> checkpointXml(const DomainId &domain) override;
    Result<QByteArray> qmp(const DomainId &domain, const QByteArray &command) override;
    Result<Volumes> volumes() override;
    Result<Volume> volume(const QString &path) override;
    Result<std::unique_ptr<ByteSource>> openVolume(const QString &path) override;
    Result<> start(const DomainId &domain) override;
    Result<> stop(const DomainId &domain, StopKind kind) override;
    Result<> definePool(const QByteArray &xml) override; // its files become volumes, and readable
    Result<> subscribe(
        std::function<void(const Event &)> onEvent, std::function<void(const Error &)> onClosed) override;

private:
    friend class FakeHost;
    Result<> enter(const QString &call);
    void announce(const Event &event);
    void lose(const Error &why);

    std::shared_ptr<FakeHost> m_host;
    std::mutex m_mutex;
    std::optional<Error> m_lost;
    std::function<void(const Event &)> m_onEvent;
    std::function<void(const Error &)> m_onClosed;
};

class FakeImageStore : public ImageStore
{
public:
    explicit FakeImageStore(std::shared_ptr<FakeHost> host);

    Result<FileStatus> status(const QString &path) override;
    bool isStatusCheap() const override { return true; }
    Result<QStringList> list(const QString &folder) override;
    Result<std::unique_ptr<ByteSource>> open(const QString &path) override;
    Result<ImageFacts> describe(const QString &path, const QString &format) override;

private:
    std::shared_ptr<FakeHost> m_host;
};

// A well-formed qcow2 image that holds no data.
struct Qcow2Recipe
{
    Bytes virtualSize = 20 * GiB;
    QString backing;
    QString backingFormat;
    std::vector<Tag> tags;
};
QByteArray qcow2Bytes(const Qcow2Recipe &recipe);

} // namespace treewarden
