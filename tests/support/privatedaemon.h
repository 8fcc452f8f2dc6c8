// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QTemporaryDir>

#include <memory>

namespace treewarden::test {

// A libvirtd of the test's own that the test may stop, freeze and start again, in a temporary folder of its own.
// Unprivileged also when root runs the tests: libvirt's session daemons do not mind, but QEMU should not be root's.
class PrivateDaemon
{
public:
    PrivateDaemon();
    // With the machines "one" and "two", where they run. Within a test function it then holds our reading of every
    // image against qemu-img's, and fails the function where they differ or where there is no image.
    ~PrivateDaemon();

    QString path(const QString &name) const { return m_folder.filePath(name); }
    QString uri() const;

    void launch();
    bool start(); // launches it, and waits until it answers
    void signal(int number) const;
    void end(int number);
    QByteArray virsh(const QStringList &arguments) const;
    // A machine, off, with one small qcow2 disk.
    bool define(const QString &name) const;

private:
    void compareImages() const;

    QTemporaryDir m_folder{QStringLiteral("/tmp/tw-XXXXXX")};
    std::unique_ptr<QProcess> m_process;
};

} // namespace treewarden::test
