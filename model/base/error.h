// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace treewarden {

enum class ErrorCode {
    Failed, // none of the others; the detail says what
    NotFound,
    PermissionDenied,
    Malformed, // input that is not what it claims to be
    Unsupported,
    NotAnImage, // a folder, a pipe, a socket: what no disk image can be
    NotRead, // nobody has looked yet
    ConnectionFailed,
    ConnectionLost,
    TimedOut,
    Busy,
    Cancelled,
};

// What went wrong, without a sentence: views/text makes one from code and subject; the detail is the text of
// libvirt, QEMU or the operating system (or our parser's remark), shown folded and never translated.
struct Error
{
    ErrorCode code = ErrorCode::Failed;
    QString subject; // a path, a machine, a URI: what it happened to
    QString detail;

    bool operator==(const Error &) const = default;
};

} // namespace treewarden
