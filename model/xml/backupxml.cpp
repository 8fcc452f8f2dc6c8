// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/backupxml.h"

#include "model/xml/xmlstream.h"

#include <QXmlStreamWriter>

namespace treewarden {

using namespace Qt::StringLiterals;

QByteArray writeBackup(const std::vector<BackupDiskXml> &disks, const QStringList &otherDisks, const QString &since)
{
    QByteArray document;
    QXmlStreamWriter xml(&document);
    xml.writeStartElement(u"domainbackup"_s);
    xml.writeAttribute(u"mode"_s, u"push"_s);
    if (!since.isEmpty())
        xml.writeTextElement(u"incremental"_s, since);
    xml.writeStartElement(u"disks"_s);
    for (const BackupDiskXml &disk : disks) {
        xml.writeStartElement(u"disk"_s);
        xml.writeAttribute(u"name"_s, disk.target);
        xml.writeAttribute(u"backup"_s, u"yes"_s);
        xml.writeAttribute(u"type"_s, u"file"_s);
        xml.writeEmptyElement(u"driver"_s);
        xml.writeAttribute(u"type"_s, u"qcow2"_s);
        xml.writeEmptyElement(u"target"_s);
        xml.writeAttribute(u"file"_s, disk.path);
        xml.writeEndElement();
    }
    for (const QString &target : otherDisks) {
        xml.writeEmptyElement(u"disk"_s);
        xml.writeAttribute(u"name"_s, target);
        xml.writeAttribute(u"backup"_s, u"no"_s);
    }
    xml.writeEndElement();
    xml.writeEndElement();
    return document;
}

QByteArray writeCheckpoint(
    const QString &name, const QString &description, const QStringList &disks, const QStringList &otherDisks)
{
    QByteArray document;
    QXmlStreamWriter xml(&document);
    xml.writeStartElement(u"domaincheckpoint"_s);
    xml.writeTextElement(u"name"_s, name);
    if (!description.isEmpty())
        xml.writeTextElement(u"description"_s, description);
    xml.writeStartElement(u"disks"_s);
    const auto write = [&xml](const QString &target, const QString &kind) {
        xml.writeEmptyElement(u"disk"_s);
        xml.writeAttribute(u"name"_s, target);
        xml.writeAttribute(u"checkpoint"_s, kind);
    };
    for (const QString &target : disks)
        write(target, u"bitmap"_s);
    for (const QString &target : otherDisks)
        write(target, u"no"_s);
    xml.writeEndElement();
    xml.writeEndElement();
    return document;
}

Result<std::vector<BackupDiskXml>> readBackup(const QByteArray &document)
{
    QXmlStreamReader xml;
    openDocument(xml, document, u"domainbackup");
    std::vector<BackupDiskXml> disks;
    const auto readDisk = [&] {
        BackupDiskXml disk{attribute(xml, u"name").toString(), {}};
        while (xml.readNextStartElement()) {
            if (xml.name() == u"target" || xml.name() == u"scratch")
                disk.path = attribute(xml, u"file").toString();
            xml.skipCurrentElement();
        }
        if (!disk.path.isEmpty())
            disks.push_back(std::move(disk));
    };
    while (!xml.hasError() && xml.readNextStartElement()) {
        if (xml.name() != u"disks") {
            xml.skipCurrentElement();
            continue;
        }
        while (xml.readNextStartElement()) {
            if (xml.name() == u"disk")
                readDisk();
            else
                xml.skipCurrentElement();
        }
    }
    if (Result<> end = closeDocument(xml); !end)
        return failure(std::move(end.error()));
    return disks;
}

} // namespace treewarden
