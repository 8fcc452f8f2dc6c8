// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/qmp/reply.h"

#include <QJsonDocument>

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

Result<QJsonValue> readReply(const QByteArray &reply)
{
    QJsonParseError parsed;
    const QJsonObject envelope = QJsonDocument::fromJson(reply, &parsed).object();
    if (parsed.error != QJsonParseError::NoError)
        return failure(ErrorCode::Malformed, {}, u"offset %1: %2"_s.arg(parsed.offset).arg(parsed.errorString()));
    if (envelope.value("error"_L1).isObject())
        return failure(errorOf(envelope.value("error"_L1).toObject()));
    return envelope.value("return"_L1);
}

} // namespace

Result<QJsonArray> readReplyList(const QByteArray &reply)
{
    return readReply(reply).and_then([](const QJsonValue &value) -> Result<QJsonArray> {
        if (!value.isArray())
            return failure(ErrorCode::Malformed, {}, u"neither a list nor an error"_s);
        return value.toArray();
    });
}

Result<QJsonObject> readReplyObject(const QByteArray &reply)
{
    return readReply(reply).and_then([](const QJsonValue &value) -> Result<QJsonObject> {
        if (!value.isObject())
            return failure(ErrorCode::Malformed, {}, u"neither an object nor an error"_s);
        return value.toObject();
    });
}

} // namespace treewarden
