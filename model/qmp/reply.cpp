// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qmp/reply.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

Error errorOf(const QJsonObject &error)
{
    const QString kind = error.value("class"_L1).toString();
    ErrorCode code = ErrorCode::Failed;
    if (kind == u"CommandNotFound")
        code = ErrorCode::Unsupported;
    else if (kind == u"DeviceNotFound")
        code = ErrorCode::NotFound;
    return {code, {}, error.value("desc"_L1).toString()};
}

} // namespace

Result<QJsonArray> readReplyList(const QByteArray &reply)
{
    QJsonParseError parsed;
    const QJsonObject envelope = QJsonDocument::fromJson(reply, &parsed).object();
    if (parsed.error != QJsonParseError::NoError)
        return failure(ErrorCode::Malformed, {}, u"offset %1: %2"_s.arg(parsed.offset).arg(parsed.errorString()));
    if (envelope.value("error"_L1).isObject())
        return failure(errorOf(envelope.value("error"_L1).toObject()));
    if (!envelope.value("return"_L1).isArray())
        return failure(ErrorCode::Malformed, {}, u"neither a list nor an error"_s);
    return envelope.value("return"_L1).toArray();
}

} // namespace treewarden
