// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qmp/blockjobs.h"

#include "model/qmp/reply.h"

#include <QJsonObject>

namespace treewarden {

using namespace Qt::StringLiterals;

QByteArray queryBlockJobs()
{
    return QByteArrayLiteral(R"({"execute":"query-block-jobs"})");
}

Result<std::vector<BlockJob>> readBlockJobs(const QByteArray &reply, const QStringList &targets)
{
    const Result<QJsonArray> objects = readReplyList(reply);
    if (!objects)
        return failure(objects.error());
    std::vector<BlockJob> jobs;
    for (const QJsonValue &value : *objects) {
        const QJsonObject object = value.toObject();
        BlockJob job{object.value("device"_L1).toString(), {}, object.value("type"_L1).toString(), false};
        if (job.type.isEmpty())
            return failure(ErrorCode::Malformed, {}, u"entry %1 is no block job"_s.arg(jobs.size()));
        for (const QString &target : targets) {
            for (const auto what : {"pull"_L1, "commit"_L1, "copy"_L1, "backup"_L1}) {
                if (job.id.startsWith(what + u'-' + target + u'-')) {
                    job.disk = target;
                    job.isLibvirts = true;
                }
            }
        }
        jobs.push_back(job);
    }
    return jobs;
}

} // namespace treewarden
