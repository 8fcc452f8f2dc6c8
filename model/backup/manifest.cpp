// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backup/manifest.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr int Version = 1;
constexpr auto ManifestFile = BackupChain::ManifestName;

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

QJsonObject toJson(const BackupFile &file)
{
    return {{u"file"_s, file.name}, {u"size"_s, qint64(file.size)}, {u"sha256"_s, file.sha256}};
}

QJsonValue fileOrNull(const BackupFile &file)
{
    return file.name.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(toJson(file));
}

QJsonObject toJson(const BackupPoint &point)
{
    QJsonArray disks;
    for (const BackupDisk &disk : point.disks) {
        QJsonObject json = disk.volume.isEmpty() ? toJson(disk.file) : QJsonObject{{u"volume"_s, disk.volume}};
        json.insert(u"target"_s, disk.target);
        json.insert(u"backing"_s, orNull(disk.backing));
        json.insert(u"virtual"_s, qint64(disk.virtualSize));
        json.insert(u"source"_s, disk.source);
        if (!disk.below.isEmpty())
            json.insert(u"below"_s, disk.below);
        disks.append(json);
    }
    return {{u"number"_s, point.number}, {u"level"_s, backupLevelName(point.level)}, {u"time"_s, point.time},
        {u"checkpoint"_s, orNull(point.checkpoint)}, {u"checkpointTime"_s, point.checkpointTime},
        {u"bitmap"_s, orNull(point.bitmap)}, {u"quiesced"_s, point.quiesced}, {u"disks"_s, disks},
        {u"domainXml"_s, fileOrNull(point.domainXml)}, {u"nvram"_s, fileOrNull(point.nvram)},
        {u"checkpointXml"_s, fileOrNull(point.checkpointXml)}};
}

// Reads one manifest; the first thing that is wrong stays.
class Reader
{
public:
    Result<BackupManifest> read(const QJsonObject &root)
    {
        const int version = root.value("version"_L1).toInt();
        if (version > Version)
            return failure(ErrorCode::Unsupported, ManifestFile, u"version %1"_s.arg(version));
        if (version < 1)
            return failure(ErrorCode::Malformed, ManifestFile, u"no version"_s);
        BackupManifest manifest;
        const QJsonObject domain = root.value("domain"_L1).toObject();
        manifest.domain = DomainId(text(domain, "uuid"_L1));
        manifest.domainName = text(domain, "name"_L1);
        for (const QJsonValue &value : root.value("points"_L1).toArray())
            add(manifest, value.toObject());
        manifest.isUnfinished = root.value("unfinished"_L1).toBool();
        if (manifest.points.empty())
            fault(u"no points"_s);
        if (!m_fault.isEmpty())
            return failure(ErrorCode::Malformed, ManifestFile, m_fault);
        return manifest;
    }

private:
    void fault(const QString &what)
    {
        if (m_fault.isEmpty())
            m_fault = what;
    }
    QString text(const QJsonObject &json, QLatin1StringView key)
    {
        const QString value = json.value(key).toString();
        if (value.isEmpty())
            fault(u"no %1"_s.arg(key));
        return value;
    }
    Bytes number(const QJsonObject &json, QLatin1StringView key)
    {
        const qint64 value = json.value(key).toInteger(-1);
        if (value < 0)
            fault(u"no %1"_s.arg(key));
        return Bytes(std::max<qint64>(value, 0));
    }
    // A file of the folder, and no way out of it.
    QString name(const QJsonObject &json, QLatin1StringView key)
    {
        const QString value = text(json, key);
        if (value.contains(u'/') || value == "."_L1 || value == ".."_L1)
            fault(u"no file of this folder: %1"_s.arg(value));
        return value;
    }
    BackupFile file(const QJsonObject &json)
    {
        BackupFile found{name(json, "file"_L1), number(json, "size"_L1), text(json, "sha256"_L1)};
        return found;
    }
    BackupFile fileOrNone(const QJsonObject &json, QLatin1StringView key)
    {
        const QJsonValue value = json.value(key);
        return value.isObject() ? file(value.toObject()) : BackupFile();
    }

    void add(BackupManifest &manifest, const QJsonObject &json)
    {
        BackupPoint point;
        point.number = int(number(json, "number"_L1));
        const QString level = text(json, "level"_L1);
        point.level = level == "incremental"_L1 ? BackupLevel::Incremental
            : level == "top"_L1                 ? BackupLevel::Top
                                                : BackupLevel::Full;
        if (level != backupLevelName(point.level))
            fault(u"level %1"_s.arg(level));
        point.time = qint64(number(json, "time"_L1));
        point.checkpoint = json.value("checkpoint"_L1).toString();
        point.checkpointTime = json.value("checkpointTime"_L1).toInteger();
        point.bitmap = json.value("bitmap"_L1).toString();
        point.quiesced = json.value("quiesced"_L1).toBool();
        for (const QJsonValue &value : json.value("disks"_L1).toArray()) {
            const QJsonObject disk = value.toObject();
            const QString backing = disk.value("backing"_L1).isString() ? name(disk, "backing"_L1) : QString();
            const QString volume = disk.value("volume"_L1).toString();
            point.disks.push_back({text(disk, "target"_L1), volume.isEmpty() ? file(disk) : BackupFile(), backing,
                number(disk, "virtual"_L1), disk.value("source"_L1).toString(), volume,
                disk.value("below"_L1).toString()});
        }
        point.domainXml = fileOrNone(json, "domainXml"_L1);
        point.nvram = fileOrNone(json, "nvram"_L1);
        point.checkpointXml = fileOrNone(json, "checkpointXml"_L1);
        check(manifest, point);
        manifest.points.push_back(std::move(point));
    }

    // Each point rests on the one before it, the first on nothing.
    void check(const BackupManifest &manifest, const BackupPoint &point)
    {
        const QString where = u"point %1"_s.arg(point.number);
        const BackupPoint *before = manifest.points.empty() ? nullptr : &manifest.points.back();
        if (point.disks.empty())
            fault(where + u": no disks"_s);
        if (before && point.number <= before->number)
            fault(where + u": out of order"_s);
        if ((point.level == BackupLevel::Incremental) != bool(before))
            fault(where + (before ? u": a second full one"_s : u": the first is no full one"_s));
        if (before && before->level == BackupLevel::Top)
            fault(where + u": it rests on one layer alone"_s);
        for (const BackupDisk &disk : point.disks) {
            const BackupDisk *below = before ? before->disk(disk.target) : nullptr;
            if (disk.backing != (below ? below->file.name : QString()) || (before && !below))
                fault(where + u": %1 does not rest on the point before"_s.arg(disk.target));
        }
        if (before && before->disks.size() != point.disks.size())
            fault(where + u": other disks"_s);
    }

    QString m_fault;
};

} // namespace

QByteArray writeManifest(const BackupManifest &manifest)
{
    QJsonArray points;
    for (const BackupPoint &point : manifest.points)
        points.append(toJson(point));
    QJsonObject root{{u"version"_s, Version}, {u"program"_s, u"treewarden"_s},
        {u"domain"_s, QJsonObject{{u"name"_s, manifest.domainName}, {u"uuid"_s, manifest.domain.value}}},
        {u"points"_s, points}};
    if (manifest.isUnfinished)
        root.insert(u"unfinished"_s, true);
    return QJsonDocument(root).toJson();
}

Result<BackupManifest> readManifest(const QByteArray &json)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(json, &error);
    if (!document.isObject())
        return failure(ErrorCode::Malformed, ManifestFile, error.errorString());
    return Reader().read(document.object());
}

} // namespace treewarden
