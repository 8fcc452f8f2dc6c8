// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/poolxml.h"

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

} // namespace treewarden
