// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/host.h"

#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/sandbox/filelock.h"
#include "model/sandbox/keeper.h"

#include <QDir>
#include <QFileInfo>

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

} // namespace

WalkHost::WalkHost()
    : m_folder(place())
    , m_paths{m_folder.path()}
{
}

WalkHost::~WalkHost()
{
    m_hypervisor.reset();
    if (QFile::exists(m_paths.marker()) && !endKeeper(m_paths, 20s))
        qWarning("processes of the daemon in %s did not end", qPrintable(m_paths.root));
    while (waitpid(-1, nullptr, WNOHANG) > 0) { }
}

Result<> WalkHost::start()
{
    m_user = sandboxUser(m_paths);
    if (const auto prepared = prepareRoot(m_paths, m_user); !prepared)
        return prepared;
    const auto lock = FileLock::take(m_paths.openLock(), 10s);
    if (!lock)
        return failure(lock.error());
    if (const auto started = startKeeper(m_paths, 120s); !started)
        return started;
    auto opened = libvirt::openHypervisor(m_paths.uri());
    if (!opened)
        return failure(opened.error());
    m_hypervisor = std::move(*opened);
    return {};
}

QString WalkHost::makeFolder(const QString &name) const
{
    const QString path = m_paths.root + u'/' + name;
    QDir().mkpath(path);
    give(path);
    return path;
}

void WalkHost::give(const QString &path) const
{
    if (m_user.isOther && lchown(QFile::encodeName(path).constData(), m_user.uid, m_user.gid) != 0)
        qWarning("%s: %s", qUtf8Printable(path), qUtf8Printable(qt_error_string()));
}

ProcessResult WalkHost::virsh(const QStringList &commands) const
{
    return run(u"virsh"_s, {u"-q"_s, u"-c"_s, m_paths.uri(), commands.join(u"; ")});
}

ProcessResult WalkHost::tool(const QString &program, const QStringList &arguments) const
{
    return run(program, arguments);
}

} // namespace treewarden::test
