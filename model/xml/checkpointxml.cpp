// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/checkpointxml.h"

#include "model/xml/xmlstream.h"

#include <limits>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// A disk is read before it is certain that the checkpoint's name has been.
struct OpenDisk
{
    CheckpointDisk disk;
    bool isIncluded = false;
};

std::vector<OpenDisk> readCheckpointDisks(QXmlStreamReader &xml)
{
    std::vector<OpenDisk> disks;
    while (xml.readNextStartElement()) {
        if (xml.name() == u"disk") {
            const QStringView kind = attribute(xml, u"checkpoint");
            OpenDisk open;
            open.isIncluded = kind.isEmpty() || kind == u"bitmap";
            open.disk.target = attribute(xml, u"name").toString();
            if (open.isIncluded)
                open.disk.bitmap = attribute(xml, u"bitmap").toString();
            if (open.disk.target.isEmpty())
                xml.raiseError(u"a <disk> without a name"_s);
            disks.push_back(std::move(open));
        }
        xml.skipCurrentElement();
    }
    return disks;
}

Checkpoint readCheckpointElement(QXmlStreamReader &xml)
{
    Checkpoint checkpoint;
    std::vector<OpenDisk> disks;
    while (xml.readNextStartElement()) {
        const QStringView child = xml.name();
        if (child == u"name")
            checkpoint.name = elementText(xml);
        else if (child == u"description")
            checkpoint.description = elementText(xml);
        else if (child == u"parent")
            checkpoint.parent = childText(xml, u"name");
        else if (child == u"creationTime")
            checkpoint.created = elementNumber(xml, 0, std::numeric_limits<qint64>::max());
        else if (child == u"disks")
            disks = readCheckpointDisks(xml);
        else
            xml.skipCurrentElement();
    }
    for (OpenDisk &open : disks) {
        if (open.isIncluded && open.disk.bitmap.isEmpty())
            open.disk.bitmap = checkpoint.name;
        checkpoint.disks.push_back(std::move(open.disk));
    }
    return checkpoint;
}

} // namespace

Result<Checkpoint> readCheckpoint(const QByteArray &document)
{
    QXmlStreamReader xml;
    openDocument(xml, document, u"domaincheckpoint");
    Checkpoint checkpoint;
    if (!xml.hasError())
        checkpoint = readCheckpointElement(xml);
    if (!xml.hasError() && checkpoint.name.isEmpty())
        xml.raiseError(u"a checkpoint without a name"_s);
    if (Result<> end = closeDocument(xml); !end)
        return failure(std::move(end.error()));
    return checkpoint;
}

} // namespace treewarden
