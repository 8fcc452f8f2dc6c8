// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/xml/xmltree.h"

#include "model/xml/xmlstream.h"

#include <QXmlStreamWriter>

#include <algorithm>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// A chain of <backingStore> elements is the deepest that libvirt makes, at most 200.
constexpr int MaximumDepth = 1200;

bool isWhiteSpace(const XmlNode &node)
{
    return !node.isElement() && QStringView(node.text).trimmed().isEmpty();
}

// What XML 1.0 allows, and halves of characters only in pairs.
bool canWrite(QStringView text)
{
    for (qsizetype at = 0; at < text.size(); ++at) {
        const char16_t unit = text[at].unicode();
        if (text[at].isHighSurrogate() && at + 1 < text.size() && text[at + 1].isLowSurrogate())
            ++at;
        else if ((unit < 0x20 && unit != '\t' && unit != '\n' && unit != '\r') || text[at].isSurrogate()
            || unit >= 0xfffe)
            return false;
    }
    return true;
}

void fill(QXmlStreamReader &xml, XmlNode &root)
{
    std::vector<XmlNode *> open{&root};
    const auto take = [&xml](XmlNode &node) {
        node.name = xml.qualifiedName().toString();
        const QXmlStreamAttributes attributes = xml.attributes();
        for (const QXmlStreamAttribute &each : attributes)
            node.attributes.emplace_back(each.qualifiedName().toString(), each.value().toString());
    };
    take(root);
    while (!open.empty() && !xml.atEnd()) {
        switch (xml.readNext()) {
        case QXmlStreamReader::StartElement:
            if (open.size() >= size_t(MaximumDepth)) {
                xml.raiseError(u"nested too deeply"_s);
                return;
            }
            open.push_back(&open.back()->children.emplace_back());
            take(*open.back());
            break;
        case QXmlStreamReader::EndElement:
            open.pop_back();
            break;
        case QXmlStreamReader::Characters: {
            std::list<XmlNode> &siblings = open.back()->children;
            if (siblings.empty() || siblings.back().isElement())
                siblings.emplace_back();
            siblings.back().text += xml.text();
            break;
        }
        default:
            break;
        }
    }
}

bool write(QXmlStreamWriter &xml, const XmlNode &node)
{
    if (!node.isElement()) {
        xml.writeCharacters(node.text);
        return canWrite(node.text);
    }
    bool can = true;
    if (node.children.empty())
        xml.writeEmptyElement(node.name);
    else
        xml.writeStartElement(node.name);
    for (const auto &[key, value] : node.attributes) {
        can = can && canWrite(value);
        xml.writeAttribute(key, value);
    }
    for (const XmlNode &child : node.children)
        can = write(xml, child) && can;
    if (!node.children.empty())
        xml.writeEndElement();
    return can;
}

} // namespace

bool XmlNode::hasElements() const
{
    return std::any_of(children.begin(), children.end(), [](const XmlNode &node) { return node.isElement(); });
}

QString XmlNode::attribute(QStringView key) const
{
    for (const auto &[each, value] : attributes) {
        if (each == key)
            return value;
    }
    return {};
}

void XmlNode::setAttribute(const QString &key, const QString &value)
{
    for (auto &[each, old] : attributes) {
        if (each == key) {
            old = value;
            return;
        }
    }
    attributes.emplace_back(key, value);
}

void XmlNode::removeAttribute(QStringView key)
{
    std::erase_if(attributes, [&](const auto &attribute) { return attribute.first == key; });
}

const XmlNode *XmlNode::child(QStringView wanted) const
{
    const auto found
        = std::find_if(children.begin(), children.end(), [&](const XmlNode &node) { return node.name == wanted; });
    return found == children.end() ? nullptr : &*found;
}

XmlNode *XmlNode::child(QStringView wanted)
{
    return const_cast<XmlNode *>(std::as_const(*this).child(wanted));
}

XmlNode &XmlNode::append(const QString &child)
{
    XmlNode &made = children.emplace_back();
    made.name = child;
    return made;
}

XmlNode &XmlNode::insertFirst(const QString &child)
{
    XmlNode &made = children.emplace_front();
    made.name = child;
    return made;
}

XmlNode &XmlNode::ensure(const QString &wanted)
{
    XmlNode *found = child(wanted);
    return found ? *found : append(wanted);
}

void XmlNode::removeChildren(QStringView unwanted)
{
    for (auto node = children.begin(); node != children.end();) {
        if (node->name != unwanted) {
            ++node;
            continue;
        }
        if (node != children.begin() && isWhiteSpace(*std::prev(node)))
            children.erase(std::prev(node));
        node = children.erase(node);
    }
}

QString XmlNode::innerText() const
{
    QString all;
    for (const XmlNode &node : children)
        all += node.text;
    return all;
}

void XmlNode::setInnerText(const QString &to)
{
    children.clear();
    if (!to.isEmpty())
        children.emplace_back().text = to;
}

Result<XmlNode> readTree(const QByteArray &document, QStringView root)
{
    QXmlStreamReader xml;
    // Prefixes and declarations are names like others here.
    xml.setNamespaceProcessing(false);
    openDocument(xml, document, root);
    XmlNode node;
    if (!xml.hasError())
        fill(xml, node);
    if (Result<> end = closeDocument(xml); !end)
        return failure(std::move(end.error()));
    return node;
}

Result<QByteArray> writeTree(const XmlNode &root)
{
    QByteArray document;
    QXmlStreamWriter xml(&document);
    if (!write(xml, root) || xml.hasError())
        return failure(ErrorCode::Malformed, {}, u"a character that XML cannot hold"_s);
    return document + '\n';
}

} // namespace treewarden
