// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QByteArray>
#include <QString>

#include <list>
#include <utility>
#include <vector>

namespace treewarden {

// One node of a document that is to be changed and written again: an element, or text between elements where `name` is
// empty. Names and attributes are kept as they are written, prefixes and declarations of namespaces among them, and so
// is white space between elements. Comments and processing instructions are dropped; libvirt keeps none.
struct XmlNode
{
    QString name;
    QString text;
    std::vector<std::pair<QString, QString>> attributes;
    std::list<XmlNode> children; // a list: references to the others stay valid where one is added

    bool isElement() const { return !name.isEmpty(); }
    bool hasElements() const; // in it
    QString attribute(QStringView key) const; // empty: not there
    void setAttribute(const QString &key, const QString &value);
    void removeAttribute(QStringView key);

    const XmlNode *child(QStringView wanted) const; // the first of that name
    XmlNode *child(QStringView wanted);
    XmlNode &append(const QString &child); // a new element, last
    XmlNode &insertFirst(const QString &child);
    XmlNode &ensure(const QString &child); // the first of that name, or a new one
    void removeChildren(QStringView unwanted); // and the white space before each

    QString innerText() const; // of this element alone
    void setInnerText(const QString &to); // instead of everything in it
};

// The root of a document. Malformed as readDomain(), and where elements are nested deeper than any of libvirt's are.
Result<XmlNode> readTree(const QByteArray &document, QStringView root);
// The document; Malformed where it would hold a character that XML cannot take.
Result<QByteArray> writeTree(const XmlNode &root);

} // namespace treewarden
