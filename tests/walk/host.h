// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/connection/connection.h"
#include "model/sandbox/paths.h"
#include "tests/support/process.h"
#include "tests/support/systemdaemon.h"

#include <QTemporaryDir>

#include <memory>
#include <optional>

namespace treewarden::test {

// A private libvirt daemon without machines, in memory where that is possible, for a walk's own machines. Its main
// program must be able to be the daemon's keeper (liveMain()).
class WalkHost
{
public:
    // Who walks, and whose the images are.
    enum class Client {
        Owner, // the user of a session's daemon
        Stranger, // an ordinary user of a privileged daemon: from start() to the end this process is one. Root only
    };
    explicit WalkHost(Client client = Client::Owner);
    ~WalkHost(); // ends all its processes and removes its files
    Q_DISABLE_COPY_MOVE(WalkHost)

    Result<> start();
    bool isAlive() const; // the daemon answers
    QString folder() const;
    QString uri() const;
    // How the client gets at the host, as in the program.
    const std::shared_ptr<Hypervisor> &hypervisor() const { return m_hypervisor; }
    std::vector<std::shared_ptr<ImageStore>> stores() const { return m_backend.stores(m_hypervisor); }
    std::shared_ptr<ImageEditor> editor() const { return m_backend.editor(m_hypervisor); }
    Surroundings surroundings() const;

    // While one lives this process is root also where its client is a stranger: for what looks at the files, and for
    // what others do to them.
    class AsOwner
    {
    public:
        explicit AsOwner(const WalkHost &host);
        ~AsOwner();
        Q_DISABLE_COPY_MOVE(AsOwner)

    private:
        const WalkHost &m_host;
    };

    // An empty folder that the daemon's user may write to, and the client no more than its files allow; a storage pool
    // where the client has nothing but that.
    QString makeFolder(const QString &name) const;
    // A folder of the client's own.
    QString makeClientFolder(const QString &name) const;
    // Makes a file or a folder the daemon's user's.
    void give(const QString &path) const;

    // The virsh commands, each one line, in one process.
    ProcessResult virsh(const QStringList &commands) const;
    // qemu-img and qemu-io, as whoever runs the test.
    ProcessResult tool(const QString &program, const QStringList &arguments) const;

private:
    void become(uid_t user) const;

    std::unique_ptr<SystemDaemon> m_system; // null: the client owns the daemon
    QTemporaryDir m_folder;
    SandboxPaths m_paths;
    SandboxUser m_user;
    Backend m_backend;
    std::shared_ptr<Hypervisor> m_hypervisor;
    bool m_isStranger = false; // now
    mutable int m_owners = 0; // AsOwner that live
};

} // namespace treewarden::test
