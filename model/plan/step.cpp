// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/plan/step.h"

#include <QJsonArray>

#include <algorithm>
#include <array>
#include <utility>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array<std::pair<StepKind, QLatin1StringView>, 37> names{{
    {StepKind::CreateSnapshot, "create-snapshot"_L1},
    {StepKind::RevertToSnapshot, "revert-to-snapshot"_L1},
    {StepKind::DeleteSnapshot, "delete-snapshot"_L1},
    {StepKind::ForgetSnapshot, "forget-snapshot"_L1},
    {StepKind::RenameSnapshot, "rename-snapshot"_L1},
    {StepKind::DescribeSnapshot, "describe-snapshot"_L1},
    {StepKind::MakeCurrent, "make-current"_L1},
    {StepKind::PointSnapshot, "point-snapshot"_L1},
    {StepKind::MakeExternal, "make-external"_L1},
    {StepKind::MakeInternal, "make-internal"_L1},
    {StepKind::PointDisks, "point-disks"_L1},
    {StepKind::DefineAsThen, "define-as-then"_L1},
    {StepKind::Start, "start"_L1},
    {StepKind::Pause, "pause"_L1},
    {StepKind::Resume, "resume"_L1},
    {StepKind::ShutDown, "shut-down"_L1},
    {StepKind::ForceOff, "force-off"_L1},
    {StepKind::RestoreMemory, "restore-memory"_L1},
    {StepKind::DropSavedState, "drop-saved-state"_L1},
    {StepKind::SetPolicy, "set-policy"_L1},
    {StepKind::CommitLive, "commit-live"_L1},
    {StepKind::CreateOverlay, "create-overlay"_L1},
    {StepKind::ExtractTag, "extract-tag"_L1},
    {StepKind::CommitOffline, "commit-offline"_L1},
    {StepKind::AddTag, "add-tag"_L1},
    {StepKind::RemoveTag, "remove-tag"_L1},
    {StepKind::RemoveFile, "remove-file"_L1},
    {StepKind::CopyFile, "copy-file"_L1},
    {StepKind::RepointOverlay, "repoint-overlay"_L1},
    {StepKind::PrepareBackup, "prepare-backup"_L1},
    {StepKind::BackUp, "back-up"_L1},
    {StepKind::BackUpByQmp, "back-up-by-qmp"_L1},
    {StepKind::FinishBackup, "finish-backup"_L1},
    {StepKind::UnlistBackup, "unlist-backup"_L1},
    {StepKind::DropCheckpoint, "drop-checkpoint"_L1},
    {StepKind::DropBitmap, "drop-bitmap"_L1},
    {StepKind::RemoveBackup, "remove-backup"_L1},
}};

} // namespace

bool isOfBackup(StepKind kind)
{
    switch (kind) {
    case StepKind::PrepareBackup:
    case StepKind::BackUp:
    case StepKind::BackUpByQmp:
    case StepKind::FinishBackup:
    case StepKind::UnlistBackup:
    case StepKind::DropCheckpoint:
    case StepKind::DropBitmap:
    case StepKind::RemoveBackup:
        return true;
    default:
        return false;
    }
}

bool needsFiles(StepKind kind)
{
    switch (kind) {
    case StepKind::ExtractTag:
    case StepKind::CommitOffline:
    case StepKind::AddTag:
    case StepKind::RemoveTag:
    case StepKind::CopyFile:
    case StepKind::RepointOverlay:
    case StepKind::PrepareBackup:
    case StepKind::BackUpByQmp:
    case StepKind::FinishBackup:
    case StepKind::UnlistBackup:
    case StepKind::RemoveBackup:
        return true;
    default:
        return false;
    }
}

QString stepName(StepKind kind)
{
    for (const auto &[known, name] : names) {
        if (known == kind)
            return name;
    }
    Q_UNREACHABLE();
}

QJsonObject toJson(const Step &step)
{
    QJsonObject json{{u"kind"_s, stepName(step.kind)}, {u"domain"_s, step.domain.value}};
    const auto put = [&](const QString &key, const QString &value) {
        if (!value.isEmpty())
            json.insert(key, value);
    };
    put(u"name"_s, step.name);
    put(u"text"_s, step.text);
    put(u"path"_s, step.path);
    put(u"base"_s, step.base);
    put(u"format"_s, step.format);
    if (step.flags)
        json.insert(u"flags"_s, step.flags);
    if (step.speed)
        json.insert(u"speed"_s, qint64(step.speed));
    QJsonArray disks;
    for (const StepDisk &disk : step.disks)
        disks += QJsonObject{
            {u"target"_s, disk.target}, {u"path"_s, disk.path}, {u"base"_s, disk.base}, {u"format"_s, disk.format}};
    if (!disks.isEmpty())
        json.insert(u"disks"_s, disks);
    return json;
}

Result<Step> stepFromJson(const QJsonObject &json)
{
    Step step;
    const QString name = json.value("kind"_L1).toString();
    bool isKnown = false;
    for (const auto &[kind, known] : names) {
        if (known == name) {
            step.kind = kind;
            isKnown = true;
        }
    }
    if (!isKnown)
        return failure(ErrorCode::Malformed, name, u"no such step"_s);
    const auto text = [&](QLatin1StringView key) { return json.value(key).toString(); };
    step.domain = DomainId(text("domain"_L1));
    step.name = text("name"_L1);
    step.text = text("text"_L1);
    step.path = text("path"_L1);
    step.base = text("base"_L1);
    step.format = text("format"_L1);
    step.flags = json.value("flags"_L1).toInt();
    step.speed = Bytes(std::max<qint64>(json.value("speed"_L1).toInteger(), 0));
    for (const QJsonValue &value : json.value("disks"_L1).toArray()) {
        const QJsonObject disk = value.toObject();
        step.disks.push_back({disk.value("target"_L1).toString(), disk.value("path"_L1).toString(),
            disk.value("base"_L1).toString(), disk.value("format"_L1).toString()});
    }
    return step;
}

} // namespace treewarden
