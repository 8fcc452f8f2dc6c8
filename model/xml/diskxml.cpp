// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/diskxml.h"

#include "model/xml/location.h"
#include "model/xml/xmlstream.h"

namespace treewarden {

namespace {

DiskDevice diskDevice(QStringView name)
{
    if (name == u"cdrom")
        return DiskDevice::Cdrom;
    if (name == u"floppy")
        return DiskDevice::Floppy;
    if (name == u"lun")
        return DiskDevice::Lun;
    return DiskDevice::Disk;
}

void put(const SourceElement &element, DiskSource &source, Disk &disk)
{
    source.location = element.location;
    if (!element.dataFile.isEmpty())
        source.dataFile = element.dataFile;
    disk.encrypted = disk.encrypted || element.encrypted;
}

// Nested elements, one a layer, read without recursion: the depth is the document's choice, not ours.
void readBackingChain(QXmlStreamReader &xml, Disk &disk)
{
    struct Open
    {
        size_t layer;
        QString type;
        bool isEmpty = true; // an element without type and children ends the chain
    };
    std::vector<Open> open;
    const auto enter = [&] {
        const QString type = attribute(xml, u"type").toString();
        open.push_back({disk.backingChain.size(), type, type.isEmpty()});
        disk.backingChain.emplace_back();
    };
    disk.backingChain.clear();
    disk.backingChainComplete = false;
    enter();
    while (!open.empty() && !xml.atEnd()) {
        const QXmlStreamReader::TokenType token = xml.readNext();
        if (token == QXmlStreamReader::EndElement) {
            // Only the innermost can be empty: every other one has a child.
            if (open.back().isEmpty) {
                disk.backingChain.pop_back();
                disk.backingChainComplete = true;
            }
            open.pop_back();
        }
        if (token != QXmlStreamReader::StartElement)
            continue;
        open.back().isEmpty = false;
        const size_t layer = open.back().layer;
        if (xml.name() == u"format") {
            disk.backingChain[layer].format = attribute(xml, u"type").toString();
            xml.skipCurrentElement();
        } else if (xml.name() == u"source") {
            put(readSource(xml, open.back().type), disk.backingChain[layer], disk);
        } else if (xml.name() == u"backingStore" && layer + 1 == disk.backingChain.size() && !disk.backingChainComplete
            && disk.backingChain.size() < maximumBackingDepth) {
            enter();
        } else {
            xml.skipCurrentElement();
        }
    }
}

DiskSource readMirror(QXmlStreamReader &xml, Disk &disk)
{
    DiskSource mirror;
    const QString type = attribute(xml, u"type").toString();
    // Before libvirt 1.2.6 a mirror had attributes instead of children, and it still writes both.
    mirror.format = attribute(xml, u"format").toString();
    if (const QStringView file = attribute(xml, u"file"); !file.isEmpty())
        mirror.location = {SourceKind::File, file.toString()};
    while (xml.readNextStartElement()) {
        if (xml.name() == u"source") {
            put(readSource(xml, type), mirror, disk);
            continue;
        }
        if (xml.name() == u"format")
            mirror.format = attribute(xml, u"type").toString();
        xml.skipCurrentElement();
    }
    return mirror;
}

} // namespace

Disk readDisk(QXmlStreamReader &xml)
{
    Disk disk;
    const QString type = attribute(xml, u"type").toString();
    disk.device = diskDevice(attribute(xml, u"device"));
    while (xml.readNextStartElement()) {
        const QStringView child = xml.name();
        if (child == u"source") {
            put(readSource(xml, type), disk.source, disk);
            continue;
        }
        if (child == u"backingStore") {
            readBackingChain(xml, disk);
            continue;
        }
        if (child == u"mirror") {
            disk.mirror = readMirror(xml, disk);
            continue;
        }
        if (child == u"driver") {
            disk.source.format = attribute(xml, u"type").toString();
        } else if (child == u"target") {
            disk.target = attribute(xml, u"dev").toString();
            disk.bus = attribute(xml, u"bus").toString();
        } else if (child == u"alias") {
            disk.alias = attribute(xml, u"name").toString();
        } else if (child == u"readonly") {
            disk.readOnly = true;
        } else if (child == u"shareable") {
            disk.shareable = true;
        } else if (child == u"transient") {
            disk.transient = true;
        } else if (child == u"encryption") {
            disk.encrypted = true;
        }
        xml.skipCurrentElement();
    }
    return disk;
}

} // namespace treewarden
