// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qmp/blocknode.h"

#include "model/qmp/reply.h"

#include <QHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <limits>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

Bytes toBytes(const QJsonValue &value)
{
    const double approximate = value.toDouble();
    if (!(approximate > 0))
        return 0;
    if (approximate >= 0x1p64)
        return std::numeric_limits<Bytes>::max();
    // Exact where the number was written as one that fits; QJsonValue keeps greater ones only roughly.
    const qint64 exact = value.toInteger();
    return exact > 0 ? Bytes(exact) : Bytes(approximate);
}

// The local path that a "json:{...}" name means; empty where it is no plain local file, or cut short: QEMU ends names
// of about 4,000 characters with "...", which a long chain reaches.
QString localPath(const QString &name)
{
    constexpr int maximumLayers = 16; // format over filters over file: more is no name QEMU makes
    QJsonObject node = QJsonDocument::fromJson(QStringView(name).mid(5).toUtf8()).object();
    QString prefix; // options may also be written flat: "file.filename"
    for (int layer = 0; layer < maximumLayers && !node.isEmpty(); ++layer) {
        const QString driver = node.value(prefix + u"driver").toString();
        if (driver == u"file" || driver == u"host_device" || driver == u"host_cdrom")
            return node.value(prefix + u"filename").toString();
        const QJsonValue file = node.value(prefix + u"file");
        if (file.isObject()) {
            node = file.toObject();
            prefix.clear();
        } else {
            prefix += u"file.";
        }
    }
    return {};
}

QString imageName(const QString &name)
{
    if (!name.startsWith(u"json:"))
        return name;
    const QString path = localPath(name);
    return path.isEmpty() ? name : path;
}

Tag readTag(const QJsonObject &object)
{
    constexpr quint64 nanosecondsInSecond = 1'000'000'000;
    Tag tag;
    tag.id = object.value("id"_L1).toString();
    tag.name = object.value("name"_L1).toString();
    tag.vmStateSize = toBytes(object.value("vm-state-size"_L1));
    tag.created = object.value("date-sec"_L1).toInteger();
    tag.createdNanoseconds = quint32(std::min<Bytes>(toBytes(object.value("date-nsec"_L1)), nanosecondsInSecond - 1));
    const quint64 seconds = toBytes(object.value("vm-clock-sec"_L1));
    const quint64 limit = std::numeric_limits<quint64>::max() / nanosecondsInSecond - 1;
    tag.vmClock = std::min(seconds, limit) * nanosecondsInSecond
        + std::min(toBytes(object.value("vm-clock-nsec"_L1)), nanosecondsInSecond - 1);
    tag.diskSize = Fact<Bytes>();
    return tag;
}

Bitmap readDirtyBitmap(const QJsonObject &object)
{
    Bitmap bitmap;
    bitmap.name = object.value("name"_L1).toString();
    bitmap.granularity = toBytes(object.value("granularity"_L1));
    bitmap.persistent = object.value("persistent"_L1).toBool();
    bitmap.recording = object.value("recording"_L1).toBool();
    bitmap.busy = object.value("busy"_L1).toBool();
    bitmap.inconsistent = object.value("inconsistent"_L1).toBool();
    bitmap.dirty = toBytes(object.value("count"_L1));
    return bitmap;
}

// What QEMU has in memory, completed by what the qcow2 file lists.
std::vector<Bitmap> readBitmaps(const QJsonArray &inMemory, const QJsonArray &inFile)
{
    std::vector<Bitmap> bitmaps;
    QHash<QString, size_t> byName;
    for (const QJsonValue &value : inMemory) {
        Bitmap bitmap = readDirtyBitmap(value.toObject());
        if (bitmap.name.isEmpty())
            continue;
        byName.insert(bitmap.name, bitmaps.size());
        bitmaps.push_back(std::move(bitmap));
    }
    for (const QJsonValue &value : inFile) {
        const QJsonObject object = value.toObject();
        const QString name = object.value("name"_L1).toString();
        const QJsonArray flags = object.value("flags"_L1).toArray();
        const bool inUse = flags.contains("in-use"_L1);
        if (const auto known = byName.constFind(name); known != byName.cend()) {
            bitmaps[*known].inUse = inUse;
            continue;
        }
        Bitmap bitmap;
        bitmap.name = name;
        bitmap.granularity = toBytes(object.value("granularity"_L1));
        bitmap.recording = flags.contains("auto"_L1);
        bitmap.inUse = inUse;
        byName.insert(name, bitmaps.size());
        bitmaps.push_back(std::move(bitmap));
    }
    return bitmaps;
}

ImageFacts readFacts(const QJsonObject &image, const QJsonObject &node)
{
    const QJsonObject specific = image.value("format-specific"_L1).toObject().value("data"_L1).toObject();
    ImageFacts facts;
    facts.format = image.value("format"_L1).toString();
    facts.virtualSize = toBytes(image.value("virtual-size"_L1));
    facts.clusterSize = toBytes(image.value("cluster-size"_L1));
    const QString compat = specific.value("compat"_L1).toString();
    facts.formatVersion = compat == u"1.1" ? 3 : compat == u"0.10" ? 2 : 0;
    facts.backingName = image.value("backing-filename"_L1).toString();
    facts.backingFormat = image.value("backing-filename-format"_L1).toString();
    facts.dataFile = specific.value("data-file"_L1).toString();
    facts.hasDataFile = specific.contains("data-file"_L1);
    facts.dirty = image.value("dirty-flag"_L1).toBool();
    facts.corrupt = specific.value("corrupt"_L1).toBool();
    facts.encrypted = image.value("encrypted"_L1).toBool() || node.value("encrypted"_L1).toBool()
        || specific.contains("encrypt"_L1);
    const QJsonArray tags = image.value("snapshots"_L1).toArray();
    for (const QJsonValue &tag : tags)
        facts.tags.push_back(readTag(tag.toObject()));
    // Before QEMU 4.2 the bitmaps stood in query-block only.
    facts.bitmaps = readBitmaps(node.value("dirty-bitmaps"_L1).toArray(), specific.value("bitmaps"_L1).toArray());
    return facts;
}

// A list of another type would read as an empty one.
bool hasListsOnly(const QJsonObject &node)
{
    const QJsonObject image = node.value("image"_L1).toObject();
    const QJsonValue specific = image.value("format-specific"_L1);
    const QJsonValue lists[]
        = {image.value("snapshots"_L1), node.value("dirty-bitmaps"_L1), specific["data"_L1]["bitmaps"_L1]};
    return (specific.isUndefined() || specific.isObject())
        && std::all_of(std::begin(lists), std::end(lists),
            [](const QJsonValue &list) { return list.isUndefined() || list.isArray(); });
}

BlockNode readNode(const QJsonObject &object)
{
    const QJsonObject image = object.value("image"_L1).toObject();
    BlockNode node;
    node.nodeName = object.value("node-name"_L1).toString();
    node.driver = object.value("drv"_L1).toString();
    node.file = imageName(object.value("file"_L1).toString());
    const QString full = image.value("full-backing-filename"_L1).toString();
    node.backingFile = imageName(full.isEmpty() ? object.value("backing_file"_L1).toString() : full);
    node.readOnly = object.value("ro"_L1).toBool();
    const QJsonValue allocated = image.value("actual-size"_L1);
    node.allocated = allocated.isDouble() ? Fact<Bytes>(toBytes(allocated)) : Fact<Bytes>::absent();
    node.facts = readFacts(image, object);
    return node;
}

// Names that QEMU cut short are taken from the node below, which has the same image: what "children" says (QEMU 10.1),
// else libvirt's pair of names.
void completeNames(std::vector<BlockNode> &nodes, const QJsonArray &objects)
{
    QHash<QString, const BlockNode *> byName;
    for (const BlockNode &node : nodes)
        byName.insert(node.nodeName, &node);
    const auto nodeBelow = [&](const BlockNode &node, const QJsonObject &object, QLatin1StringView edge) {
        const QJsonArray children = object.value("children"_L1).toArray();
        for (const QJsonValue &child : children) {
            if (child["child"_L1].toString() == edge)
                return byName.value(child["node-name"_L1].toString());
        }
        QString pair = node.nodeName;
        if (edge == "file"_L1 && pair.endsWith("-format"_L1))
            return byName.value(pair.replace(pair.size() - 6, 6, u"storage"_s));
        return static_cast<const BlockNode *>(nullptr);
    };
    for (size_t i = 0; i < nodes.size(); ++i) {
        if (!nodes[i].file.startsWith(u"json:"))
            continue;
        const BlockNode *below = nodeBelow(nodes[i], objects[qsizetype(i)].toObject(), "file"_L1);
        if (below && !below->file.startsWith(u"json:"))
            nodes[i].file = below->file;
    }
    for (size_t i = 0; i < nodes.size(); ++i) {
        if (!nodes[i].backingFile.startsWith(u"json:"))
            continue;
        const BlockNode *below = nodeBelow(nodes[i], objects[qsizetype(i)].toObject(), "backing"_L1);
        if (below && !below->file.startsWith(u"json:"))
            nodes[i].backingFile = below->file;
    }
}

} // namespace

QByteArray queryNamedBlockNodes()
{
    return QByteArrayLiteral(R"({"execute":"query-named-block-nodes","arguments":{"flat":true}})");
}

Result<std::vector<BlockNode>> readNamedBlockNodes(const QByteArray &reply)
{
    const Result<QJsonArray> objects = readReplyList(reply);
    if (!objects)
        return failure(objects.error());
    std::vector<BlockNode> nodes;
    nodes.reserve(size_t(objects->size()));
    for (const QJsonValue &value : *objects) {
        const QJsonObject object = value.toObject();
        if (!object.value("drv"_L1).isString() || !object.value("image"_L1).isObject() || !hasListsOnly(object))
            return failure(ErrorCode::Malformed, {}, u"entry %1 is no block node"_s.arg(nodes.size()));
        nodes.push_back(readNode(object));
    }
    completeNames(nodes, *objects);
    return nodes;
}

} // namespace treewarden
