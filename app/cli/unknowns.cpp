// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/unknowns.h"

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

QString reason(const Error &error)
{
    const auto code = [&] {
        switch (error.code) {
        case ErrorCode::Failed:
            return u"failed"_s;
        case ErrorCode::NotFound:
            return u"not found"_s;
        case ErrorCode::PermissionDenied:
            return u"permission denied"_s;
        case ErrorCode::Malformed:
            return u"malformed"_s;
        case ErrorCode::Unsupported:
            return u"unsupported"_s;
        case ErrorCode::NotAnImage:
            return u"not an image"_s;
        case ErrorCode::NotRead:
            return u"not read"_s;
        case ErrorCode::ConnectionFailed:
            return u"connection failed"_s;
        case ErrorCode::ConnectionLost:
            return u"connection lost"_s;
        case ErrorCode::TimedOut:
            return u"timed out"_s;
        case ErrorCode::Busy:
            return u"busy"_s;
        case ErrorCode::Cancelled:
            return u"cancelled"_s;
        }
        return u"failed"_s;
    }();
    return error.detail.isEmpty() ? code : code + u": "_s + error.detail;
}

} // namespace

void Unknowns::add(const QString &fact, const QString &subject, const Error &why)
{
    m_entries.append(QJsonObject{{u"fact"_s, fact}, {u"subject"_s, subject}, {u"why"_s, reason(why)}});
}

void Unknowns::addNotMeasured(const QString &subject)
{
    add(u"bytes"_s, subject, {ErrorCode::NotRead, {}, u"not measured"_s});
}

} // namespace treewarden::cli
