// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backend/libvirt/errors.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <cerrno>

namespace treewarden::libvirt {

namespace {

ErrorCode codeOf(const virError &error)
{
    switch (error.code) {
    case VIR_ERR_NO_DOMAIN:
    case VIR_ERR_NO_DOMAIN_SNAPSHOT:
    case VIR_ERR_NO_DOMAIN_CHECKPOINT:
    case VIR_ERR_NO_DOMAIN_BACKUP:
    case VIR_ERR_NO_STORAGE_POOL:
    case VIR_ERR_NO_STORAGE_VOL:
    case VIR_ERR_NO_DOMAIN_METADATA:
        return ErrorCode::NotFound;
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_CANCELLED:
    case VIR_ERR_AUTH_UNAVAILABLE:
    case VIR_ERR_ACCESS_DENIED:
    case VIR_ERR_OPERATION_DENIED:
        return ErrorCode::PermissionDenied;
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_CONFIG_UNSUPPORTED:
    case VIR_ERR_OPERATION_UNSUPPORTED:
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
        return ErrorCode::Unsupported;
    case VIR_ERR_STORAGE_VOL_EXIST:
    case VIR_ERR_BLOCK_COPY_ACTIVE:
    case VIR_ERR_RESOURCE_BUSY:
        return ErrorCode::Busy;
    case VIR_ERR_OPERATION_TIMEOUT:
        return ErrorCode::TimedOut;
    case VIR_ERR_OPERATION_ABORTED:
        return ErrorCode::Cancelled;
    case VIR_ERR_NO_CONNECT:
    case VIR_ERR_INVALID_CONN:
        return ErrorCode::ConnectionFailed;
    case VIR_ERR_XML_ERROR:
        return ErrorCode::Malformed;
    case VIR_ERR_SYSTEM_ERROR:
        // virNetSocket gives errno in int1: the socket is missing or not ours to use.
        if (error.int1 == EACCES || error.int1 == EPERM)
            return ErrorCode::PermissionDenied;
        return ErrorCode::Failed;
    default:
        return ErrorCode::Failed;
    }
}

template <typename Object>
tl::unexpected<Error> withName(tl::unexpected<Error> error, const char *(*name)(Object), Object object)
{
    error.value().subject = QString::fromUtf8(name(object));
    return error;
}

} // namespace

tl::unexpected<Error> lastError(const QString &subject)
{
    const virError *error = virGetLastError();
    if (!error)
        return failure(ErrorCode::Failed, subject);
    ErrorCode code = codeOf(*error);
    const bool isBroken = error->code == VIR_ERR_INTERNAL_ERROR || error->code == VIR_ERR_RPC
        || (error->code == VIR_ERR_SYSTEM_ERROR
            && (error->int1 == EIO || error->int1 == EPIPE || error->int1 == ECONNRESET));
    if (error->domain == VIR_FROM_RPC && isBroken)
        code = ErrorCode::ConnectionLost;
    return failure(code, subject, QString::fromUtf8(error->message));
}

tl::unexpected<Error> lastError(virDomainPtr domain)
{
    return withName(lastError(QString()), virDomainGetName, domain);
}

tl::unexpected<Error> lastError(virDomainSnapshotPtr snapshot)
{
    return withName(lastError(QString()), virDomainSnapshotGetName, snapshot);
}

tl::unexpected<Error> lastError(virDomainCheckpointPtr checkpoint)
{
    return withName(lastError(QString()), virDomainCheckpointGetName, checkpoint);
}

tl::unexpected<Error> lastError(virStoragePoolPtr pool)
{
    return withName(lastError(QString()), virStoragePoolGetName, pool);
}

void silenceLibvirt()
{
    virSetErrorFunc(nullptr, [](void *, virErrorPtr) {});
}

} // namespace treewarden::libvirt
