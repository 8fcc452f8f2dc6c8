// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/volumexml.h"

#include "model/xml/xmlstream.h"

#include <limits>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 nanosecondsInSecond = 1'000'000'000;

// "seconds.nanoseconds", padded to nine digits, or seconds alone. What is no time this program can hold (a file may
// claim any) reads as not said: the rest of the volume is none the worse for it.
qint64 readTimestamp(QXmlStreamReader &xml)
{
    const QString text = elementText(xml).trimmed();
    const QString fraction = text.section(u'.', 1);
    bool secondsOk = false;
    bool fractionOk = true;
    const qint64 seconds = text.section(u'.', 0, 0).toLongLong(&secondsOk);
    const qint64 nanoseconds = fraction.isEmpty() ? 0 : fraction.toLongLong(&fractionOk);
    const bool inRange = seconds >= 0 && seconds < std::numeric_limits<qint64>::max() / nanosecondsInSecond
        && nanoseconds >= 0 && nanoseconds < nanosecondsInSecond;
    return secondsOk && fractionOk && inRange ? seconds * nanosecondsInSecond + nanoseconds : 0;
}

void readTarget(QXmlStreamReader &xml, QString &path, QString &format, qint64 &modified)
{
    while (xml.readNextStartElement()) {
        if (xml.name() == u"path") {
            path = elementText(xml);
        } else if (xml.name() == u"format") {
            format = attribute(xml, u"type").toString();
            xml.skipCurrentElement();
        } else if (xml.name() == u"timestamps") {
            while (xml.readNextStartElement()) {
                if (xml.name() == u"mtime")
                    modified = readTimestamp(xml);
                else
                    xml.skipCurrentElement();
            }
        } else {
            xml.skipCurrentElement();
        }
    }
}

} // namespace

Result<VolumeDefinition> readVolume(const QByteArray &document)
{
    QXmlStreamReader xml;
    openDocument(xml, document, u"volume");
    VolumeDefinition volume;
    while (!xml.hasError() && xml.readNextStartElement()) {
        const QStringView child = xml.name();
        if (child == u"name") {
            volume.name = elementText(xml);
        } else if (child == u"capacity") {
            volume.capacity = elementBytes(xml, u"bytes");
        } else if (child == u"allocation") {
            volume.allocation = elementBytes(xml, u"bytes");
        } else if (child == u"physical") {
            volume.physical = elementBytes(xml, u"bytes");
        } else if (child == u"target") {
            readTarget(xml, volume.path, volume.format, volume.modifiedNanoseconds);
        } else if (child == u"backingStore") {
            qint64 unused = 0;
            readTarget(xml, volume.backingPath, volume.backingFormat, unused);
        } else {
            xml.skipCurrentElement();
        }
    }
    if (!xml.hasError() && volume.name.isEmpty())
        xml.raiseError(u"a volume without a name"_s);
    if (Result<> end = closeDocument(xml); !end)
        return failure(std::move(end.error()));
    return volume;
}

} // namespace treewarden
