// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qmp/blockjobs.h"

#include "model/qmp/backupjobs.h"
#include "model/qmp/reply.h"

#include <QJsonDocument>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

QByteArray command(const QString &name, const QJsonObject &arguments)
{
    const QJsonObject message{{u"execute"_s, name}, {u"arguments"_s, arguments}};
    return QJsonDocument(message).toJson(QJsonDocument::Compact);
}

BlockJobState readState(const QJsonObject &object, const QStringList &targets)
{
    const auto bytes = [&](QLatin1StringView key) { return Bytes(std::max<qint64>(object.value(key).toInteger(), 0)); };
    BlockJobState state{{object.value("device"_L1).toString(), {}, object.value("type"_L1).toString(), false}, false,
        object.value("status"_L1).toString(), bytes("offset"_L1), bytes("len"_L1), bytes("speed"_L1)};
    BlockJob &job = state.job;
    for (const QString &target : targets) {
        for (const auto what : {"pull"_L1, "commit"_L1, "copy"_L1, "backup"_L1}) {
            if (job.id.startsWith(what + u'-' + target + u'-')) {
                job.disk = target;
                job.isLibvirts = true;
            }
        }
        if (job.id.startsWith(qmp::Prefix + target + u'-')) {
            job.disk = target;
            state.isOurs = true;
        }
    }
    return state;
}

} // namespace

QByteArray queryBlockJobs()
{
    return QByteArrayLiteral(R"({"execute":"query-block-jobs"})");
}

Result<std::vector<BlockJobState>> readBlockJobStates(const QByteArray &reply, const QStringList &targets)
{
    const Result<QJsonArray> objects = readReplyList(reply);
    if (!objects)
        return failure(objects.error());
    std::vector<BlockJobState> jobs;
    for (const QJsonValue &value : *objects) {
        jobs.push_back(readState(value.toObject(), targets));
        if (jobs.back().job.type.isEmpty())
            return failure(ErrorCode::Malformed, {}, u"entry %1 is no block job"_s.arg(jobs.size() - 1));
    }
    return jobs;
}

Result<std::vector<BlockJob>> readBlockJobs(const QByteArray &reply, const QStringList &targets)
{
    return readBlockJobStates(reply, targets).map([](const std::vector<BlockJobState> &states) {
        std::vector<BlockJob> jobs;
        for (const BlockJobState &state : states)
            jobs.push_back(state.job);
        return jobs;
    });
}

QByteArray pauseJob(const QString &job)
{
    return command(u"job-pause"_s, {{u"id"_s, job}});
}

QByteArray resumeJob(const QString &job)
{
    return command(u"job-resume"_s, {{u"id"_s, job}});
}

QByteArray cancelJob(const QString &job)
{
    return command(u"job-cancel"_s, {{u"id"_s, job}});
}

// Of block jobs alone, and still by its old name.
QByteArray setSpeed(const QString &job, Bytes speed)
{
    return command(u"block-job-set-speed"_s, {{u"device"_s, job}, {u"speed"_s, qint64(speed)}});
}

} // namespace treewarden
