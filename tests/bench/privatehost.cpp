// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/privatehost.h"

#include "model/backend/libvirt/libvirthypervisor.h"
#include "model/sandbox/daemon.h"
#include "tests/support/fakehypervisor.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QThread>
#include <QUuid>

#include <csignal>

using namespace Qt::StringLiterals;

namespace treewarden::bench {

namespace {

constexpr qint64 FirstCreated = 1700000000; // seconds since 1970
constexpr int Children = 3; // of each snapshot of a bushy tree

void put(const QString &path, const QByteArray &contents)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
        qFatal("%s: %s", qUtf8Printable(path), qUtf8Printable(file.errorString()));
}

// Of the size that definitions have: each snapshot carries one.
QByteArray definition(const QString &name, const QString &disk)
{
    const QString uuid = QUuid::createUuidV5(QUuid(), name).toString(QUuid::WithoutBraces);
    QString devices;
    for (int port = 1; port <= 14; ++port) {
        devices
            += u"<controller type='pci' index='%1' model='pcie-root-port'><model name='pcie-root-port'/>"
               "<target chassis='%1' port='0x%2'/><address type='pci' domain='0x0000' bus='0x00' slot='0x%3' function='0x%4'%5/></controller>"_s
                   .arg(port)
                   .arg(port + 15, 0, 16)
                   .arg(2 + (port - 1) / 8, 2, 16, QChar(u'0'))
                   .arg((port - 1) % 8)
                   .arg((port - 1) % 8 == 0 ? u" multifunction='on'"_s : QString());
    }
    return u"<domain type='qemu'><name>%1</name><uuid>%2</uuid><memory unit='KiB'>2097152</memory><vcpu "
           u"placement='static'>2</vcpu>"
           "<os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os><features><acpi/><apic/></features>"
           "<clock offset='utc'><timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/><timer "
           "name='hpet' present='no'/></clock>"
           "<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>"
           "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>"
           "<disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/><source "
           "file='%3'/><target dev='vda' bus='virtio'/></disk>"
           "<controller type='pci' index='0' model='pcie-root'/>%4"
           "<controller type='sata' index='0'/><controller type='virtio-serial' index='0'/>"
           "<serial type='pty'><target type='isa-serial' port='0'/></serial><console type='pty'><target type='serial' "
           "port='0'/></console>"
           "<input type='tablet' bus='usb'/><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng></devices></domain>"_s
               .arg(name, uuid, disk, devices)
               .toUtf8();
}

} // namespace

QString snapshotName(int number)
{
    return u"snapshot-%1"_s.arg(number, 5, 10, QChar(u'0'));
}

PrivateHost::PrivateHost(const Workplace &workplace, const QString &name, const std::vector<Machine> &machines)
    : m_workplace(workplace)
    , m_home(workplace.folder(name))
    , m_machines(machines.size())
{
    for (const QString &folder :
        {u"config/libvirt/qemu/snapshot"_s, u"cache"_s, u"data"_s, u"state"_s, u"run/libvirt"_s, u"images"_s})
        QDir(m_home).mkpath(folder);
    put(m_home + u"/config/libvirt/qemu.conf"_s, "stdio_handler = \"file\"\nsecurity_driver = \"none\"\n");
    for (const Machine &machine : machines)
        write(machine);
    workplace.handOver(m_home);
}

PrivateHost::~PrivateHost()
{
    if (!m_daemon)
        return;
    resume();
    end(*m_daemon);
}

QString PrivateHost::image(const QString &machine) const
{
    return m_home + u"/images/%1.qcow2"_s.arg(machine);
}

void PrivateHost::write(const Machine &machine) const
{
    const QByteArray domain = definition(machine.name, image(machine.name));
    put(m_home + u"/config/libvirt/qemu/%1.xml"_s.arg(machine.name), domain);
    Qcow2Recipe disk;
    const QString folder = m_home + u"/config/libvirt/qemu/snapshot/%1"_s.arg(machine.name);
    QDir().mkpath(folder);
    for (int number = 1; number <= machine.snapshots; ++number) {
        const int parent = machine.shape == Shape::Chain ? number - 1 : (number + Children - 2) / Children;
        const QString name = snapshotName(number);
        const qint64 created = FirstCreated + number * 3600;
        QByteArray xml = "<domainsnapshot><name>" + name.toUtf8() + "</name><state>shutoff</state>";
        if (number > 1)
            xml += "<parent><name>" + snapshotName(parent).toUtf8() + "</name></parent>";
        xml += "<creationTime>" + QByteArray::number(created)
            + "</creationTime><memory snapshot='no'/><disks><disk name='vda' snapshot='internal'/></disks>" + domain
            + "<active>" + (number == machine.snapshots ? "1" : "0") + "</active></domainsnapshot>";
        put(folder + u'/' + name + u".xml"_s, xml);
        Tag tag;
        tag.id = QString::number(number);
        tag.name = name;
        tag.created = created;
        disk.tags.push_back(tag);
    }
    put(image(machine.name), qcow2Bytes(disk));
}

bool PrivateHost::start()
{
    m_daemon = m_workplace.start(daemonProgram(), {}, m_workplace.environment(m_home));
    QElapsedTimer timer;
    timer.start();
    while (timer.elapsed() < 120'000 && m_daemon->state() != QProcess::NotRunning) {
        // It answers before it has read its machines.
        const auto machines = libvirt::openHypervisor(uri()).and_then([](const auto &host) { return host->domains(); });
        if (machines && machines->size() == m_machines)
            return true;
        QThread::msleep(100);
    }
    return false;
}

QString PrivateHost::uri() const
{
    return u"qemu+unix:///session?socket=%1/run/libvirt/libvirt-sock"_s.arg(m_home);
}

void PrivateHost::suspend()
{
    kill(pid_t(m_daemon->processId()), SIGSTOP);
}

void PrivateHost::resume()
{
    kill(pid_t(m_daemon->processId()), SIGCONT);
}

} // namespace treewarden::bench
