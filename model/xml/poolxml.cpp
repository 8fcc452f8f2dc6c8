// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/poolxml.h"

#include "model/xml/xmlstream.h"

#include <QXmlStreamWriter>

namespace treewarden {

QByteArray writeFolderPool(const QString &name, const QString &folder)
{
    QByteArray document;
    QXmlStreamWriter xml(&document);
    xml.writeStartElement(QStringLiteral("pool"));
    xml.writeAttribute(QStringLiteral("type"), QStringLiteral("dir"));
    xml.writeTextElement(QStringLiteral("name"), name);
    xml.writeStartElement(QStringLiteral("target"));
    xml.writeTextElement(QStringLiteral("path"), folder);
    xml.writeEndElement();
    xml.writeEndElement();
    return document;
}

Result<PoolDefinition> readPool(const QByteArray &document)
{
    QXmlStreamReader xml;
    openDocument(xml, document, u"pool");
    PoolDefinition pool;
    pool.type = attribute(xml, u"type").toString();
    while (!xml.hasError() && xml.readNextStartElement()) {
        if (xml.name() != u"target") {
            xml.skipCurrentElement();
            continue;
        }
        while (xml.readNextStartElement()) {
            if (xml.name() == u"path")
                pool.folder = elementText(xml);
            else
                xml.skipCurrentElement();
        }
    }
    if (Result<> end = closeDocument(xml); !end)
        return failure(std::move(end.error()));
    return pool;
}

} // namespace treewarden
