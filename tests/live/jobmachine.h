// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/backend.h"
#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/connection/connection.h"
#include "model/connection/worker.h"
#include "model/job/journal.h"
#include "model/job/runner.h"
#include "model/job/undo.h"
#include "model/plan/plan.h"
#include "tests/support/privatedaemon.h"
#include "tests/support/process.h"
#include "tests/support/qcow2oracle.h"

#include <QDir>
#include <QFile>
#include <QMap>
#include <QTest>

#include <memory>
#include <optional>

#include <sys/stat.h>

namespace treewarden::test {

// A machine "one" on a private daemon, and a connection that runs jobs on it. What a disk holds is a byte's value at
// one place, so that each state is known by a number.
class JobMachine
{
public:
    static constexpr int Patience = 60'000;

    PrivateDaemon daemon;

    QString path(const QString &name) const { return daemon.path(QStringLiteral("images/") + name); }
    QString stateHome() const { return m_state.path(); } // as XDG_STATE_HOME
    QString state() const { return m_state.filePath(QStringLiteral("treewarden")); }
    DomainId id() const { return m_id; }
    Connection &connection() const { return *m_connection; }
    std::shared_ptr<Journal> journal() const { return std::make_shared<Journal>(state(), daemon.uri()); }

    bool connect()
    {
        Backend backend = backendFor(daemon.uri());
        backend.stateFolder = state();
        m_connection = std::make_unique<Connection>(daemon.uri(), backend);
        m_connection->open();
        return QTest::qWaitFor([&] { return m_connection->status() == Connection::Status::Open; }, Patience);
    }
    void disconnect() { m_connection.reset(); }

    // A new machine with nothing but its disk, which holds 1; off. `size`: of the disk, in MiB.
    bool renew(int size = 4)
    {
        (void)run(QStringLiteral("virsh"), virsh({QStringLiteral("destroy"), one()}));
        (void)run(QStringLiteral("virsh"),
            virsh({QStringLiteral("undefine"), one(), QStringLiteral("--snapshots-metadata"),
                QStringLiteral("--checkpoints-metadata"), QStringLiteral("--managed-save")}));
        // It fails the test function where our reading of an image differs.
        if (compareImagesBelow(path({})) == 0 && !QDir(path({})).isEmpty(QDir::Files))
            return false;
        QDir images(path({}));
        const QStringList left = images.entryList(QDir::Files);
        for (const QString &file : left)
            images.remove(file);
        QDir(path(QStringLiteral(".treewarden"))).removeRecursively();
        const QString disk = path(QStringLiteral("one.qcow2"));
        const QStringList grow{QStringLiteral("resize"), QStringLiteral("-q"), disk, QStringLiteral("%1M").arg(size)};
        if (!daemon.define(one()) || run(QStringLiteral("qemu-img"), grow).exitCode != 0 || !put(disk, 1))
            return false;
        m_id = DomainId(QString::fromUtf8(daemon.virsh({QStringLiteral("domuuid"), one()})).trimmed());
        return !m_id.isEmpty();
    }

    static bool put(const QString &file, int value, const QString &place = QStringLiteral("1M 64k"))
    {
        const auto put = run(QStringLiteral("qemu-io"),
            {QStringLiteral("-f"), QStringLiteral("qcow2"), QStringLiteral("-c"),
                QStringLiteral("write -P %1 %2").arg(value).arg(place), file});
        return put.exitCode == 0;
    }
    // The value at the place; -1: it cannot be read.
    int holds(const QString &file, const QString &tag = {}) const
    {
        const QString raw = daemon.path(QStringLiteral("contents.raw"));
        QStringList arguments{QStringLiteral("convert"), QStringLiteral("-U"), QStringLiteral("-f"),
            QStringLiteral("qcow2"), QStringLiteral("-O"), QStringLiteral("raw")};
        if (!tag.isEmpty())
            arguments << QStringLiteral("-l") << QStringLiteral("snapshot.name=") + tag;
        QFile copy(raw);
        char value = 0;
        if (run(QStringLiteral("qemu-img"), arguments + QStringList{file, raw}).exitCode != 0
            || !copy.open(QIODevice::ReadOnly) || !copy.seek(1 << 20) || !copy.getChar(&value))
            return -1;
        return value;
    }

    // A reading that began after the call; what is known now, where there is no connection.
    std::shared_ptr<const Inventory> read()
    {
        std::optional<quint64> seen;
        const auto link = QObject::connect(
            m_connection.get(), &Connection::freshlyRead, m_connection.get(), [&](quint64 number) { seen = number; });
        const quint64 wanted = m_connection->readFresh();
        (void)QTest::qWaitFor([&] { return seen == wanted; }, Patience);
        QObject::disconnect(link);
        return m_connection->inventory();
    }
    QString disk()
    {
        const auto domain = read()->domain(m_id);
        return domain && domain->definition.isKnown() ? domain->definition->disks.front().source.location.name
                                                      : QString();
    }
    bool write(int value) { return put(disk(), value); } // as the guest would; off
    QString current()
    {
        return QString::fromUtf8(daemon.virsh({QStringLiteral("snapshot-current"), one(), QStringLiteral("--name")}))
            .trimmed();
    }
    DomainState power() { return read()->domain(m_id)->state; }

    // What the machine and each of its snapshots show.
    QMap<QString, int> states() { return states(*read()); }
    QMap<QString, int> states(const Inventory &inventory) const
    {
        QMap<QString, int> shown;
        const auto domain = inventory.domain(m_id);
        if (!domain || !domain->definition.isKnown() || !domain->snapshots.isKnown())
            return shown;
        shown.insert(QStringLiteral("now"), holds(domain->definition->disks.front().source.location.name));
        for (int node = 0; node < domain->snapshots->size(); ++node) {
            const Snapshot &snapshot = domain->snapshots->at(node);
            const QString frozen = snapshot.frozen(QStringLiteral("vda")).location.name;
            const bool isInternal
                = !snapshot.disks.empty() && snapshot.disks.front().kind == SnapshotDiskKind::Internal;
            shown.insert(snapshot.name, holds(frozen, isInternal ? snapshot.name : QString()));
        }
        return shown;
    }

    // The first way that is not blocked, with all that it asks for; `findings` gets what is blocked.
    std::optional<ConfirmedPlan> confirm(
        const Intent::What &what, const QString &way = {}, QStringList *findings = nullptr)
    {
        Proposal proposal = propose({m_id, what}, read(), m_connection->surroundings());
        std::vector<Plan> plans{std::move(proposal.plan)};
        for (Plan &plan : proposal.alternatives)
            plans.push_back(std::move(plan));
        for (Plan &plan : plans) {
            for (const Finding &finding : plan.findings) {
                if (findings)
                    *findings += plan.way + QLatin1Char(':') + finding.id;
            }
            if (plan.verdict == Verdict::Block || (!way.isEmpty() && plan.way != way))
                continue;
            QStringList all;
            for (const Finding &finding : plan.confirmations())
                all += finding.id;
            if (const auto confirmed = ConfirmedPlan::confirm(std::make_shared<const Plan>(std::move(plan)), all))
                return *confirmed;
        }
        return {};
    }
    Task wait(quint64 task, int patience = Patience)
    {
        (void)QTest::qWaitFor([&] { return m_connection->task(task)->outcome.has_value(); }, patience);
        return *m_connection->task(task);
    }
    Task execute(const ConfirmedPlan &plan) { return wait(m_connection->run(plan)); }
    Task execute(const Intent::What &what, const QString &way = {})
    {
        const auto plan = confirm(what, way);
        return plan ? execute(*plan) : Task();
    }
    // With all that it asks for; not run where it is blocked.
    Task undo(const QString &entry)
    {
        (void)read(); // it is proposed on what the connection knows
        const auto plan = std::make_shared<std::shared_ptr<const Plan>>();
        m_connection->proposeUndo(
            entry, [plan](const Proposal &proposal) { *plan = std::make_shared<const Plan>(proposal.plan); });
        if (!QTest::qWaitFor([&] { return bool(*plan); }, Patience))
            return {};
        QStringList all;
        for (const Finding &finding : (*plan)->confirmations())
            all += finding.id;
        const auto confirmed = ConfirmedPlan::confirm(*plan, all);
        if (confirmed)
            return execute(*confirmed);
        Task refused;
        refused.outcome = Outcome::Failed;
        refused.error = confirmed.error();
        return refused;
    }
    JournalEntry entry(const QString &name) const { return journal()->find(name).value_or(JournalEntry{}); }

    // On a connection of its own, in this process: for what must happen at one moment of a job.
    JobHost host() const
    {
        const Backend backend = backendFor(daemon.uri());
        const auto hypervisor = backend.open([](const QString &, const QString &) {});
        if (!hypervisor)
            return {};
        return makeJobHost(*hypervisor, backend.editor(*hypervisor), backend.stores(*hypervisor));
    }

    // The first image that does not open, with what qemu-img says; empty: all do.
    QByteArray broken(bool isOn = false) const
    {
        const QStringList shared = isOn ? QStringList{QStringLiteral("-U")} : QStringList();
        const QDir images(path({}));
        const QStringList files = images.entryList(QDir::Files);
        for (const QString &name : files) {
            if (name.endsWith(QStringLiteral(".mem")) || name == QStringLiteral("ballast"))
                continue;
            const auto check = run(QStringLiteral("qemu-img"),
                QStringList{
                    QStringLiteral("check"), QStringLiteral("-q"), QStringLiteral("-f"), QStringLiteral("qcow2")}
                    + shared + QStringList{images.filePath(name)});
            const auto info = run(QStringLiteral("qemu-img"),
                QStringList{QStringLiteral("info"), QStringLiteral("--backing-chain")} + shared
                    + QStringList{images.filePath(name)});
            if ((check.exitCode != 0 && check.exitCode != 3) || info.exitCode != 0)
                return name.toUtf8() + ": " + check.error + info.error;
        }
        return {};
    }

    static QString one() { return QStringLiteral("one"); }
    QStringList virsh(const QStringList &arguments) const
    {
        return QStringList{QStringLiteral("-q"), QStringLiteral("-c"), daemon.uri()} + arguments;
    }

private:
    QTemporaryDir m_state{QStringLiteral("/tmp/tw-XXXXXX")};
    std::unique_ptr<Connection> m_connection;
    DomainId m_id;
};

inline QByteArray describe(const Task &task)
{
    return (task.outcome ? outcomeName(*task.outcome) : QStringLiteral("not run")).toUtf8() + ": "
        + task.error.subject.toUtf8() + " / " + task.error.detail.toUtf8();
}

} // namespace treewarden::test
