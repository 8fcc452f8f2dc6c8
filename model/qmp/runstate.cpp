// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qmp/runstate.h"

#include "model/qmp/reply.h"

namespace treewarden {

using namespace Qt::StringLiterals;

QByteArray queryStatus()
{
    return QByteArrayLiteral(R"({"execute":"query-status"})");
}

Result<bool> isSavedState(const QByteArray &reply)
{
    const Result<QJsonObject> state = readReplyObject(reply);
    if (!state)
        return failure(state.error());
    const QString status = state->value("status"_L1).toString();
    if (status.isEmpty())
        return failure(ErrorCode::Malformed, {}, u"no status"_s);
    return status == "postmigrate"_L1;
}

} // namespace treewarden
