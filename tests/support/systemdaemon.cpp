// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/systemdaemon.h"

#include "tests/support/ownmounts.h"
#include "tests/support/process.h"

#include <QDir>
#include <QFile>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace treewarden::test {

namespace {

std::optional<QString> put(const QString &path, const QByteArray &contents)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
        return path + u": "_s + file.errorString();
    return {};
}

} // namespace

SystemDaemon::SystemDaemon()
    : m_folder(u"/tmp/tw-XXXXXX"_s) // short, because sockets lie in it
{
}

SystemDaemon::~SystemDaemon()
{
    if (m_daemon.state() == QProcess::Running) {
        m_daemon.terminate();
        m_daemon.waitForFinished();
    }
    for (const QString &database : std::as_const(m_databases))
        umount2(qPrintable(database), MNT_DETACH);
    for (const QString &folder : std::as_const(m_made)) {
        umount2(qPrintable(folder), MNT_DETACH);
        QDir().rmdir(folder);
    }
}

QString SystemDaemon::uri() const
{
    return u"qemu+unix:///system?socket="_s + path(u"run/libvirt-sock"_s);
}

// The daemon insists on the accounts it was built with, also where the package that makes them is not set up. Here they
// are those of the mount namespace alone.
std::optional<QString> SystemDaemon::addAccount(const char *database, const QByteArray &name, const QByteArray &rest)
{
    QFile file(QString::fromLatin1(database));
    if (!file.open(QIODevice::ReadOnly))
        return file.fileName() + u": "_s + file.errorString();
    const QByteArray accounts = file.readAll();
    if (QByteArray('\n' + accounts).contains(QByteArray('\n' + name + ':')))
        return {};
    const QString ours = path(QString::fromLatin1(name) + u'.' + file.fileName().section(u'/', -1));
    if (const auto failed = put(ours, accounts + name + ':' + rest + '\n'))
        return failed;
    if (chmod(qPrintable(ours), 0644) != 0 || mount(qPrintable(ours), database, nullptr, MS_BIND, nullptr) != 0)
        return ours + u": "_s + qt_error_string();
    m_databases << file.fileName();
    return {};
}

std::optional<QString> SystemDaemon::start()
{
    // The mounts are this process's, and end with it. All that another libvirt of this system has is out of reach.
    if (auto failed = takeOwnMounts())
        return failed;
    for (const char *folder :
        {"/etc/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt", "/run/libvirt"}) {
        const QString name = QString::fromLatin1(folder);
        if (!QDir(name).exists()) {
            // Where the packages were never set up, even the folder is missing: its parent becomes ours.
            if (!QDir().mkpath(name))
                return name;
            m_made << name;
        }
        if (mount("treewarden-test", folder, "tmpfs", 0, "mode=0755") != 0)
            return name + u": "_s + qt_error_string();
    }
    if (const auto failed = addAccount("/etc/passwd", "libvirt-qemu", "x:64055:64055::/:/usr/sbin/nologin"))
        return failed;
    for (const char *group : {"libvirt-qemu", "kvm"}) {
        if (const auto failed = addAccount("/etc/group", group, "x:64055:"))
            return failed;
    }

    const QString configuration = path(u"libvirtd.conf"_s);
    if (chmod(qPrintable(m_folder.path()), 0711) != 0 || !QDir(m_folder.path()).mkpath(u"run"_s))
        return m_folder.path();
    if (const auto failed = put(configuration,
            "unix_sock_dir = \"" + path(u"run"_s).toUtf8()
                + "\"\nunix_sock_rw_perms = \"0777\"\nunix_sock_ro_perms = \"0777\"\nauth_unix_rw = \"none\"\n"
                  "auth_unix_ro = \"none\"\n"))
        return failed;
    if (const auto failed = put(u"/etc/libvirt/qemu.conf"_s,
            "user = \"root\"\ngroup = \"root\"\nsecurity_driver = \"none\"\nstdio_handler = \"file\"\n"
            "dynamic_ownership = 0\ncgroup_controllers = []\nnamespaces = []\nremember_owner = 0\n"))
        return failed;

    QProcessEnvironment environment;
    environment.insert(u"PATH"_s, u"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"_s);
    m_daemon.setProcessEnvironment(environment);
    m_daemon.setStandardErrorFile(path(u"log"_s));
    m_daemon.start(u"/usr/sbin/libvirtd"_s, {u"--config"_s, configuration, u"--pid-file"_s, path(u"libvirtd.pid"_s)});
    if (!m_daemon.waitForStarted())
        return u"libvirtd: apt-get install libvirt-daemon libvirt-daemon-system"_s;
    bool answers = false;
    for (int tries = 0; tries < 100 && !answers; ++tries) {
        if (tries > 0 && m_daemon.waitForFinished(100))
            break;
        answers = run(u"virsh"_s, {u"-c"_s, uri(), u"version"_s}).exitCode == 0;
    }
    if (answers)
        return {};
    QFile log(path(u"log"_s));
    return u"libvirtd does not answer: "_s
        + (log.open(QIODevice::ReadOnly) ? QString::fromUtf8(log.readAll()) : QString());
}

std::optional<int> runAsRoot(int argc, char **argv)
{
    if (geteuid() == 0)
        return {};
    if (std::system("sudo -n true 2>/dev/null") == 0) {
        std::vector<char *> words{const_cast<char *>("sudo"), const_cast<char *>("-n")};
        for (int index = 0; index < argc; ++index)
            words.push_back(argv[index]);
        words.push_back(nullptr);
        execvp("sudo", words.data());
    }
    std::fprintf(stderr,
        "FAIL! : an unprivileged user of a privileged daemon can only be tried by root, or where sudo asks for no "
        "password\n");
    return 1;
}

} // namespace treewarden::test
