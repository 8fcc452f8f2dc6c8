// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sandbox/daemon.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>

#include <csignal>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace treewarden {

namespace {

// libvirt names the monitor of a machine CONFIG/libvirt/qemu/lib/domain-ID-NAME/monitor.sock, with up to 20 bytes of
// the name, and a socket's name has at most 107 bytes: longer roots need a shorter name.
constexpr int LongestRoot = 36;

} // namespace

QString daemonProgram()
{
    const QStringList folders = {u"/usr/sbin"_s, u"/usr/local/sbin"_s, u"/sbin"_s};
    for (const QString &name : {u"libvirtd"_s, u"virtqemud"_s}) {
        for (const QString &path :
            {QStandardPaths::findExecutable(name), QStandardPaths::findExecutable(name, folders)}) {
            if (!path.isEmpty())
                return path;
        }
    }
    return {};
}

SandboxDaemon::SandboxDaemon(SandboxPaths paths)
    : m_paths(std::move(paths))
{
}

SandboxDaemon::~SandboxDaemon()
{
    if (!m_shortRoot.isEmpty())
        QFile::remove(m_shortRoot);
}

Result<> SandboxDaemon::prepare()
{
    // As after a boot: libvirt starts the machines that are to start by themselves once in the life of this folder.
    if (sandboxProcesses(m_paths, SandboxProcess::Machine).empty())
        QDir(m_paths.runtime()).removeRecursively();
    QFile::remove(m_paths.socket());
    for (const QString &folder :
        {u"config/libvirt"_s, u"cache"_s, u"run/libvirt"_s, u"data"_s, u"state"_s, u"home"_s}) {
        if (!QDir(m_paths.root).mkpath(folder))
            return failure(ErrorCode::Failed, m_paths.root + u'/' + folder, qt_error_string());
    }
    const QString name = m_paths.root + u"/config/libvirt/qemu.conf"_s;
    QFile file(name);
    // No virtlogd, which would be one more process; no labels, which an unprivileged daemon cannot set anyway.
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate)
        || file.write("stdio_handler = \"file\"\nsecurity_driver = \"none\"\n") < 0 || !file.flush()) {
        return failure(ErrorCode::Failed, name, file.errorString());
    }
    return {};
}

QString SandboxDaemon::configuration()
{
    const QByteArray root = QFile::encodeName(m_paths.root);
    if (root.size() > LongestRoot && m_shortRoot.isEmpty()) {
        const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR");
        const QString folder = QFileInfo(runtime).isWritable() ? runtime : u"/tmp"_s;
        const QByteArray digest = QCryptographicHash::hash(root, QCryptographicHash::Sha1).toHex().left(8);
        const QString link = folder + u"/tw-"_s + QString::fromLatin1(digest);
        QFile::remove(link); // a killed keeper's; another user's cannot be removed and is then not used
        if (QFile::link(m_paths.root, link))
            m_shortRoot = link;
    }
    return (m_shortRoot.isEmpty() ? m_paths.root : m_shortRoot) + u"/config"_s;
}

Result<ProcessHandle> SandboxDaemon::start()
{
    for (ProcessHandle &left : sandboxProcesses(m_paths, SandboxProcess::Daemon))
        return std::move(left);
    if (const auto prepared = prepare(); !prepared)
        return failure(prepared.error());

    const QString program = daemonProgram();
    if (program.isEmpty())
        return failure(ErrorCode::NotFound, u"libvirtd"_s);
    if (program.endsWith("/virtqemud"_L1))
        QFile::link(u"virtqemud-sock"_s, m_paths.socket());

    const auto variable
        = [](const char *name, const QString &value) -> QByteArray { return name + QFile::encodeName(value); };
    const QString path = qEnvironmentVariable("PATH", u"/usr/local/bin:/usr/bin:/bin"_s) + u":/usr/sbin:/sbin"_s;
    QByteArray environment[] = {
        variable("PATH=", path),
        variable("HOME=", m_paths.home()),
        variable("XDG_CONFIG_HOME=", configuration()),
        variable("XDG_CACHE_HOME=", m_paths.root + u"/cache"_s),
        variable("XDG_RUNTIME_DIR=", m_paths.runtime()),
        variable("XDG_DATA_HOME=", m_paths.root + u"/data"_s),
        variable("XDG_STATE_HOME=", m_paths.root + u"/state"_s),
    };
    std::vector<char *> variables;
    for (QByteArray &entry : environment)
        variables.push_back(entry.data());
    variables.push_back(nullptr);
    QByteArray executable = QFile::encodeName(program);
    char *const arguments[] = {executable.data(), nullptr};

    const pid_t child = fork();
    if (child < 0)
        return failure(ErrorCode::Failed, program, qt_error_string());
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        execve(executable.constData(), arguments, variables.data());
        _exit(127);
    }
    return ProcessHandle(child);
}

} // namespace treewarden
