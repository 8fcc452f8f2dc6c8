// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/xmlstream.h"

#include <limits>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// Whether a document type comes before the root, which is the only place where one may stand. Asked before parsing:
// some versions of Qt never end in one that refers to itself.
bool hasDocumentType(QStringView text)
{
    qsizetype at = 0;
    while ((at = text.indexOf(u'<', at)) >= 0) {
        const QStringView rest = text.sliced(at);
        QStringView end;
        if (rest.startsWith(u"<!--"))
            end = u"-->";
        else if (rest.startsWith(u"<?"))
            end = u"?>";
        else
            return rest.startsWith(u"<!");
        at = text.indexOf(end, at);
        if (at < 0)
            return false;
    }
    return false;
}

} // namespace

void openDocument(QXmlStreamReader &xml, const QByteArray &document, QStringView root)
{
    const QString text = QString::fromUtf8(document);
    if (hasDocumentType(text)) {
        xml.raiseError(u"a document type is not accepted"_s);
        return;
    }
    xml.addData(text);
    // What the parser says of a document without any element depends on where that ends.
    if (!xml.readNextStartElement()) {
        if (!xml.hasError())
            xml.raiseError(u"no element"_s);
    } else if (!root.isEmpty() && xml.name() != root) {
        xml.raiseError(u"<%1> where <%2> was expected"_s.arg(xml.name(), root));
    }
}

Result<> closeDocument(QXmlStreamReader &xml)
{
    while (!xml.atEnd())
        xml.readNext();
    if (!xml.hasError())
        return {};
    return failure(ErrorCode::Malformed, {},
        u"line %1, column %2: %3"_s.arg(xml.lineNumber()).arg(xml.columnNumber()).arg(xml.errorString()));
}

QStringView attribute(const QXmlStreamReader &xml, QStringView name)
{
    // The reader keeps the list that this shares, so the view outlives the copy.
    const QXmlStreamAttributes attributes = xml.attributes();
    for (const QXmlStreamAttribute &candidate : attributes) {
        if (candidate.qualifiedName() == name)
            return candidate.value();
    }
    return {};
}

QString elementText(QXmlStreamReader &xml)
{
    return xml.readElementText(QXmlStreamReader::SkipChildElements);
}

QString childText(QXmlStreamReader &xml, QStringView child)
{
    QString text;
    while (xml.readNextStartElement()) {
        if (xml.name() == child)
            text = elementText(xml);
        else
            xml.skipCurrentElement();
    }
    return text;
}

qint64 elementNumber(QXmlStreamReader &xml, qint64 minimum, qint64 maximum)
{
    const QString element = xml.name().toString();
    const QString text = elementText(xml);
    bool ok = false;
    const qint64 number = text.trimmed().toLongLong(&ok);
    if (!xml.hasError() && (!ok || number < minimum || number > maximum)) {
        xml.raiseError(u"<%1> is no number from %2 to %3"_s.arg(element).arg(minimum).arg(maximum));
        return 0;
    }
    return number;
}

Bytes elementBytes(QXmlStreamReader &xml, QStringView defaultUnit)
{
    const QString element = xml.name().toString();
    const QString given = attribute(xml, u"unit").toString();
    const QString text = elementText(xml);
    const std::optional<Bytes> bytes = scaledBytes(text, given.isEmpty() ? defaultUnit : QStringView(given));
    if (!bytes && !xml.hasError())
        xml.raiseError(u"<%1> is no size"_s.arg(element));
    return bytes.value_or(0);
}

std::optional<Bytes> scaledBytes(QStringView number, QStringView unit)
{
    bool ok = false;
    const Bytes count = number.trimmed().toULongLong(&ok);
    if (!ok)
        return {};
    const QString suffix = unit.trimmed().toString().toLower();
    if (suffix == u"b" || suffix == u"byte" || suffix == u"bytes")
        return count;
    const QStringView rest = QStringView(suffix).mid(1);
    Bytes base = 0;
    if (rest.isEmpty() || rest == u"ib")
        base = 1024;
    else if (rest == u"b")
        base = 1000;
    const qsizetype power = suffix.isEmpty() ? -1 : QStringView(u"kmgtpe").indexOf(suffix.front());
    if (base == 0 || power < 0)
        return {};
    Bytes scale = base;
    for (qsizetype i = 0; i < power; ++i)
        scale *= base; // at most 1024 to the sixth: fits
    if (count > std::numeric_limits<Bytes>::max() / scale)
        return {};
    return count * scale;
}

} // namespace treewarden
