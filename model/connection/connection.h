// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/backend/hypervisor.h"
#include "model/backend/imageeditor.h"
#include "model/backend/imagestore.h"
#include "model/connection/mailbox.h"
#include "model/guard/assessment.h"
#include "model/guard/draft.h"
#include "model/job/pins.h"
#include "model/job/recovery.h"
#include "model/job/task.h"
#include "model/plan/plan.h"

#include <QObject>

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace treewarden {

class Session;

// What a worker is about to do that may take long: a word of Connection::Activity, and a machine's name or a path.
using Announce = std::function<void(const QString &what, const QString &subject)>;

// How a connection gets at a host. All are called on a worker thread and may block.
struct Backend
{
    std::function<Result<std::shared_ptr<Hypervisor>>(const Announce &announce)> open;
    // The places to look for images, best first.
    std::function<std::vector<std::shared_ptr<ImageStore>>(const std::shared_ptr<Hypervisor> &)> stores;
    // What changes images there; never null. Not given: nothing does.
    std::function<std::shared_ptr<ImageEditor>(const std::shared_ptr<Hypervisor> &)> editor = {};
    // Where the journal of jobs is kept; empty: the XDG state folder.
    QString stateFolder = {};
    // Where it is kept how files looked when something came to rest on them (see FrozenFiles); empty: nowhere.
    QString frozenFiles = {};
};

// A machine's XML in a snapshot, and the one that its next start uses.
struct ThenAndNow
{
    QByteArray then;
    QByteArray now;

    bool operator==(const ThenAndNow &) const = default;
};

// A host as the window sees it: opens, reads, polls, reconnects, all on threads of its own. Lives on the GUI thread;
// no call of it blocks. What it gives out is immutable and never null.
class Connection : public QObject
{
    Q_OBJECT

public:
    enum class Status {
        Closed, // not opened yet, or closed by the user
        Connecting,
        Open,
        // Could not be opened, at first or after a loss: error() has the reason, retryAt() the next try. There is none
        // where libvirt does not understand the URI (Malformed).
        Failed,
        Lost, // was open until now; the same. The last inventory stays readable, also through tries that fail.
    };
    // A call to the host that has not come back yet.
    struct Activity
    {
        QString what; // "open", "sandbox", "domains", "definition", "snapshots", "images", "volumes", "start", ...:
                      // views/text has the words
        QString subject; // the machine's name or UUID, or the path, if any
        qint64 since = 0; // milliseconds since 1970
    };

    // `uri` names it in settings and in the window ("sandbox" or libvirt's URI).
    Connection(QString uri, Backend backend, QObject *parent = nullptr);
    ~Connection() override; // never waits for a call that hangs

    QString uri() const { return m_uri; }
    Status status() const { return m_status; }
    const Error &error() const { return m_error; }
    qint64 retryAt() const { return m_retryAt; } // milliseconds since 1970; 0: no try is due
    std::optional<Activity> activity() const;
    std::shared_ptr<const Inventory> inventory() const { return m_inventory; }
    std::shared_ptr<const Assessment> assessment() const { return m_assessment; }
    // The inventory to try steps on; made on the reader's thread.
    std::shared_ptr<const Draft> draft() const { return m_draft; }
    Surroundings surroundings() const;

    void open();
    void close();
    void retry(); // at once, instead of at retryAt()
    void refresh(); // a full reading, whatever polling thinks
    // Polled every second instead of every ten. Empty: none.
    void setInView(const DomainId &domain);

    void start(const DomainId &domain);
    void stop(const DomainId &domain, Hypervisor::StopKind kind);
    // Makes a folder a storage pool that starts with the daemon, then reads the whole host. What fails is told by
    // operationFailed("pool", ...) without a domain; the error's subject is the folder.
    void makePool(const QString &name, const QString &folder);
    // Both questions are always answered, once each and never before the call returns: with ConnectionLost where there
    // is no connection, or where it ends before the answer. Only a Connection that is deleted owes none.
    // Answers with snapshotXmlRead().
    void readSnapshotXml(const DomainId &domain, const QString &snapshot);
    // Answers with measured(): what deleting an internal snapshot would free on its disks.
    void measure(const DomainId &domain, const QString &snapshot);

    // Reads everything anew, in a reading that begins after the call; answers with freshlyRead(), where the connection
    // does not end before.
    quint64 readFresh();

    // Jobs. Machines that share an image are worked on one after another, others side by side. A task is there from the
    // call on; what cannot be run (no connection) ends at once. Tasks that ended stay until the connection is closed.
    quint64 run(const ConfirmedPlan &plan);
    // What putting back a job would do, on the warm inventory: a plan that run() takes. Asked of the journal and the
    // files on a worker; no answer comes where the connection ends before.
    void proposeUndo(const QString &entry, std::function<void(Proposal)> answer);
    // The same of a backup, whose folder is looked at on a worker first.
    void proposeBackup(const Intent &intent, std::function<void(Proposal)> answer);
    void cancel(quint64 task);
    void pause(quint64 task, bool isWanted); // or lets it go on; the task says when it does
    const std::vector<Task> &tasks() const { return m_tasks; } // oldest first
    const Task *task(quint64 id) const; // null: no such

    // What the journal of this host has. history() is empty until the first historyChanged().
    void readHistory();
    const std::vector<HistoryEntry> &history() const { return m_history; } // newest first
    // Frees the space that is held so that the entry can be undone; then it cannot be.
    void freePin(const QString &entry);
    // Jobs that a program left in the middle; found when the connection opens, and after every job.
    const std::vector<RecoveryItem> &recoveries() const { return m_recoveries; }
    void leaveAsItIs(const QString &entry); // marks it as seen to
    void setPinLimits(const PinLimits &limits) { m_pinLimits = limits; } // from the next look at the journal on

Q_SIGNALS:
    void statusChanged();
    void inventoryChanged();
    void eventReceived(const treewarden::Event &event);
    void operationFailed(const QString &what, const treewarden::DomainId &domain, const treewarden::Error &error);
    void snapshotXmlRead(const treewarden::DomainId &domain, const QString &snapshot,
        const treewarden::Result<treewarden::ThenAndNow> &xml);
    void freshlyRead(quint64 reading);
    void taskChanged(quint64 id);
    void historyChanged();
    void recoveryFound(); // recoveries() has more
    void measured(
        const treewarden::DomainId &domain, const QString &snapshot, const treewarden::Fact<treewarden::Bytes> &bytes);

private:
    friend class Session; // calls these on the GUI thread
    using Answer = std::function<void(Connection &)>; // on the GUI thread
    using Question = std::function<Answer(Session &, const std::shared_ptr<Hypervisor> &)>; // on a worker
    void ask(
        const QString &what, const QString &snapshot, Question question, std::function<void(const Error &)> giveUp);
    void giveUpQuestions(const Error &why);
    // Adds the task; the worker's answers follow. Without a connection it ends at once.
    quint64 addTask(Task task, const std::function<void(Session &, const Task &)> &begin);
    void setTask(const Task &task);
    void lookAfterJobs(); // history, what was left in the middle, pins that are due
    void setStatus(Status status, const Error &error, qint64 retryAt);
    void setInventory(std::shared_ptr<const Inventory> inventory, std::shared_ptr<const Assessment> assessment,
        std::shared_ptr<const Draft> draft);

    const QString m_uri;
    const Backend m_backend;
    Mailbox m_mailbox; // what sessions post
    std::shared_ptr<Session> m_session; // null while closed
    DomainId m_inView;
    std::map<quint64, std::function<void(const Error &)>> m_unanswered; // by number: what to do where no answer comes
    quint64 m_lastQuestion = 0;
    Status m_status = Status::Closed;
    Error m_error;
    qint64 m_retryAt = 0;
    std::shared_ptr<const Inventory> m_inventory = std::make_shared<Inventory>();
    std::shared_ptr<const Assessment> m_assessment = std::make_shared<Assessment>();
    std::shared_ptr<const Draft> m_draft = std::make_shared<Draft>();
    bool m_canEditFiles = false;
    quint64 m_lastReading = 0;
    PinLimits m_pinLimits;
    std::vector<Task> m_tasks;
    quint64 m_lastTask = 0;
    std::vector<HistoryEntry> m_history;
    std::vector<RecoveryItem> m_recoveries;
    QSet<QString> m_jobFiles; // as the journal had it when it was looked at last
};

} // namespace treewarden
