// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qmp/backupjobs.h"

#include "model/qmp/reply.h"

#include <QCryptographicHash>
#include <QJsonDocument>

namespace treewarden::qmp {

using namespace Qt::StringLiterals;

namespace {

QByteArray command(const QString &name, const QJsonObject &arguments = {})
{
    QJsonObject message{{u"execute"_s, name}};
    if (!arguments.isEmpty())
        message.insert(u"arguments"_s, arguments);
    return QJsonDocument(message).toJson(QJsonDocument::Compact);
}

QJsonObject action(const QString &type, const QJsonObject &data)
{
    return {{u"type"_s, type}, {u"data"_s, data}};
}

} // namespace

// QEMU's node names end at 31 characters.
QString nameOfJob(const QString &target, const QString &file)
{
    const QByteArray hash = QCryptographicHash::hash(file.toUtf8(), QCryptographicHash::Sha256).toHex();
    return Prefix + target.left(8) + u'-' + QString::fromLatin1(hash.left(10));
}

QByteArray addImage(const QString &node, const QString &file)
{
    // With what it rests on: that is how QEMU's own documentation fills an increment (docs/interop/bitmaps.rst).
    return command(u"blockdev-add"_s,
        {{u"driver"_s, u"qcow2"_s}, {u"node-name"_s, node},
            {u"file"_s, QJsonObject{{u"driver"_s, u"file"_s}, {u"filename"_s, file}}}});
}

QByteArray addVolume(const QString &node, const NbdVolume &volume)
{
    const QJsonObject server = volume.socket.isEmpty()
        ? QJsonObject{{u"type"_s, u"inet"_s}, {u"host"_s, volume.host}, {u"port"_s, QString::number(volume.port)}}
        : QJsonObject{{u"type"_s, u"unix"_s}, {u"path"_s, volume.socket}};
    return command(u"blockdev-add"_s,
        {{u"driver"_s, u"nbd"_s}, {u"node-name"_s, node}, {u"server"_s, server}, {u"export"_s, volume.name}});
}

QByteArray deleteNode(const QString &node)
{
    return command(u"blockdev-del"_s, {{u"node-name"_s, node}});
}

QString mergedBitmap(const QString &job)
{
    return job + u"-changed"_s;
}

QByteArray beginCopies(const std::vector<DiskCopy> &disks, const CopyOptions &options)
{
    QJsonArray actions;
    QJsonArray copies;
    for (const DiskCopy &disk : disks) {
        QJsonObject copy{{u"job-id"_s, disk.job}, {u"device"_s, disk.source}, {u"target"_s, disk.job},
            {u"sync"_s, options.topOnly ? u"top"_s : u"full"_s}, {u"auto-dismiss"_s, false}};
        if (!disk.since.empty()) {
            // As qemuBackupDiskPrepareOneBitmapsChain() of libvirt does it. The bitmaps themselves stay as they are, so
            // that an increment that fails can be tried again.
            const QString merged = mergedBitmap(disk.job);
            QJsonArray sources;
            for (const auto &[node, bitmap] : disk.since)
                sources.append(QJsonObject{{u"node"_s, node}, {u"name"_s, bitmap}});
            actions.append(action(u"block-dirty-bitmap-add"_s,
                {{u"node"_s, disk.source}, {u"name"_s, merged}, {u"persistent"_s, false}, {u"disabled"_s, true}}));
            actions.append(action(u"block-dirty-bitmap-merge"_s,
                {{u"node"_s, disk.source}, {u"target"_s, merged}, {u"bitmaps"_s, sources}}));
            copy.insert(u"sync"_s, u"incremental"_s);
            copy.insert(u"bitmap"_s, merged);
        }
        if (!disk.bitmap.isEmpty())
            actions.append(action(u"block-dirty-bitmap-add"_s,
                {{u"node"_s, disk.source}, {u"name"_s, disk.bitmap}, {u"persistent"_s, true}}));
        if (options.compress)
            copy.insert(u"compress"_s, true);
        if (options.speed > 0)
            copy.insert(u"speed"_s, qint64(options.speed));
        copies.append(action(u"blockdev-backup"_s, copy));
    }
    for (const QJsonValue &copy : copies)
        actions.append(copy);
    // Not "grouped", which QEMU refuses for block-dirty-bitmap-add (seen on 7.2). Nothing is lost by it: what records
    // is not touched by the copies, and whoever began them drops all of it where one has failed.
    return command(u"transaction"_s, {{u"actions"_s, actions}});
}

QByteArray removeBitmap(const QString &node, const QString &bitmap)
{
    return command(u"block-dirty-bitmap-remove"_s, {{u"node"_s, node}, {u"name"_s, bitmap}});
}

QByteArray queryJobs()
{
    return command(u"query-jobs"_s);
}

Result<std::vector<Job>> readJobs(const QByteArray &reply)
{
    const Result<QJsonArray> objects = readReplyList(reply);
    if (!objects)
        return failure(objects.error());
    std::vector<Job> jobs;
    for (const QJsonValue &value : *objects) {
        const QJsonObject object = value.toObject();
        const auto bytes
            = [&](QLatin1StringView key) { return Bytes(std::max<qint64>(object.value(key).toInteger(), 0)); };
        Job job{object.value("id"_L1).toString(), object.value("status"_L1).toString(), bytes("current-progress"_L1),
            bytes("total-progress"_L1), object.value("error"_L1).toString()};
        if (job.status.isEmpty())
            return failure(ErrorCode::Malformed, {}, u"entry %1 is no job"_s.arg(jobs.size()));
        jobs.push_back(std::move(job));
    }
    return jobs;
}

QByteArray dismissJob(const QString &job)
{
    return command(u"job-dismiss"_s, {{u"id"_s, job}});
}

Result<> readDone(const QByteArray &reply)
{
    return readReplyObject(reply).map([](const QJsonObject &) {});
}

} // namespace treewarden::qmp
