// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/errortext.h"

#include "model/base/visible.h"
#include "views/text/connectiontext.h"

#include <QUrl>

namespace treewarden {

namespace {

// libvirt reports a socket that is not there, and one that refuses us, with one and the same code; the text of the
// operating system in the detail tells them apart.
bool isMissing(const Error &error)
{
    return error.code == ErrorCode::NotFound || error.detail.contains(QLatin1String("No such file"))
        || error.detail.contains(QLatin1String("Connection refused"));
}

bool isOverSsh(const QString &uri)
{
    const QString transport = QUrl(uri).scheme().section(u'+', 1);
    return transport == QLatin1String("ssh") || transport == QLatin1String("libssh")
        || transport == QLatin1String("libssh2");
}

bool isDenied(const Error &error)
{
    return error.code == ErrorCode::PermissionDenied || error.detail.contains(QLatin1String("Permission denied"))
        || error.detail.contains(QLatin1String("authentication"));
}

} // namespace

QString ErrorText::reason(const Error &error)
{
    switch (error.code) {
    case ErrorCode::Failed:
        return tr("the host reported an error");
    case ErrorCode::NotFound:
        return tr("not found");
    case ErrorCode::PermissionDenied:
        return tr("permission denied");
    case ErrorCode::Malformed:
        return tr("the contents are not valid");
    case ErrorCode::Unsupported:
        return tr("not supported here");
    case ErrorCode::NotRead:
        return tr("not read yet");
    case ErrorCode::ConnectionFailed:
        return tr("no connection");
    case ErrorCode::ConnectionLost:
        return tr("the connection was lost");
    case ErrorCode::TimedOut:
        return tr("no answer in time");
    case ErrorCode::Busy:
        return tr("busy with something else");
    case ErrorCode::Cancelled:
        return tr("cancelled");
    }
    return tr("the host reported an error");
}

Explanation ErrorText::connection(const QString &uri, const Error &error, bool wasOpen)
{
    const QString name = ConnectionText::isSandbox(uri) ? tr("the sandbox") : uri;
    if (wasOpen) {
        return {tr("The connection to %1 was lost").arg(name),
            tr("What you see is what was read last. Treewarden connects again by itself; the history then says how far "
               "a "
               "job came.")};
    }
    const QString title = tr("Cannot connect to %1").arg(name);
    if (ConnectionText::isSandbox(uri)) {
        return {title,
            tr("The sandbox needs libvirt and QEMU on this computer. On Debian and Ubuntu install them with: sudo apt "
               "install libvirt-daemon qemu-system-x86 qemu-utils")};
    }
    if (ConnectionText::isRemote(uri)) {
        if (!isOverSsh(uri)) {
            return {title,
                isDenied(error)
                    ? tr("The host refused the login. Check the user and the certificates that libvirt uses for it.")
                    : tr("The host did not answer. Check its name, that it is switched on and that libvirt listens "
                         "there for connections from other computers.")};
        }
        if (isDenied(error))
            return {title,
                tr("The host refused the login. Check that “ssh” to it works without a question, and that your user "
                   "there is in the group “libvirt”.")};
        return {title,
            tr("The host did not answer. Check its name, that it is switched on and that “ssh” to it works without a "
               "question.")};
    }
    if (isDenied(error)) {
        return {title,
            tr("libvirt runs, but your user may not use it. Join the group “libvirt” and log in again: sudo usermod "
               "-aG "
               "libvirt $USER")};
    }
    if (isMissing(error)) {
        return {title,
            tr("libvirt is not installed or not running. On Debian and Ubuntu install it with: sudo apt install "
               "libvirt-daemon-system qemu-system-x86. Start it with: sudo systemctl start libvirtd")};
    }
    if (error.code == ErrorCode::Malformed || error.code == ErrorCode::Unsupported)
        return {title, tr("libvirt does not understand this address. Remove the connection and add it anew.")};
    return {title, tr("libvirt reported an error. Nothing was changed. Treewarden tries again by itself.")};
}

Explanation ErrorText::operation(const QString &what, const QString &name, const Error &error)
{
    const QString machine = visible(name);
    const QString title = [&] {
        if (what == QLatin1String("start"))
            return tr("“%1” was not started").arg(machine);
        if (what == QLatin1String("shutdown"))
            return tr("“%1” was not asked to shut down").arg(machine);
        if (what == QLatin1String("force-off"))
            return tr("“%1” was not forced off").arg(machine);
        if (what == QLatin1String("history"))
            return tr("The history could not be read");
        if (what == QLatin1String("free-pin"))
            return tr("The space was not freed");
        if (what == QLatin1String("leave-as-it-is"))
            return tr("The interrupted job could not be marked as seen to");
        return tr("Something did not work on “%1”").arg(machine);
    }();
    const QString advice = remedy(error);
    const QString kept = error.code == ErrorCode::ConnectionLost || error.code == ErrorCode::TimedOut
        ? tr("Whether the host did it is not known; Treewarden reads it anew.")
        : tr("The machine is as it was (%1).").arg(reason(error));
    return {title, advice.isEmpty() ? kept : tr("%1 %2", "what did not happen, what to do").arg(kept, advice)};
}

QString ErrorText::connectionReason(const Error &error)
{
    if (isDenied(error))
        return tr("permission denied");
    return isMissing(error) ? tr("libvirt does not answer") : reason(error);
}

QString ErrorText::remedy(const Error &error)
{
    switch (error.code) {
    case ErrorCode::PermissionDenied:
        return tr("Check that your user is in the group “libvirt”.");
    case ErrorCode::NotFound:
        return tr("Another program may have removed it; refresh to see what is there.");
    case ErrorCode::Busy:
        return tr("Wait until the machine has finished what it does, then try again.");
    case ErrorCode::TimedOut:
    case ErrorCode::ConnectionLost:
        return tr("Try again when the host answers.");
    case ErrorCode::Unsupported:
        return tr("This version of libvirt or QEMU cannot do it.");
    case ErrorCode::Failed:
    case ErrorCode::Malformed:
    case ErrorCode::NotRead:
    case ErrorCode::ConnectionFailed:
    case ErrorCode::Cancelled:
        return {};
    }
    return {};
}

} // namespace treewarden
