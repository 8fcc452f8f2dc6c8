// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/domainxml.h"

#include "model/xml/diskxml.h"
#include "model/xml/domainedit.h"
#include "model/xml/location.h"
#include "model/xml/xmlstream.h"

#include <limits>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

void readNvram(QXmlStreamReader &xml, DomainDefinition &domain)
{
    Nvram nvram;
    nvram.format = attribute(xml, u"format").toString();
    const QString type = attribute(xml, u"type").toString();
    // The path as text, or since libvirt 8.5 with a type attribute a <source>.
    while (xml.readNext() != QXmlStreamReader::EndElement && !xml.hasError()) {
        if (xml.isCharacters())
            nvram.path += xml.text();
        else if (xml.isStartElement() && xml.name() == u"source")
            nvram.path = readSource(xml, type).location.name;
        else if (xml.isStartElement())
            xml.skipCurrentElement();
    }
    nvram.path = nvram.path.trimmed();
    // A template alone names no file yet.
    if (!nvram.path.isEmpty())
        domain.nvram = nvram;
}

void readOs(QXmlStreamReader &xml, DomainDefinition &domain)
{
    domain.efi = attribute(xml, u"firmware") == u"efi";
    while (xml.readNextStartElement()) {
        const QStringView child = xml.name();
        if (child == u"nvram") {
            readNvram(xml, domain);
            continue;
        }
        // With the template alone it names no file yet.
        if (child == u"varstore") {
            domain.efi = true;
            if (const QString path = attribute(xml, u"path").toString(); !path.isEmpty())
                domain.nvram = Nvram{path, {}, true};
        } else if (child == u"type")
            domain.machine = attribute(xml, u"machine").toString();
        else if (child == u"loader" && attribute(xml, u"type") == u"pflash")
            domain.efi = true;
        xml.skipCurrentElement();
    }
}

constexpr QLatin1StringView OsInfoUri("http://libosinfo.org/xmlns/libvirt/domain/1.0");

void readMetadata(QXmlStreamReader &xml, DomainDefinition &domain)
{
    while (xml.readNextStartElement()) {
        // A word of a later version asks, as no word does.
        if (xml.namespaceUri() == MetadataUri)
            domain.policy = policyFromName(attribute(xml, u"policy")).value_or(SnapshotPolicy::Ask);
        if (xml.namespaceUri() != OsInfoUri) {
            xml.skipCurrentElement();
            continue;
        }
        while (xml.readNextStartElement()) {
            if (xml.name() == u"os")
                domain.os = attribute(xml, u"id").toString();
            xml.skipCurrentElement();
        }
    }
}

// Whether libvirt refuses to save the memory of a machine with this device (qemuMigrationSrcIsAllowed). It lets pass
// USB devices, the memory of an ivshmem master, and what QEMU unplugs by itself (a transient member of a team).
bool forbidsSavingMemory(QXmlStreamReader &xml)
{
    const QStringView device = xml.name();
    const QStringView type = attribute(xml, u"type");
    bool forbids = (device == u"hostdev" && type != u"usb")
        || (device == u"interface" && (type == u"hostdev" || type == u"vdpa"))
        || (device == u"shmem" && attribute(xml, u"role") != u"master");
    while (xml.readNextStartElement()) {
        if (xml.name() == u"teaming" && attribute(xml, u"type") == u"transient")
            forbids = false;
        xml.skipCurrentElement();
    }
    return forbids;
}

bool isVirtiofs(QXmlStreamReader &xml)
{
    bool virtiofs = false;
    while (xml.readNextStartElement()) {
        if (xml.name() == u"driver")
            virtiofs = attribute(xml, u"type") == u"virtiofs";
        xml.skipCurrentElement();
    }
    return virtiofs;
}

void readChannel(QXmlStreamReader &xml, DomainDefinition &domain)
{
    while (xml.readNextStartElement()) {
        if (xml.name() == u"target" && attribute(xml, u"name") == u"org.qemu.guest_agent.0") {
            domain.hasGuestAgentChannel = true;
            domain.isGuestAgentConnected = attribute(xml, u"state") == u"connected";
        }
        xml.skipCurrentElement();
    }
}

void readDevices(QXmlStreamReader &xml, DomainDefinition &domain)
{
    while (xml.readNextStartElement()) {
        const QStringView child = xml.name();
        if (child == u"disk") {
            domain.disks.push_back(readDisk(xml));
            const SourceKind kind = domain.disks.back().source.location.kind;
            domain.hostDevices += kind == SourceKind::VhostUser || kind == SourceKind::VhostVdpa;
        } else if (child == u"emulator") {
            domain.emulator = elementText(xml);
        } else if (child == u"filesystem") {
            domain.hostDevices += isVirtiofs(xml);
        } else if (child == u"channel") {
            readChannel(xml, domain);
        } else {
            domain.hasTpm = domain.hasTpm || child == u"tpm";
            domain.hostDevices += forbidsSavingMemory(xml);
        }
    }
}

// One for each security model.
void readLabel(QXmlStreamReader &xml, DomainDefinition &domain)
{
    const bool isConfined = attribute(xml, u"type") != u"none";
    const QStringView model = attribute(xml, u"model");
    domain.isInAppArmor = domain.isInAppArmor || (isConfined && model == u"apparmor");
    domain.isInSelinux = domain.isInSelinux || (isConfined && model == u"selinux");
    xml.skipCurrentElement();
}

} // namespace

DomainDefinition readDomainElement(QXmlStreamReader &xml)
{
    DomainDefinition domain;
    domain.type = attribute(xml, u"type").toString();
    while (xml.readNextStartElement()) {
        const QStringView child = xml.name();
        // An element of the same name in another's namespace is not libvirt's.
        if (!xml.prefix().isEmpty())
            xml.skipCurrentElement();
        else if (child == u"devices")
            readDevices(xml, domain);
        else if (child == u"metadata")
            readMetadata(xml, domain);
        else if (child == u"name")
            domain.name = elementText(xml);
        else if (child == u"uuid")
            domain.uuid = DomainId(elementText(xml).trimmed().toLower());
        else if (child == u"title")
            domain.title = elementText(xml);
        else if (child == u"description")
            domain.description = elementText(xml);
        else if (child == u"memory")
            domain.memory = elementBytes(xml);
        else if (child == u"vcpu")
            domain.vcpus = int(elementNumber(xml, 1, std::numeric_limits<int>::max()));
        else if (child == u"os")
            readOs(xml, domain);
        else if (child == u"seclabel")
            readLabel(xml, domain);
        else if (child == u"genid") {
            domain.hasGenerationId = true;
            xml.skipCurrentElement();
        } else
            xml.skipCurrentElement();
    }
    return domain;
}

Result<DomainDefinition> readDomain(const QByteArray &document)
{
    QXmlStreamReader xml;
    openDocument(xml, document, u"domain");
    DomainDefinition domain;
    if (!xml.hasError())
        domain = readDomainElement(xml);
    if (!xml.hasError() && domain.name.isEmpty())
        xml.raiseError(u"a domain without a name"_s);
    if (Result<> end = closeDocument(xml); !end)
        return failure(std::move(end.error()));
    return domain;
}

} // namespace treewarden
