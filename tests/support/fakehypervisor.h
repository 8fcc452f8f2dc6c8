// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connection.h"

#include <QHash>
#include <QMap>
#include <QSet>
#include <QStringList>

#include <condition_variable>
#include <mutex>

namespace treewarden {

// A host in memory, with machines from XML strings and images from bytes. Each Backend::open() gives a new
// FakeHypervisor that looks at it. Thread-safe. Calls are named as Hypervisor's methods ("domains", "snapshotNames",
// "start", ...), "open" for Backend::open, "status", "openImage", "describe", "fileSystem" for the image store's, and
// as ImageEditor's methods ("extractTag", "removeTag", "pin", ...) for those of the editor.
//
// What changes machines and files does it to what is in memory, as far as a reading of the host shows: definitions,
// snapshots, and the headers of images that qcow2Bytes() made. What an image holds is a word: see setContents().
class FakeHost : public std::enable_shared_from_this<FakeHost>
{
public:
    static std::shared_ptr<FakeHost> create();
    // Another host with all that this one has, apart from open sessions and what was set to go wrong.
    std::shared_ptr<FakeHost> copy() const;
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
    void giveMonitors(); // to all machines: each answers what layers it runs on, where no reply is set
    void setHost(const Host &host);

    // Images. `allocated`: what it takes on the host. An image with a pool is a volume too.
    void addImage(const QString &path, const QByteArray &bytes, Bytes allocated, const QString &pool = {});
    void removeImage(const QString &path);
    // What the daemon says of an image that is a volume, in the place of what is true of it.
    void setVolumeXml(const QString &path, const QByteArray &xml);
    void setUnreadable(const QString &path, const Error &why);
    void stopPool(const QString &pool); // it lists nothing any more

    // Faults. "*" stands for every call.
    void fail(const QString &call, const Error &error);
    void mend(const QString &call);
    void hold(const QString &call); // calls wait from now on, until release()
    void release();
    bool waitUntilHeld(int milliseconds = 5000); // a call has arrived at hold()
    void breakConnections(const Error &why); // what is open is lost; opening anew works
    void announce(const Event &event);

    int count(const QString &call) const; // how often it was called

    // A change that goes wrong: what Hypervisor's and ImageEditor's changing calls do instead of what they are for.
    struct Fault
    {
        enum class Kind {
            Fail, // nothing, and fail
            FailAfterwards, // what they are for, and fail all the same
            Lie, // nothing, and succeed
            Lose, // nothing: the connection is lost first
            LoseAfterwards, // what they are for, but the connection is lost before the answer
        };
        Kind kind = Kind::Fail;
        Error error = {ErrorCode::Failed, {}, QStringLiteral("a fault of the test's")};
    };
    // The n-th change from now on of that name ("*": of any) goes wrong, once.
    void setFault(const QString &call, const Fault &fault, int n = 1);
    QStringList changes() const; // the names of all that were called, in order; those that went wrong too

    // What the active contents of an image, or one of its tags, hold of their own. An overlay without contents of its
    // own shows what its backing image shows.
    void setContents(const QString &path, const QByteArray &word);
    void setContents(const QString &path, const QString &tag, const QByteArray &word);
    QByteArray shows(const QString &path) const; // null: there is no such file
    QByteArray shows(const QString &path, const QString &tag) const; // null: nor such a tag
    bool has(const QString &path) const;
    QStringList files() const;
    QStringList tags(const QString &path) const;
    QString backing(const QString &path) const;
    void setFree(Bytes free); // of the one file system; 100 GiB at first
    void setTakesLinks(Fact<bool> takes); // that file system; known to at first
    void setManagedSave(const DomainId &domain, bool has);
    void setPausedBy(const DomainId &domain, PausedBy why); // until its state changes
    void setMigrating(const DomainId &domain, bool is);
    DomainState state(const DomainId &domain) const;
    QByteArray definition(const DomainId &domain) const; // of the next start
    QByteArray snapshot(const DomainId &domain, const QString &name) const; // null: there is none
    // After so many looks a block job is ready, or done. Two at first.
    void setBlockJobLooks(int looks); // and of a backup
    void addFolder(const QString &path); // that is empty; else a folder is there with the files in it
    bool isHeld(const DomainId &domain) const; // by its guest agent
    void failBackup(const DomainId &domain, const QString &why); // that is under way

private:
    friend class FakeHypervisor;
    friend class FakeImageStore;
    friend class FakeEditor;
    struct Job
    {
        QString top;
        QString base;
        bool isActive = false; // of the active layer
        int looks = 0;
    };
    struct Backup
    {
        QByteArray xml;
        std::vector<std::pair<QString, QByteArray>> words; // what each file gets to show, by its path
        int looks = 0;
    };
    struct Machine
    {
        DomainSummary summary;
        QByteArray live;
        QByteArray persistent;
        std::vector<std::pair<QString, QByteArray>> snapshots;
        QString current;
        std::vector<QByteArray> checkpoints;
        QHash<QByteArray, QByteArray> qmp;
        QMap<QString, Job> jobs; // by target
        bool isMigrating = false;
        std::optional<Backup> backup = {}; // under way
        std::optional<Hypervisor::BackupEnd> lastBackup = {};
        bool isHeld = false; // by the guest agent
        QString memory; // a word for what is in it, while it runs
        int run = 0; // libvirt's id of it, another one each time it is started
    };
    struct File
    {
        int number = 0;
        QByteArray bytes;
        Bytes allocated = 0;
        qint64 modified = 0;
        QString pool;
        std::optional<Error> unreadable = {};
        std::optional<QByteArray> volumeXml = {};
        QByteArray contents = {};
        QHash<QString, QByteArray> tagContents = {};
    };
    using Change = std::function<Result<>()>; // with the mutex held

    FakeHost() = default;
    static Result<Volume> volumeOf(const QString &path, const File &file);
    Result<> enter(const QString &call);
    Machine *machine(const DomainId &domain);
    Result<Machine> copyOf(const DomainId &domain);
    static QString detailOf(const QString &what); // of a lifecycle event
    void changeState(const DomainId &domain, DomainState state, const QString &what);

    // Faults, then `what`.
    Result<> change(const QString &call, const Change &what);
    std::optional<Fault> takeFault(const QString &call);
    // All of these with the mutex held.
    Result<Machine *> find(const DomainId &domain);
    std::pair<QString, QByteArray> *findSnapshot(Machine &machine, const QString &name);
    Result<File *> findFile(const QString &path);
    void setMachineState(Machine &machine, DomainState state, const QString &what);
    ImageFacts factsOf(const QString &path) const;
    void rewrite(const QString &path, const ImageFacts &facts);
    bool isFolder(const QString &path) const;
    Result<> makeOverlay(const QString &path, const QString &base, const QString &baseFormat);
    Result<> addTag(const QString &path, const QString &tag, Bytes memory);
    Result<> dropTag(const QString &path, const QString &tag);
    Result<> mergeDown(const QString &top, const QString &base);
    void repointOverlays(const QString &from, const QString &to);
    void pointMachine(Machine &machine, const QString &from, const QString &to);
    QByteArray showsLocked(const QString &path) const;
    QByteArray blockNodes(const Machine &machine) const;
    Result<> makeSnapshot(Machine &machine, const QByteArray &xml, bool disksOnly);
    Result<> revert(Machine &machine, const QString &name, Hypervisor::AfterRevert after);
    Result<> dropSnapshot(Machine &machine, const QString &name, bool withData);

    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    Host m_host;
    std::vector<Machine> m_machines;
    QMap<QString, std::shared_ptr<File>> m_files; // one file may have several names
    QHash<QString, std::vector<std::pair<int, Fault>>> m_faults; // how many more calls until each
    QStringList m_changes;
    QSet<QString> m_folders;
    QSet<QString> m_stoppedPools;
    std::vector<Event> m_events; // of the change that is being made
    bool m_hasMonitors = false;
    Bytes m_free = 100 * GiB;
    Fact<bool> m_takesLinks = true;
    int m_blockJobLooks = 2;
    int m_nextOverlay = 1;
    int m_nextFile = 1;
    int m_nextPin = 1;
    int m_lastRun = 0;
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
    Result<QByteArray> domainXml(const DomainId &domain, Definition definition, Secrets) override;
    Result<SnapshotNames> snapshotNames(const DomainId &domain) override;
    Result<> readSnapshots(
        const DomainId &domain, const std::function<void(const QByteArray &)> &each, Secrets) override;
    Result<> readSnapshots(const DomainId &domain, const QStringList &names,
        const std::function<bool(const QString &, const QByteArray &)> &each) override; // counts each as "snapshotXml"
    Result<QByteArray> snapshotXml(const DomainId &domain, const QString &snapshot, Secrets) override;
    Result<std::vector<QByteArray>> checkpointXml(const DomainId &domain) override;
    Result<QByteArray> qmp(const DomainId &domain, const QByteArray &command) override;
    Result<Volumes> volumes() override;
    Result<Volume> volume(const QString &path) override;
    Result<QString> volumePath(const QString &pool, const QString &volume) override; // named as its file
    Result<std::unique_ptr<ByteSource>> openVolume(const QString &path) override;
    Result<> start(const DomainId &domain) override;
    Result<> stop(const DomainId &domain, StopKind kind) override;
    Result<> defineDomain(const QByteArray &xml) override;
    Result<> undefineDomain(const DomainId &domain) override;
    Result<> pause(const DomainId &domain) override;
    Result<> resume(const DomainId &domain) override;
    Result<> createSnapshot(
        const DomainId &domain, const QByteArray &xml, SnapshotScope scope, Quiesce quiesce) override;
    Result<> revertToSnapshot(const DomainId &domain, const QString &name, AfterRevert after) override;
    Result<> deleteSnapshot(const DomainId &domain, const QString &name) override;
    Result<> forgetSnapshot(const DomainId &domain, const QString &name) override;
    Result<> redefineSnapshot(const DomainId &domain, const QByteArray &xml, bool makeCurrent) override;
    Result<> setMetadata(const DomainId &domain, const QByteArray &xml) override;
    Result<> removeManagedSave(const DomainId &domain) override;
    Result<> restoreMemory(
        const DomainId &domain, const QString &file, const QByteArray &definition, bool paused) override;
    Result<> beginCommit(const DomainId &domain, const QString &disk, const QString &top, const QString &base) override;
    Result<std::optional<BlockJobInfo>> blockJob(const DomainId &domain, const QString &disk) override;
    Result<> endBlockJob(const DomainId &domain, const QString &disk, BlockJobEnd end) override;
    Result<std::optional<JobInfo>> jobInfo(const DomainId &domain) override; // a migration, a backup, or none
    Result<> abortJob(const DomainId &domain) override;
    // fakebackups.cpp
    Result<> beginBackup(const DomainId &domain, const QByteArray &backup, const QByteArray &checkpoint) override;
    Result<std::optional<QByteArray>> backupXml(const DomainId &domain) override;
    Result<std::optional<BackupEnd>> lastBackup(const DomainId &domain) override;
    Result<> deleteCheckpoint(const DomainId &domain, const QString &name, CheckpointPart part) override;
    Result<Bytes> diskSize(const DomainId &domain, const QString &disk) override;
    Result<> freezeGuest(const DomainId &domain) override;
    Result<> thawGuest(const DomainId &domain) override;
    Result<> createVolume(const QString &path, const QString &backing, const QString &backingFormat) override;
    Result<> removeVolume(const QString &path) override;
    Result<> definePool(const QByteArray &xml) override; // its files become volumes, and readable
    Result<> subscribe(
        std::function<void(const Event &)> onEvent, std::function<void(const Error &)> onClosed) override;

private:
    friend class FakeHost;
    Result<> enter(const QString &call);
    Result<> change(const QString &call, const FakeHost::Change &what);
    Result<> changeMachine(
        const QString &call, const DomainId &domain, const std::function<Result<>(FakeHost::Machine &)> &what);
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
    Result<QString> withoutParents(const QString &path) override; // no folder is a link
    Result<QStringList> list(const QString &folder) override;
    Result<QStringList> folders(const QString &folder) override;
    Result<FileSystem> fileSystem(const QString &folder) override;
    Result<std::unique_ptr<ByteSource>> open(const QString &path) override;
    Result<ImageFacts> describe(const QString &path, const QString &format) override;

private:
    std::shared_ptr<FakeHost> m_host;
};

// Works on the same files. Copies and merges say how far they are in four steps and stop where they are told to.
class FakeEditor : public ImageEditor
{
public:
    explicit FakeEditor(std::shared_ptr<FakeHost> host);

    Result<> createOverlay(const QString &path, const QString &base, const QString &baseFormat) override;
    Result<> extractTag(const QString &path, const QString &image, const QString &tag, bool withMemory,
        const EditProgress &progress) override;
    Result<> commit(const QString &top, const QString &base, const EditProgress &progress) override;
    Result<> compare(const QString &top, const QString &base, const EditProgress &progress) override;
    Result<> addTag(const QString &image, const QString &tag) override;
    Result<> removeTag(const QString &image, const QString &tag) override;
    Result<> copy(const QString &path, const QString &from, const EditProgress &progress) override;
    Result<> copyInUse(const QString &path, const QString &from) override;
    Result<> copyOver(const QString &path, const QString &from) override;
    Result<bool> holdSame(const QString &one, const QString &other) override;
    Result<> rename(const QString &from, const QString &to) override;
    Result<> renameOver(const QString &from, const QString &to) override;
    Result<> remove(const QString &path) override;
    Result<> repoint(const QString &overlay, const QString &base, const QString &baseFormat) override;
    Result<QString> pin(const QString &path) override;
    Result<> unpin(const QString &pinned) override;
    Result<> check(const QString &image) override;
    // fakebackups.cpp
    Result<> createImage(const QString &path, const QString &like, Bytes size, const QString &base) override;
    Result<> makeFolder(const QString &path, const QString &like) override;
    Result<> removeFolder(const QString &path) override;
    Result<> writeFile(const QString &path, const QString &like, const QByteArray &contents) override;
    Result<> replaceFile(const QString &path, const QString &like, const QByteArray &contents) override;
    Result<> settle(const QString &from, const QString &to) override;

private:
    Result<> put(const QString &path, const QByteArray &contents); // with the mutex held
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
