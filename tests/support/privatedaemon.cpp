// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/privatedaemon.h"

#include "tests/support/process.h"
#include "tests/support/qcow2oracle.h"

#include <QDir>
#include <QFile>
#include <QTest>

#include <csignal>

#include <sys/stat.h>
#include <unistd.h>

namespace treewarden::test {

using namespace Qt::StringLiterals;

PrivateDaemon::PrivateDaemon()
{
    for (const char *folder : {"config/libvirt", "cache", "run/libvirt", "data", "state", "images"})
        QDir(m_folder.path()).mkpath(QString::fromLatin1(folder));
    QFile file(path(u"config/libvirt/qemu.conf"_s));
    if (file.open(QIODevice::WriteOnly))
        file.write("stdio_handler = \"file\"\nsecurity_driver = \"none\"\n");
    file.close();
    if (geteuid() == 0)
        run(u"chown"_s, {u"-R"_s, u"65534:65534"_s, m_folder.path()});
}

PrivateDaemon::~PrivateDaemon()
{
    if (!m_process)
        return;
    for (const QString &machine : {u"one"_s, u"two"_s})
        virsh({u"destroy"_s, machine});
    end(SIGTERM);
    if (QTest::currentTestFunction() && !QTest::currentTestFailed())
        compareImages();
}

void PrivateDaemon::compareImages() const
{
    QVERIFY(compareImagesBelow(path(u"images"_s)) > 0);
}

QString PrivateDaemon::uri() const
{
    return u"qemu+unix:///session?socket="_s + path(u"run/libvirt/libvirt-sock"_s);
}

void PrivateDaemon::launch()
{
    QProcessEnvironment environment;
    environment.insert(u"PATH"_s, u"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"_s);
    environment.insert(u"HOME"_s, m_folder.path());
    for (const char *folder : {"config", "cache", "data", "state"})
        environment.insert(
            u"XDG_%1_HOME"_s.arg(QString::fromLatin1(folder).toUpper()), path(QString::fromLatin1(folder)));
    environment.insert(u"XDG_RUNTIME_DIR"_s, path(u"run"_s));
    m_process = std::make_unique<QProcess>();
    m_process->setProcessEnvironment(environment);
    m_process->setChildProcessModifier([] {
        if (geteuid() == 0 && (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0))
            _exit(126);
    });
    m_process->setStandardErrorFile(path(u"log"_s));
    m_process->start(u"libvirtd"_s, {});
}

bool PrivateDaemon::start()
{
    launch();
    for (int tries = 0; tries < 200; ++tries) {
        if (run(u"virsh"_s, {u"-c"_s, uri(), u"version"_s}).exitCode == 0)
            return true;
        QTest::qWait(100);
    }
    return false;
}

void PrivateDaemon::signal(int number) const
{
    // Never to a process that is not there: 0 would mean our own group.
    if (m_process && m_process->processId() > 0)
        ::kill(pid_t(m_process->processId()), number);
}

void PrivateDaemon::end(int number)
{
    signal(number);
    m_process->waitForFinished();
}

QByteArray PrivateDaemon::virsh(const QStringList &arguments) const
{
    return run(u"virsh"_s, QStringList{u"-q"_s, u"-c"_s, uri()} + arguments).output;
}

bool PrivateDaemon::define(const QString &name) const
{
    const QString disk = path(u"images/%1.qcow2"_s.arg(name));
    if (run(u"qemu-img"_s, {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, disk, u"4M"_s}).exitCode != 0)
        return false;
    chmod(qPrintable(disk), 0666);
    QFile file(path(u"machine.xml"_s));
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate))
        return false;
    file.write(u"<domain type='qemu'><name>%1</name><memory unit='MiB'>16</memory>"
               "<os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'>"
               "<driver name='qemu' type='qcow2'/><source file='%2'/><target dev='vda' bus='virtio'/></disk>"
               "<memballoon model='none'/></devices></domain>"_s.arg(name, disk)
                   .toUtf8());
    file.close();
    return run(u"virsh"_s, {u"-c"_s, uri(), u"define"_s, file.fileName()}).exitCode == 0;
}

} // namespace treewarden::test
