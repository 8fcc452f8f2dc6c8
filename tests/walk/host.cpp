// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/host.h"

#include "app/backend.h"
#include "model/sandbox/filelock.h"
#include "model/sandbox/keeper.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace treewarden::test {

namespace {

// Sockets lie in it, and their names must be short.
QString place()
{
    return QFileInfo(u"/dev/shm"_s).isWritable() ? u"/dev/shm/tw-XXXXXX"_s : u"/tmp/tw-XXXXXX"_s;
}

Result<> answered(const ProcessResult &result, const QString &what)
{
    if (result.exitCode != 0)
        return failure(ErrorCode::Failed, what, QString::fromUtf8(result.error));
    return {};
}

} // namespace

WalkHost::WalkHost(Client client)
    : m_system(client == Client::Stranger ? std::make_unique<SystemDaemon>() : nullptr)
    , m_folder(place())
    , m_paths{m_folder.path()}
{
}

WalkHost::~WalkHost()
{
    if (m_isStranger)
        become(0);
    m_hypervisor.reset();
    m_isStranger = false;
    if (QFile::exists(m_paths.marker()) && !endKeeper(m_paths, 20s))
        qWarning("processes of the daemon in %s did not end", qPrintable(m_paths.root));
    m_system.reset();
    while (waitpid(-1, nullptr, WNOHANG) > 0) { }
}

Result<> WalkHost::start()
{
    if (m_system) {
        if (const auto failed = m_system->start())
            return failure(ErrorCode::Failed, u"libvirtd"_s, *failed);
        m_isStranger = true;
        become(SystemDaemon::Nobody);
    } else {
        m_user = sandboxUser(m_paths);
        if (const auto prepared = prepareRoot(m_paths, m_user); !prepared)
            return prepared;
        const auto lock = FileLock::take(m_paths.openLock(), 10s);
        if (!lock)
            return failure(lock.error());
        if (const auto started = startKeeper(m_paths, 120s); !started)
            return started;
    }
    m_backend = backendFor(uri());
    auto opened = m_backend.open({});
    if (!opened)
        return failure(opened.error());
    m_hypervisor = std::move(*opened);
    return {};
}

bool WalkHost::isAlive() const
{
    // A daemon that ended may have been started anew: what was opened to the one before is closed.
    return virsh({u"version"_s}).exitCode == 0 && m_hypervisor && m_hypervisor->domains();
}

QString WalkHost::folder() const
{
    return m_system ? m_system->path(u"walk"_s) : m_paths.root;
}

QString WalkHost::uri() const
{
    return m_system ? m_system->uri() : m_paths.uri();
}

Surroundings WalkHost::surroundings() const
{
    const auto checked = editor()->check(u"/nonexistent/treewarden"_s);
    return {QDateTime::currentSecsSinceEpoch(), checked || checked.error().code != ErrorCode::Unsupported};
}

// The saved user stays root, so that the way back is open; a program that is started is the client's for good.
void WalkHost::become(uid_t user) const
{
    const gid_t group = user;
    const bool done = user == 0 ? setresuid(0, 0, 0) == 0 && setresgid(0, 0, 0) == 0
                                : setresgid(group, group, 0) == 0 && setresuid(user, user, 0) == 0;
    if (!done)
        qFatal("cannot become user %d: %s", int(user), qUtf8Printable(qt_error_string()));
    prctl(PR_SET_DUMPABLE, 1);
}

WalkHost::AsOwner::AsOwner(const WalkHost &host)
    : m_host(host)
{
    if (m_host.m_isStranger && m_host.m_owners++ == 0)
        m_host.become(0);
}

WalkHost::AsOwner::~AsOwner()
{
    if (m_host.m_isStranger && --m_host.m_owners == 0)
        m_host.become(SystemDaemon::Nobody);
}

QString WalkHost::makeFolder(const QString &name) const
{
    const AsOwner owner(*this);
    const QString path = folder() + u'/' + name;
    QDir().mkpath(path);
    if (m_system) {
        // What files the client may read is said by them, as in /var/lib/libvirt/images.
        if (chmod(QFile::encodeName(folder()).constData(), 0711) != 0
            || chmod(QFile::encodeName(path).constData(), 0711) != 0)
            qWarning("%s: %s", qUtf8Printable(path), qUtf8Printable(qt_error_string()));
        if (virsh({u"pool-info "_s + name}).exitCode != 0) {
            if (const auto made = answered(virsh({u"pool-create-as %1 dir --target %2"_s.arg(name, path)}), path);
                !made)
                qWarning("%s", qUtf8Printable(made.error().detail));
        }
    } else {
        give(path);
    }
    return path;
}

QString WalkHost::makeClientFolder(const QString &name) const
{
    const AsOwner owner(*this);
    const QString path = folder() + u'/' + name;
    QDir().mkpath(path);
    if (m_system && lchown(QFile::encodeName(path).constData(), SystemDaemon::Nobody, SystemDaemon::Nobody) != 0)
        qWarning("%s: %s", qUtf8Printable(path), qUtf8Printable(qt_error_string()));
    return path;
}

void WalkHost::give(const QString &path) const
{
    const AsOwner owner(*this);
    if (m_system && chmod(QFile::encodeName(path).constData(), 0600) != 0)
        qWarning("%s: %s", qUtf8Printable(path), qUtf8Printable(qt_error_string()));
    if (m_user.isOther && lchown(QFile::encodeName(path).constData(), m_user.uid, m_user.gid) != 0)
        qWarning("%s: %s", qUtf8Printable(path), qUtf8Printable(qt_error_string()));
}

ProcessResult WalkHost::virsh(const QStringList &commands) const
{
    const AsOwner owner(*this);
    return run(u"virsh"_s, {u"-q"_s, u"-c"_s, uri(), commands.join(u"; ")});
}

ProcessResult WalkHost::tool(const QString &program, const QStringList &arguments) const
{
    const AsOwner owner(*this);
    return run(program, arguments);
}

} // namespace treewarden::test
