// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/walk/oracle.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDomDocument>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace treewarden::test {

namespace {

QByteArray sumOf(const QString &path)
{
    QFile file(path);
    QCryptographicHash hash(QCryptographicHash::Sha1);
    if (!file.open(QIODevice::ReadOnly) || !hash.addData(&file))
        return {};
    return hash.result().toHex().left(12);
}

// Tells whether a file is still the one that was looked at.
QByteArray stampOf(const QString &path)
{
    struct stat status = {};
    if (stat(QFile::encodeName(path).constData(), &status) != 0)
        return {};
    return QByteArray::number(quint64(status.st_ino)) + ':' + QByteArray::number(qint64(status.st_size)) + ':'
        + QByteArray::number(qint64(status.st_mtim.tv_sec)) + '.' + QByteArray::number(qint64(status.st_mtim.tv_nsec));
}

QDomElement child(const QDomElement &element, const QString &path)
{
    QDomElement found = element;
    for (const QString &step : path.split(u'/'))
        found = found.firstChildElement(step);
    return found;
}

QMap<QString, QString> sourcesOf(const QDomElement &domain)
{
    QMap<QString, QString> sources;
    for (QDomElement disk = child(domain, u"devices/disk"_s); !disk.isNull(); disk = disk.nextSiblingElement(u"disk"_s))
        sources.insert(child(disk, u"target"_s).attribute(u"dev"_s), child(disk, u"source"_s).attribute(u"file"_s));
    return sources;
}

SeenSnapshot snapshotOf(const QDomElement &xml)
{
    SeenSnapshot seen;
    seen.parent = child(xml, u"parent/name"_s).text();
    seen.description = child(xml, u"description"_s).text();
    seen.memory = child(xml, u"memory"_s).attribute(u"snapshot"_s, u"no"_s);
    seen.memoryFile = child(xml, u"memory"_s).attribute(u"file"_s);
    const QMap<QString, QString> sources = sourcesOf(child(xml, u"domain"_s));
    for (QDomElement disk = child(xml, u"disks/disk"_s); !disk.isNull(); disk = disk.nextSiblingElement(u"disk"_s)) {
        const QString kind = disk.attribute(u"snapshot"_s);
        const QString target = disk.attribute(u"name"_s);
        if (kind != "no"_L1)
            seen.disks.insert(target, {kind == "external"_L1, sources.value(target)});
    }
    return seen;
}

} // namespace

Contents Sight::current(const QString &domain) const
{
    Contents contents;
    const QMap<QString, QString> disks = domains.value(domain).disks;
    for (auto disk = disks.begin(); disk != disks.end(); ++disk)
        contents.insert(disk.key(), files.value(disk.value()).shown);
    const SeenDomain seen = domains.value(domain);
    if (seen.isSaved) {
        QByteArray all;
        for (auto disk = seen.savedDisks.begin(); disk != seen.savedDisks.end(); ++disk) {
            const QByteArray shown = files.value(disk.value()).shown;
            all += disk.key().toUtf8() + ' ' + (shown.isEmpty() ? "cannot be read"_ba : shown) + ' ';
        }
        contents.insert(SavedState, all);
    }
    return contents;
}

Contents Sight::snapshot(const QString &domain, const QString &name) const
{
    Contents contents;
    const SeenSnapshot seen = domains.value(domain).snapshots.value(name);
    bool tagHasMemory = false;
    for (auto disk = seen.disks.begin(); disk != seen.disks.end(); ++disk) {
        const SeenFile file = files.value(disk->path);
        contents.insert(disk.key(), disk->isExternal ? file.shown : file.tags.value(name).shown);
        tagHasMemory = tagHasMemory || (!disk->isExternal && file.tags.value(name).hasMemory);
    }
    if (seen.memory == "external"_L1)
        contents.insert(u"memory"_s, files.value(seen.memoryFile).bytes);
    if (seen.memory == "internal"_L1)
        contents.insert(u"memory"_s, tagHasMemory ? "in the tag"_ba : QByteArray());
    return contents;
}

bool Sight::isReadable(const Contents &contents) const
{
    return !contents.isEmpty()
        && std::none_of(contents.begin(), contents.end(), [](const QByteArray &sum) { return sum.isEmpty(); });
}

Oracle::Oracle(const WalkHost &host, QString folder)
    : m_host(host)
    , m_folder(std::move(folder))
    , m_raw(host.folder() + u"/oracle.raw"_s)
{
}

Result<Sight> Oracle::look(const QStringList &machines)
{
    const WalkHost::AsOwner owner(m_host);
    Sight sight;
    for (const QString &name : machines) {
        const auto seen = domain(name);
        if (!seen)
            return failure(seen.error());
        sight.domains.insert(name, *seen);
    }
    sight.files = files();
    return sight;
}

Result<SeenDomain> Oracle::domain(const QString &name) const
{
    const ProcessResult list = m_host.virsh(
        {u"domstate "_s + name, u"snapshot-list "_s + name + u" --name"_s, u"dumpxml "_s + name, u"dominfo "_s + name});
    if (list.exitCode != 0)
        return failure(ErrorCode::Failed, name, QString::fromUtf8(list.error));
    SeenDomain seen;
    const QString text = QString::fromUtf8(list.output);
    const qsizetype start = text.indexOf(u"<domain "_s);
    QStringList words = text.left(start).split(u'\n', Qt::SkipEmptyParts);
    seen.state = words.isEmpty() ? QString() : words.takeFirst().trimmed();
    QDomDocument document;
    const qsizetype end = text.indexOf("</domain>"_L1, start) + qsizetype(sizeof("</domain>") - 1);
    document.setContent(text.mid(start, end - start));
    seen.disks = sourcesOf(document.documentElement());
    static const QRegularExpression saved(u"Managed save:\\s+yes"_s);
    seen.isSaved = saved.match(text, end).hasMatch();
    if (seen.isSaved) {
        document.setContent(m_host.virsh({u"managedsave-dumpxml "_s + name}).output);
        seen.savedDisks = sourcesOf(document.documentElement());
    }
    if (words.isEmpty())
        return seen;

    QStringList commands;
    for (const QString &snapshot : words)
        commands << u"snapshot-dumpxml %1 %2"_s.arg(name, snapshot.trimmed());
    commands << u"snapshot-current %1 --name"_s.arg(name); // fails where there is none
    const ProcessResult all = m_host.virsh(commands);
    const QByteArray xml = "<all>" + all.output + "</all>";
    if (!document.setContent(xml))
        return failure(ErrorCode::Malformed, name, QString::fromUtf8(all.error));
    const QDomElement root = document.documentElement();
    for (QDomElement each = root.firstChildElement(u"domainsnapshot"_s); !each.isNull();
         each = each.nextSiblingElement(u"domainsnapshot"_s))
        seen.snapshots.insert(child(each, u"name"_s).text(), snapshotOf(each));
    if (seen.snapshots.size() != words.size())
        return failure(ErrorCode::Malformed, name, QString::fromUtf8(all.error));
    seen.current = root.lastChild().isText() ? root.lastChild().toText().data().trimmed() : QString();
    return seen;
}

QByteArray Oracle::shown(const QString &path, const QString &tag, const QByteArray &key)
{
    const QByteArray whole = key + '\n' + tag.toUtf8();
    if (const auto known = m_sums.constFind(whole); known != m_sums.constEnd())
        return *known;
    QStringList arguments{u"convert"_s, u"-U"_s, u"-O"_s, u"raw"_s};
    if (!tag.isEmpty())
        arguments << u"-l"_s << u"snapshot.name="_s + tag;
    QFile::remove(m_raw);
    const bool isRead = m_host.tool(u"qemu-img"_s, arguments << path << m_raw).exitCode == 0;
    const QByteArray sum = isRead ? sumOf(m_raw) : QByteArray();
    m_sums.insert(whole, sum);
    return sum;
}

QMap<QString, SeenFile> Oracle::files()
{
    QMap<QString, SeenFile> found;
    QMap<QString, QByteArray> stamps;
    for (const QFileInfo &info : QDir(m_folder).entryInfoList(QDir::Files)) {
        const QString path = info.filePath();
        const QByteArray stamp = stampOf(path);
        stamps.insert(path, stamp);
        Described &described = m_described[path];
        if (described.key != stamp) {
            SeenFile file;
            file.inode = stamp.left(stamp.indexOf(':')).toULongLong();
            file.bytes = sumOf(path);
            QFile head(path);
            if (head.open(QIODevice::ReadOnly) && head.read(4) == "QFI\xfb"_ba) {
                const QJsonObject json = QJsonDocument::fromJson(
                    m_host.tool(u"qemu-img"_s, {u"info"_s, u"-U"_s, u"--output=json"_s, path}).output)
                                             .object();
                file.format = json["format"_L1].toString();
                file.backing = json["backing-filename"_L1].toString();
                for (const QJsonValue &value : json["snapshots"_L1].toArray()) {
                    const QJsonObject tag = value.toObject();
                    file.tags.insert(tag["name"_L1].toString(), {{}, tag["vm-state-size"_L1].toInteger() > 0});
                }
            }
            described = {stamp, file};
        }
        found.insert(path, described.file);
    }
    for (auto file = found.begin(); file != found.end(); ++file) {
        if (file->format.isEmpty())
            continue;
        QByteArray key;
        QString layer = file.key();
        for (int depth = 0; !layer.isEmpty() && depth < 100; ++depth) {
            key += layer.toUtf8() + ' ' + stamps.value(layer) + '\n';
            layer = found.value(layer).backing;
        }
        file->shown = shown(file.key(), {}, key);
        for (auto tag = file->tags.begin(); tag != file->tags.end(); ++tag)
            tag->shown = shown(file.key(), tag.key(), key);
    }
    return found;
}

} // namespace treewarden::test
