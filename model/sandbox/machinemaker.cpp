// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sandbox/machinemaker.h"

#include <QDateTime>
#include <QFileInfo>
#include <QUuid>
#include <QXmlStreamReader>

#include <chrono>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace treewarden {

namespace {

constexpr Bytes ChangeSize = 256 * KiB;
// Above the guest's own ring, so that a change stays until something else is done to it.
constexpr Bytes ChangeStart = 16 * MiB;
// SeaBIOS takes about a second to boot; then there are six writes a second. A machine that takes longer is waited for
// no longer: its tree is as good.
constexpr auto WritePatience = 10s;
constexpr int WritesToSee = 3;
// libvirt reverts to external snapshots from 9.9.0, which crashes doing it.
constexpr Version FirstWithExternalRevert = {9, 10, 0};

} // namespace

MachineMaker::MachineMaker(Hypervisor &hypervisor, SandboxImages &images, QString machine)
    : m_hypervisor(hypervisor)
    , m_images(images)
    , m_machine(std::move(machine))
{
}

template <typename Step>
void MachineMaker::step(Step run)
{
    if (m_result)
        m_result = run();
}

QString MachineMaker::imageName(const QString &target, const QString &suffix) const
{
    return (target == "vda"_L1 ? m_machine : m_machine + u'-' + target) + u'.' + suffix;
}

void MachineMaker::clear()
{
    step([&]() -> Result<> {
        const auto domains = m_hypervisor.domains();
        if (!domains)
            return failure(domains.error());
        for (const DomainSummary &domain : *domains) {
            if (domain.name != m_machine)
                continue;
            if (isActive(domain.state)) {
                if (const auto stopped = m_hypervisor.stop(domain.uuid, Hypervisor::StopKind::ForceOff); !stopped)
                    return stopped;
            }
            if (const auto undefined = m_hypervisor.undefineDomain(domain.uuid); !undefined)
                return undefined;
        }
        return m_images.remove(m_machine);
    });
}

void MachineMaker::addDisk(const QString &target, Bytes size)
{
    m_disks.push_back({target, imageName(target, u"qcow2"_s)});
    step([&] {
        return target == "vda"_L1 ? m_images.createBootable(m_disks.back().file, size)
                                  : m_images.create(m_disks.back().file, size);
    });
}

void MachineMaker::addDiskOn(const QString &target, const QString &backing)
{
    m_disks.push_back({target, imageName(target, u"qcow2"_s)});
    step([&] { return m_images.createOverlay(m_disks.back().file, backing); });
}

QByteArray MachineMaker::domainXml() const
{
    QString disks;
    for (const MadeDisk &disk : m_disks) {
        disks += u"<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%1'/>"
                 "<target dev='%2' bus='virtio'/></disk>"_s.arg(m_images.path(disk.file).toHtmlEscaped(), disk.target);
    }
    return u"<domain type='qemu'><name>%1</name><uuid>%2</uuid><title>%3</title><description>%4</description>"
           "<memory unit='MiB'>16</memory><vcpu>1</vcpu>"
           "<os><type arch='x86_64'>hvm</type><boot dev='hd'/></os><features><acpi/></features>"
           "<devices>%5<controller type='usb' model='none'/><serial type='pty'/><memballoon model='none'/></devices>"
           "</domain>"_s.arg(m_machine, m_id.value, m_title.toHtmlEscaped(), m_description.toHtmlEscaped(), disks)
               .toUtf8();
}

void MachineMaker::define(const QString &title, const QString &description)
{
    m_title = title;
    m_description = description;
    m_id = DomainId(QUuid::createUuid().toString(QUuid::WithoutBraces));
    step([&] { return m_hypervisor.defineDomain(domainXml()); });
}

void MachineMaker::start()
{
    step([&] { return m_hypervisor.start(m_id); });
    m_isRunning = true;
    letWrite();
}

void MachineMaker::letWrite()
{
    step([&]() -> Result<> {
        const auto deadline = std::chrono::steady_clock::now() + WritePatience;
        const QString image = m_images.path(m_disks.front().file);
        QDateTime seen = QFileInfo(image).lastModified();
        for (int writes = 0; writes < WritesToSee && std::chrono::steady_clock::now() < deadline;) {
            std::this_thread::sleep_for(20ms);
            const QDateTime modified = QFileInfo(image).lastModified();
            writes += modified != seen;
            seen = modified;
        }
        return {};
    });
}

void MachineMaker::forceOff()
{
    step([&] { return m_hypervisor.stop(m_id, Hypervisor::StopKind::ForceOff); });
    m_isRunning = false;
}

void MachineMaker::startWithSandbox()
{
    step([&] { return m_hypervisor.setAutostart(m_id, true); });
}

void MachineMaker::change()
{
    ++m_changes;
    for (const MadeDisk &disk : m_disks)
        step([&] { return m_images.fill(disk.file, ChangeStart + m_changes * ChangeSize, ChangeSize, m_changes); });
}

void MachineMaker::fill(Bytes length)
{
    step([&] { return m_images.fill(m_disks.front().file, ChangeStart, length, 0xa5); });
}

void MachineMaker::snapshot(const QString &name, const QString &description, Kind kind, Memory memory)
{
    const bool keepsMemory = kind == Kind::External && memory == Memory::Kept && m_isRunning;
    QString parts;
    std::vector<MadeDisk> after = m_disks;
    if (keepsMemory)
        parts = u"<memory snapshot='external' file='%1'/>"_s.arg(
            m_images.path(m_machine + u'.' + name + u".mem"_s).toHtmlEscaped());
    if (kind == Kind::External) {
        parts += u"<disks>"_s;
        for (MadeDisk &disk : after) {
            disk.file = imageName(disk.target, name);
            parts += u"<disk name='%1' snapshot='external'><source file='%2'/></disk>"_s.arg(
                disk.target, m_images.path(disk.file).toHtmlEscaped());
        }
        parts += u"</disks>"_s;
    }
    const QString xml = u"<domainsnapshot><name>%1</name><description>%2</description>%3</domainsnapshot>"_s.arg(
        name.toHtmlEscaped(), description.toHtmlEscaped(), parts);
    const bool disksOnly = kind == Kind::External && !keepsMemory;
    step([&] {
        return m_hypervisor.createSnapshot(m_id, xml.toUtf8(),
            disksOnly ? Hypervisor::SnapshotScope::DisksOnly : Hypervisor::SnapshotScope::WholeMachine);
    });
    m_disks = std::move(after);
}

void MachineMaker::revert(const QString &snapshot)
{
    step([&] { return m_hypervisor.revertToSnapshot(m_id, snapshot); });
    step([&]() -> Result<> {
        const auto disks = disksIn(m_hypervisor.domainXml(m_id, Hypervisor::Definition::Persistent));
        if (!disks)
            return failure(disks.error());
        m_disks = *disks;
        return {};
    });
}

void MachineMaker::branch(const QString &snapshot)
{
    const auto host = m_result ? m_hypervisor.host() : failure(m_result.error());
    if (host && host->libvirt >= FirstWithExternalRevert) {
        revert(snapshot);
        return;
    }
    step([&]() -> Result<> {
        const auto xml = m_hypervisor.snapshotXml(m_id, snapshot);
        const auto frozen = disksIn(xml);
        if (!frozen)
            return failure(frozen.error());
        m_disks = *frozen;
        for (MadeDisk &disk : m_disks) {
            const QString overlay = imageName(disk.target, u"after-"_s + snapshot);
            if (const auto created = m_images.createOverlay(overlay, disk.file); !created)
                return created;
            disk.file = overlay;
        }
        if (const auto defined = m_hypervisor.defineDomain(domainXml()); !defined)
            return defined;
        return m_hypervisor.redefineSnapshot(m_id, *xml, true);
    });
}

// The files a <domain> uses: by itself, or within a <domainsnapshot>, where it is the state that was kept.
Result<std::vector<MachineMaker::MadeDisk>> MachineMaker::disksIn(const Result<QByteArray> &document) const
{
    if (!document)
        return failure(document.error());
    QXmlStreamReader xml(*document);
    std::vector<MadeDisk> disks;
    while (!xml.atEnd() && !(xml.isEndElement() && xml.name() == "domain"_L1)) {
        if (xml.readNext() != QXmlStreamReader::StartElement || xml.name() != "disk"_L1)
            continue;
        MadeDisk disk;
        while (xml.readNextStartElement()) {
            if (xml.name() == "source"_L1)
                disk.file = QFileInfo(xml.attributes().value("file"_L1).toString()).fileName();
            else if (xml.name() == "target"_L1)
                disk.target = xml.attributes().value("dev"_L1).toString();
            xml.skipCurrentElement();
        }
        if (!disk.target.isEmpty()) // those of the snapshot itself have none
            disks.push_back(disk);
    }
    if (xml.hasError() || disks.empty())
        return failure(ErrorCode::Malformed, m_machine, xml.errorString());
    return disks;
}

void MachineMaker::addTag(const QString &tag)
{
    step([&] { return m_images.addTag(m_disks.front().file, tag); });
}

void MachineMaker::removeTag(const QString &tag)
{
    step([&] { return m_images.removeTag(m_disks.front().file, tag); });
}

void MachineMaker::addOverlay(const QString &suffix)
{
    step([&] { return m_images.createOverlay(imageName(u"vda"_s, suffix), m_disks.front().file); });
}

} // namespace treewarden
