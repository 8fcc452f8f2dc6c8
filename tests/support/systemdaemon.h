// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

#include <optional>

#include <sys/types.h>

namespace treewarden::test {

// A privileged libvirtd of the test's own, whose socket is everybody's. This process gets a mount namespace in which
// the folders of the system's libvirt are empty ones of its own: one for each process. Its machines' QEMU is root's,
// and labels and owners of files stay what they are.
class SystemDaemon
{
public:
    // An ordinary user, who is in no group.
    static constexpr uid_t Nobody = 65534;

    SystemDaemon();
    ~SystemDaemon(); // end the machines before

    // Root only, and before the process has a second thread. An error is for people.
    std::optional<QString> start();
    QString uri() const;

    // In a folder that lets everybody through to what is in it, and shows nobody its list.
    QString path(const QString &name) const { return m_folder.filePath(name); }

private:
    std::optional<QString> addAccount(const char *database, const QByteArray &name, const QByteArray &rest);

    QTemporaryDir m_folder;
    QProcess m_daemon;
    QStringList m_made; // folders for the mounts
    QStringList m_databases; // of accounts that are ours
};

// For main(): a program that is not root's runs itself again as root, by sudo where that asks for no password. Where
// that cannot be, the exit code.
std::optional<int> runAsRoot(int argc, char **argv);

} // namespace treewarden::test
