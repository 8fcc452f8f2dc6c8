// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/text/errortext.h"

#include "model/base/visible.h"
#include "views/text/connectiontext.h"
#include "views/text/unittext.h"

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
    case ErrorCode::NotAnImage:
        return tr("neither a file nor a block device");
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

Explanation ErrorText::connection(const Connection &connection)
{
    const QString uri = visible(connection.uri());
    const QString name = ConnectionText::isSandbox(uri) ? tr("the sandbox") : uri;
    const Error &error = connection.error();
    if (connection.status() == Connection::Status::Lost) {
        return {tr("The connection to %1 was lost: %2", "host, reason").arg(name, lossReason(error)),
            tr("What you see is what was read last. Treewarden connects again by itself; the history then says how far "
               "a job came.")};
    }
    const QString title = tr("Cannot connect to %1").arg(name);
    const QString advice = failedConnection(connection.uri(), error);
    if (connection.inventory()->generation == 0)
        return {title, advice};
    return {title, tr("%1 What you see is what was read last.", "what to do").arg(advice)};
}

// What it means that a connection could not be opened, and what to do.
QString ErrorText::failedConnection(const QString &uri, const Error &error)
{
    if (ConnectionText::isSandbox(uri))
        return sandbox(error);
    if (error.code == ErrorCode::Malformed) {
        return tr("libvirt does not understand the address “%1”. Remove the connection and add it anew: qemu:///system "
                  "is this computer, qemu+ssh://user@host/system another.")
            .arg(visible(uri));
    }
    if (ConnectionText::isRemote(uri)) {
        if (!isOverSsh(uri)) {
            return isDenied(error)
                ? tr("The host refused the login. Check the user and the certificates that libvirt uses for it.")
                : tr("The host did not answer. Check its name, that it is switched on and that libvirt listens there "
                     "for connections from other computers.");
        }
        if (isDenied(error))
            return tr("The host refused the login. Check that “ssh” to it works without a question, and that your user "
                      "there is in the group “libvirt”.");
        return tr("The host did not answer. Check its name, that it is switched on and that “ssh” to it works without "
                  "a question.");
    }
    if (isDenied(error))
        return tr("libvirt runs, but your user may not use it. Join the group “libvirt” and log in again: sudo usermod "
                  "-aG libvirt $USER");
    if (isMissing(error))
        return tr("libvirt is not installed or not running. On Debian and Ubuntu install it with: sudo apt install "
                  "libvirt-daemon-system qemu-system-x86. Start it with: sudo systemctl start libvirtd");
    if (error.detail.isEmpty())
        return tr("libvirt reported an error. Nothing was changed. Treewarden tries again by itself.");
    return tr("libvirt says: %1. Nothing was changed. Treewarden tries again by itself.", "libvirt's words")
        .arg(UnitText::isolated(visible(error.detail)));
}

QString ErrorText::sandbox(const Error &error)
{
    if (error.code == ErrorCode::NotFound) {
        return tr("The sandbox needs libvirt and QEMU on this computer; %1 is not there. On Debian and Ubuntu install "
                  "them with: sudo apt install libvirt-daemon qemu-system-x86 qemu-utils",
            "a program")
            .arg(visible(error.subject));
    }
    if (error.detail == QLatin1String("not an absolute path"))
        return tr("The environment variable TREEWARDEN_SANDBOX names %1: the name of the folder has to begin with “/”.")
            .arg(visible(error.subject));
    // The keeper's errors speak of the daemon's program, the others of a file or folder.
    const bool isDaemons = error.code == ErrorCode::ConnectionFailed || error.code == ErrorCode::TimedOut;
    if (isDaemons || !error.subject.startsWith(u'/'))
        return tr("The sandbox’s own libvirt did not start (%1). Nothing outside of the sandbox was changed.")
            .arg(reason(error));
    return tr(
        "The sandbox could not use %1: %2. The environment variable TREEWARDEN_SANDBOX can name another folder for "
        "it.",
        "path, reason")
        .arg(visible(error.subject), sandboxReason(error));
}

QString ErrorText::sandboxReason(const Error &error)
{
    // The words of model/sandbox/paths.
    if (error.detail == QLatin1String("socket name too long"))
        return tr("this name is too long for a socket");
    if (error.detail == QLatin1String("the folder is not empty and not a sandbox"))
        return tr("the folder has other contents and is no sandbox");
    return reason(error);
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
    if (error.code == ErrorCode::Malformed)
        return tr("libvirt does not understand the address");
    if (isDenied(error))
        return tr("permission denied");
    return isMissing(error) ? tr("libvirt does not answer") : reason(error);
}

QString ErrorText::lossReason(const Error &error)
{
    // Behind "Connection lost:" the code says nothing; how libvirt noticed does.
    if (error.code == ErrorCode::ConnectionLost || error.code == ErrorCode::ConnectionFailed)
        return tr("the host closed it, or libvirt there was stopped");
    if (error.code == ErrorCode::TimedOut)
        return tr("no answer in time");
    return connectionReason(error);
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
    case ErrorCode::NotAnImage:
    case ErrorCode::NotRead:
    case ErrorCode::ConnectionFailed:
    case ErrorCode::Cancelled:
        return {};
    }
    return {};
}

} // namespace treewarden
