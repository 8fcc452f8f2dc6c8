// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backup/sum.h"

#include <openssl/evp.h>

#include <memory>

namespace treewarden {

using namespace Qt::StringLiterals;

Result<QString> sha256Of(ByteSource &source, const std::function<bool(Bytes)> &goesOn)
{
    constexpr Bytes Piece = 4 * MiB;
    const auto failed = [] { return failure(ErrorCode::Failed, u"sha256"_s, u"libcrypto"_s); };
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
        return failed();
    for (Bytes offset = 0;;) {
        const Result<QByteArray> piece = source.read(offset, Piece);
        if (!piece)
            return failure(piece.error());
        if (piece->isEmpty())
            break;
        if (EVP_DigestUpdate(context.get(), piece->constData(), size_t(piece->size())) != 1)
            return failed();
        offset += Bytes(piece->size());
        if (goesOn && !goesOn(Bytes(piece->size())))
            return failure(ErrorCode::Cancelled);
    }
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestFinal_ex(context.get(), sum, &length) != 1)
        return failed();
    return QString::fromLatin1(QByteArray(reinterpret_cast<const char *>(sum), qsizetype(length)).toHex());
}

} // namespace treewarden
