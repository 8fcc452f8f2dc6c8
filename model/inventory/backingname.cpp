// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/inventory/backingname.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// Objects nest as deep as QEMU nests block nodes: a format over a filter over a protocol.
constexpr int MaximumNesting = 8;

// Without empty names and "."; ".." stays.
ImageLocation fileAt(const QString &path)
{
    QStringList names = path.split(u'/', Qt::SkipEmptyParts);
    names.removeAll(u"."_s);
    return {path.startsWith("/dev/"_L1) ? SourceKind::Block : SourceKind::File, u'/' + names.join(u'/')};
}

BackingName fromJson(const QJsonObject &root, const QString &name)
{
    BackingName backing;
    QJsonObject node = root;
    for (int depth = 0; depth < MaximumNesting; ++depth) {
        const QString driver = node.value("driver"_L1).toString();
        // The same options may be written flat: "file.driver", "file.filename".
        const QJsonValue file = node.contains("file"_L1) ? node.value("file"_L1) : node.value("file.filename"_L1);
        QString fileName = node.value("filename"_L1).toString();
        if (file.isString())
            fileName = file.toString();
        if (driver == "file"_L1 || driver == "host_device"_L1 || !fileName.isEmpty()) {
            if (driver != "file"_L1 && driver != "host_device"_L1 && backing.format.isEmpty())
                backing.format = driver;
            // "filename" of the file driver is a path, with nothing special in it.
            backing.location = fileName.startsWith(u'/') ? fileAt(fileName) : ImageLocation{SourceKind::Other, name};
            if (driver == "host_device"_L1 && backing.location.isLocalPath())
                backing.location.kind = SourceKind::Block;
            return backing;
        }
        if (!file.isObject())
            break;
        if (backing.format.isEmpty())
            backing.format = driver;
        node = file.toObject();
    }
    const QString driver = node.value("driver"_L1).toString();
    const bool isNetwork = node.contains("host"_L1) || node.contains("server"_L1) || node.contains("uri"_L1)
        || node.contains("portal"_L1) || node.contains("pool"_L1) || node.contains("url"_L1);
    backing.location = {isNetwork && !driver.isEmpty() ? SourceKind::Network : SourceKind::Other, name};
    return backing;
}

} // namespace

BackingName resolveBackingName(const QString &name, const QString &overlayPath)
{
    if (name.isEmpty())
        return {};
    if (name.startsWith("json:"_L1)) {
        const QJsonObject object = QJsonDocument::fromJson(name.mid(5).toUtf8()).object();
        if (object.isEmpty())
            return {{SourceKind::Other, name}, {}};
        return fromJson(object, name);
    }
    if (name.startsWith(u'/'))
        return {fileAt(name), {}};
    // QEMU's path_has_protocol(): what stands before the first colon, unless a slash comes first. After "file:" all is
    // a path, with nothing special in it: "file://host/x" is /host/x.
    if (name.startsWith("file:/"_L1))
        return {fileAt(name.mid(5)), {}};
    if (name.startsWith("file:"_L1) || !overlayPath.startsWith(u'/'))
        return {{SourceKind::Other, name}, {}};
    if (const qsizetype colon = name.indexOf(u':'); colon >= 0 && !name.left(colon).contains(u'/'))
        return {{SourceKind::Network, name}, {}};
    return {fileAt(overlayPath.left(overlayPath.lastIndexOf(u'/') + 1) + name), {}};
}

} // namespace treewarden
