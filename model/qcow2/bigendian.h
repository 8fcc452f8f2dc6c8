// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/base/result.h"

#include <QByteArray>
#include <QStringDecoder>
#include <QtEndian>

namespace treewarden::qcow2 {

// The number at an offset; the caller has made sure that it lies inside.
template <typename T>
T number(const QByteArray &bytes, qsizetype offset)
{
    Q_ASSERT(offset >= 0 && offset + qsizetype(sizeof(T)) <= bytes.size());
    return qFromBigEndian<T>(bytes.constData() + offset);
}

// A name as QEMU sees it: it ends at the first NUL. What is not UTF-8 becomes replacement characters; a leading byte
// order mark is kept, since it tells two names apart.
inline QString text(QByteArrayView bytes)
{
    const qsizetype end = bytes.indexOf('\0');
    QStringDecoder decoder(
        QStringDecoder::Utf8, QStringDecoder::Flag::ConvertInitialBom | QStringDecoder::Flag::Stateless);
    return decoder(end < 0 ? bytes : bytes.first(end));
}

// `field` is the name the qcow2 specification gives to what is wrong.
inline tl::unexpected<Error> malformed(QLatin1StringView field, const QString &remark)
{
    return failure(ErrorCode::Malformed, {}, QString(field + QLatin1StringView(": ") + remark));
}

inline tl::unexpected<Error> unsupported(QLatin1StringView field, const QString &remark)
{
    return failure(ErrorCode::Unsupported, {}, QString(field + QLatin1StringView(": ") + remark));
}

} // namespace treewarden::qcow2
